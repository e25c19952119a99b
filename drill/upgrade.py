"""Two versions side by side: the tables are migrated and the sites changed under load, behind the documented proxy.

    python drill/upgrade.py --former REVISION [--seconds 10]

The former version is a revision of this repository (unless named, the last tag, or the last commit where there is
none), taken out into a folder of its own; the later one is this tree. One database, one settings file, the libraries
that are installed here. The former version makes the tables and a pharmacy, and serves. People sign in, sign results
and read pages through nginx, all the time; meanwhile the later version's `temoin migrate` runs, that version starts
beside the former one, nginx is told to go there, and the former one is stopped once it has answered what it took.

It judges: no request fails, whichever version answers it; no session ends; every signature that was acknowledged is in
the database. Only the staff site is changed: workers go on by lease, and `drill/exactly_once.py` kills those. The last
line is the number of requests that failed.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from site_under_load import EMAIL, PASSWORD, Visitor, sign_in, wait_for

from temoin_demo.folder import open_folder, prepare_database
from temoin_demo.ports import Ports
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

HERE = Path(__file__).parents[1]
SIGNED = "SELECT record_id::text FROM testing_record_version"
MIGRATIONS = "SELECT count(*) FROM django_migrations"
WRITE_SETTINGS = """
import sys
from pathlib import Path
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports
write_settings(Path(sys.argv[1]), Ports(int(sys.argv[2])))
"""
MAKE_TESTS = """
import json, sys
from pathlib import Path
from site_under_load import prepare_tests
print(json.dumps(prepare_tests(Path(sys.argv[1]), int(sys.argv[2]))))
"""
# What the guide's file says of passing on, without TLS and limits for single addresses.
PROXY = """daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream temoin_web {{ server 127.0.0.1:{site} max_fails=0; keepalive 16; }}
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host localhost:{front};
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_request_buffering off; proxy_buffering off; proxy_max_temp_file_size 0;
  server {{ listen 127.0.0.1:{front}; location / {{ proxy_pass http://temoin_web; }} }}
}}
"""


@dataclass
class Load:
    """People at work: what they asked, what failed of it and in which stage, and what was signed."""

    port: int
    waiting: list[str]
    stage: str = "former version"
    asked: Counter[str] = field(default_factory=Counter)
    again: Counter[str] = field(default_factory=Counter)  # asked once more by a new connection
    failures: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    longest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        threads = [threading.Thread(target=work) for work in (self._sign, self._read, self._enter)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _sign(self) -> None:
        visitor = sign_in(self.port)
        fields = {
            "csrfmiddlewaretoken": visitor.token("/patients/"),
            "reviewed": "yes",
            "outcome-sars-cov-2": "negative",
        }
        while self.waiting and not self._stop.wait(0.15):
            record = self.waiting.pop()
            if self._ask(302, visitor, partial(visitor.send, f"/tests/{record}/sign/", fields)):
                self.signed.append(record)

    def _read(self) -> None:
        time.sleep(31)  # a one-time code is good once
        visitor = sign_in(self.port)
        while not self._stop.wait(0.3):
            self._ask(200, visitor, partial(visitor.get, "/transmissions/"))

    def _enter(self) -> None:
        """Come with the password, up to the question for the second factor."""
        fields = {"login": EMAIL, "password": PASSWORD}
        while not self._stop.wait(1.0):
            visitor = Visitor(self.port)
            self._ask(302, visitor, partial(visitor.post, "/account/sign-in/", fields))

    def _ask(self, wanted: int, visitor: Visitor, ask: Callable[[], tuple[int, str, str]]) -> bool:
        began, stage = time.monotonic(), self.stage
        status: int | str
        try:
            status = self._asked_once_more(visitor, ask)[0]
        except (OSError, http.client.HTTPException, RuntimeError) as error:
            status = type(error).__name__
            visitor.begin_anew()
        self.asked[stage] += 1
        self.longest = max(self.longest, time.monotonic() - began)
        if status != wanted:
            self.failures.append(f"{stage}: {status} in the place of {wanted}")
        return status == wanted

    def _asked_once_more(self, visitor: Visitor, ask: Callable[[], tuple[int, str, str]]) -> tuple[int, str, str]:
        """Ask; where the kept connection was closed before any answer, ask by a new one, as browsers do."""
        try:
            return ask()
        except ConnectionError:
            visitor.begin_anew()
            self.again[self.stage] += 1
            return ask()


@dataclass(frozen=True)
class Version:
    """A tree whose `temoin` runs on the drill's folder."""

    tree: Path
    data: Path

    def begin(self, *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "temoin.cli.main", *words], env=self._environment())

    def run(self, *words: str) -> None:
        if status := self.begin(*words, "--data", str(self.data)).wait():
            raise SystemExit(f"temoin {' '.join(words)} of {self.tree} ended with {status}")

    def serve(self, port: int) -> subprocess.Popen[bytes]:
        """Begin a staff site, and wait until it answers."""
        process = self.begin("web", "--data", str(self.data), "--port", str(port), "--workers", "2")
        wait_for(port, process, "/readyz")
        return process

    def prepare(self, count: int) -> list[str]:
        """Make a pharmacy with sampled tests; return their records."""
        records: list[str] = json.loads(self.do(MAKE_TESTS, count))
        return records

    def do(self, script: str, number: int) -> str:
        """Run a script with the folder and a number, and return what it writes."""
        words = [sys.executable, "-c", script, str(self.data), str(number)]
        return subprocess.run(words, env=self._environment(), check=True, stdout=subprocess.PIPE, text=True).stdout

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": f"{self.tree}/src:{self.tree}/bench"}


class Proxy:
    """nginx, which sends callers to one port or another."""

    def __init__(self, folder: Path, front: int) -> None:
        self._folder, self._front = folder, front
        folder.mkdir()

    @contextmanager
    def leading_to(self, port: int) -> Iterator[None]:
        self._write(port)
        process = subprocess.Popen(["nginx", "-e", str(self._folder / "error.log"), "-c", str(self._folder / "conf")])
        try:
            wait_for(self._front, process, "/readyz")
            yield
        finally:
            process.terminate()
            process.wait(20)
            print((self._folder / "error.log").read_text(encoding="utf-8"), end="")

    def lead_to(self, port: int) -> None:
        """Send callers elsewhere from now on; who was on the way arrives."""
        self._write(port)
        os.kill(int((self._folder / "nginx.pid").read_text(encoding="ascii")), signal.SIGHUP)

    def _write(self, port: int) -> None:
        text = PROXY.format(folder=self._folder, front=self._front, site=port)
        (self._folder / "conf").write_text(text, encoding="utf-8")


def main() -> int:
    """Set up, change the version under load, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--former", metavar="REVISION", help="the version before (default: the last tag, or the last commit)"
    )
    parser.add_argument("--seconds", type=int, default=10, help="of load in each stage")
    parser.add_argument("--base-port", type=int, default=9300)
    options = parser.parse_args()
    revision = options.former or _last_version()
    with TemporaryDirectory(prefix="tu-", dir="/tmp") as name, ExitStack() as running:
        former = Version(_taken_out(revision, Path(name) / "former"), Path(name) / "data")
        ports = Ports(options.base_port)
        server = _database(former, ports)
        running.callback(server.stop)
        upgrade = Upgrade(former, Version(HERE, former.data), ports, server, options.seconds)
        load = Load(ports.staff, former.prepare(120 + 40 * options.seconds))
        _load_django(former.data)
        upgrade.go_through(load)
        lost = set(load.signed) - set(upgrade.asked(SIGNED))
    return _judge(load, len(lost))


@dataclass(frozen=True)
class Upgrade:
    """What the guide's section says, under load; the former version's port and the later one's are the only news."""

    former: Version
    later: Version
    ports: Ports
    server: EmbeddedServer
    seconds: int

    def go_through(self, load: Load) -> None:
        old, new = self.ports.portal, self.ports.sandbox  # which nothing else takes here
        with ExitStack() as sites, ExitStack() as running:  # people stop before the sites do
            before = _running(sites, self.former.serve(old))
            proxy = Proxy(self.former.data.parent / "proxy", self.ports.staff)
            running.enter_context(proxy.leading_to(old))
            running.enter_context(load.at_work())
            time.sleep(32 + self.seconds)  # until everybody is signed in
            load.stage = "migrating"
            self._migrate()
            load.stage = "former version on the later tables"
            time.sleep(self.seconds)
            load.stage = "changing over"
            _running(sites, self.later.serve(new))
            proxy.lead_to(new)
            time.sleep(2)  # whoever was on the way to the former version has been answered
            before.terminate()
            print(f"the former version ended with status {before.wait(30)}")
            load.stage = "later version"
            time.sleep(self.seconds)

    def _migrate(self) -> None:
        known, began = self.asked(MIGRATIONS)[0], time.monotonic()
        self.later.run("migrate", "--quiet")
        took = time.monotonic() - began
        print(f"migrated in {took:.1f} s: {known} migrations were known, {self.asked(MIGRATIONS)[0]} are")

    def asked(self, question: LiteralString) -> list[object]:
        """Return the first column of an answer."""
        conninfo = self.server.conninfo(SUPERUSER, self.server.superuser_password(), "temoin")
        with psycopg.connect(conninfo, autocommit=True) as database:
            return [row[0] for row in database.execute(question).fetchall()]


def _judge(load: Load, lost: int) -> int:
    for stage, count in load.asked.items():
        print(f"{stage}: {count} requests, {load.again[stage]} asked again by a new connection")
    print(
        f"{len(load.signed)} signatures acknowledged, {lost} not in the database; slowest request {load.longest:.1f} s"
    )
    for failure, count in Counter(load.failures).items():
        print(f"fault: {count} times {failure}")
    proves = len(load.asked) == 5 and len(load.signed) > 20  # all stages, and signatures in them
    if not proves:
        print("fault: too little was asked: nothing would be proved")
    print(len(load.failures))
    return 0 if proves and not load.failures and not lost else 1


def _last_version() -> str:
    """Return the last tag; before the first one, the last commit."""
    words = ["git", "describe", "--tags", "--abbrev=0", "--always"]
    return subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=True).stdout.strip()


def _taken_out(revision: str, folder: Path) -> Path:
    folder.mkdir()
    archive = subprocess.run(["git", "archive", revision], cwd=HERE, check=True, capture_output=True).stdout
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive, check=True)
    print(f"former version: {revision}")
    return folder


def _database(former: Version, ports: Ports) -> EmbeddedServer:
    server = EmbeddedServer(open_folder(former.data))
    server.ensure_initialised()
    server.start()
    former.do(WRITE_SETTINGS, ports.base)  # its own: the later version has to read them
    prepare_database(server, former.data)
    former.run("migrate", "--quiet")
    return server


def _load_django(data: Path) -> None:
    """Load what signing in needs to make one-time codes; the drill itself asks the site's database nothing."""
    from temoin.cli.django_process import become
    from temoin.settings.file import Process

    become(Process.STAFF, data)


def _running(stack: ExitStack, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
    def end() -> None:
        with suppress(ProcessLookupError):
            process.terminate()
        process.wait(30)

    stack.callback(end)
    return process


if __name__ == "__main__":
    sys.exit(main())
