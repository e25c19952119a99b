"""A cluster is lost under load, and restored elsewhere in the order of the guide: what was lost, and what opens.

    python drill/restore.py [--results 300] [--archive-timeout 10]

A staff site signs results, which a worker sends, while its database archives its log; a base backup is taken meanwhile,
and the root keys go to three holders. A month's key is then destroyed, as the reaper does, so that the backup holds a
key that must not come back. The database is killed (kill -9) and its files are removed. On a strange folder, with
another socket: settings and passwords, root keys from two shares, the database from backup and archive, the key ledger;
then each command of the guide's section *Restore*, and the independent verifier on the journal that goes on.
`temoin restore report` is then held against what the authority has, and the restored site sends what it has. Last,
`temoin backup verify` restores the same base backup beside the restored site, is killed in the middle, and run again.

Figures are printed. It judges: every command ends well, every row opens, every result that was acknowledged more than
the archive's time-out (and some seconds for a busy machine) before the loss is there, the report names exactly what the
authority has and the site has lost, nothing arrives there twice, no destroyed key is back, and nothing is left of the
trial copies. The last line is 1.000, or 0.000 with a fault.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, LiteralString

import psycopg
import pyrage

sys.path.insert(0, str(Path(__file__).parents[1] / "bench"))
from other_side import TEMOIN, Authority, authority_of, judge_report, judge_second_sending, working
from site_under_load import Site, Visitor, prepare_tests, sign_in, staff_site

from temoin.settings.secrets import private_folder
from temoin_demo.ports import Ports
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

PACE = 0.1  # seconds between two results
SLACK = 20.0  # seconds that a busy machine may take for a segment of the log beyond the archive's time-out
UNARCHIVED = 3.0  # seconds of work that are surely lost
COUNTED = "SELECT record_id::text FROM testing_record_version"
WAITING = (
    "SELECT count(*) FROM outbox_parcel WHERE destination = 'fhir' AND state IN ('waiting', 'sending', 'in_doubt')"
)
TOLD = "SELECT count(*) FROM journal_event WHERE kind = 'restore.reported'"


class Counter:
    """A person who signs one result after the other, and notes which were acknowledged, and when."""

    def __init__(self, site: Site, records: list[str]) -> None:
        self._visitor: Visitor = sign_in(site.port)
        self.waiting = records  # more may come
        self.acknowledged: dict[str, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        token = self._visitor.token("/patients/")
        while not self._stop.wait(PACE):
            if not self.waiting:
                continue
            record = self.waiting.pop()
            fields = {"csrfmiddlewaretoken": token, "reviewed": "yes", "outcome-sars-cov-2": "negative"}
            try:
                status, _, _ = self._visitor.send(f"/tests/{record}/sign/", fields)
            except (OSError, http.client.HTTPException):
                continue
            if status == 302:
                self.acknowledged[record] = time.monotonic()


class Restoring:
    """The drill: what was found wrong on the way, and the figures."""

    def __init__(self, folder: Path, archive_timeout: int) -> None:
        self.faults: list[str] = []
        self.archive, self.base, self.strange = (folder / name for name in ("archive", "base", "strange"))
        self.keys, self.scratch = folder / "holders", folder / "scratch"
        self.archive_timeout = archive_timeout
        self.archive.mkdir(mode=0o700)
        for place in (self.strange, self.strange / "logs"):
            place.mkdir(mode=0o700)
        self.holders = [pyrage.x25519.Identity.generate() for _ in range(3)]
        self.ledger = b""
        self.kept = folder / "kept"

    @property
    def database(self) -> dict[str, str]:
        """Return how the site's database archives, as the guide asks of it."""
        command = (
            f"test ! -f {self.archive}/%f && cp %p {self.archive}/%f.new && mv {self.archive}/%f.new {self.archive}/%f"
        )
        return {"archive_mode": "on", "archive_command": command, "archive_timeout": str(self.archive_timeout)}

    def archived_for(self) -> float:
        """Return for how many seconds nothing more was archived."""
        return time.time() - max((each.stat().st_mtime for each in self.archive.iterdir()), default=0.0)

    def temoin(self, folder: Path, *words: str, may_fail: bool = False) -> str:
        """Run a command as an operator types it; one that does not end well is a fault."""
        done = subprocess.run([*TEMOIN, *words, "--data", str(folder)], capture_output=True, text=True, check=False)
        if done.returncode and not may_fail:
            told = [
                line for line in (done.stderr + done.stdout).splitlines() if line.startswith(("- ", "temoin:", "WRONG"))
            ]
            self.faults.append(f"temoin {' '.join(words[:2])}: {' '.join(told)}")
        return done.stdout + done.stderr

    def back_up(self, site: Site) -> None:
        """Keep what an operator keeps: base backup, root keys in shares, settings, passwords."""
        words = [
            str(site.server.identity.programs / "pg_basebackup"),
            "-D",
            str(self.base),
            "-c",
            "fast",
            "-U",
            SUPERUSER,
        ]
        environment = {**os.environ, "PGPASSWORD": site.server.superuser_password()}
        subprocess.run(
            [*words, "-h", str(site.server.socket_folder())], check=True, env=environment, capture_output=True
        )
        recipients = [word for holder in self.holders for word in ("--recipient", str(holder.to_public()))]
        self.temoin(site.folder, "keys", "backup", str(self.keys), *recipients)
        shutil.copytree(site.folder / "keys", private_folder(self.kept), dirs_exist_ok=True)
        (self.kept / "root.key").unlink()
        shutil.copytree(site.folder / "trusted", self.strange / "trusted")
        settings = (site.folder / "temoin.toml").read_text(encoding="utf-8")
        (self.kept / "temoin.toml").write_text(settings.replace(str(site.folder), str(self.strange)), encoding="utf-8")

    def lose(self, site: Site) -> float:
        """Kill the database, remove its files and its keys; return when."""
        number = site.server.process_number() or 0
        os.kill(number, signal.SIGKILL)
        moment = time.monotonic()
        self.ledger = (site.folder / "destroyed-keys.jsonl").read_bytes()
        shutil.copytree(site.folder / "checkpoints", self.strange / "checkpoints")
        time.sleep(1)  # its processes end
        shutil.rmtree(site.server.cluster)
        (site.folder / "keys" / "root.key").unlink()
        return moment

    @contextmanager
    def restored(self) -> Iterator[EmbeddedServer]:
        """Do what the guide says, in its order; the database runs until the block ends."""
        keys = private_folder(self.strange / "keys")
        for path in self.kept.iterdir():
            shutil.copy(path, self.strange if path.name == "temoin.toml" else keys)
        named = []
        for number, holder in enumerate(self.holders[:2]):
            place = self.strange / f"holder-{number}.txt"
            place.write_text(f"{holder}\n", encoding="ascii")
            named += ["--identity", str(place)]
        server = EmbeddedServer(self.strange, options={"restore_command": f"cp {self.archive}/%f %p"})
        shutil.copytree(self.base, server.cluster)
        server.cluster.chmod(0o700)
        (server.cluster / "recovery.signal").touch()
        server.start()
        try:
            print(self.temoin(self.strange, "keys", "restore", str(self.keys), *named).splitlines()[0])
            (self.strange / "destroyed-keys.jsonl").write_bytes(self.ledger)
            self.temoin(self.strange, "check")
            folder = ["--witness", str(self.strange / "checkpoints")]  # the far witness of the settings runs nowhere
            self.temoin(self.strange, "journal", "verify", "--as-of-backup", *folder)
            for words in ORDER:
                print(*words[:2], "|", self.temoin(self.strange, *words).strip().splitlines()[-1])
            self.verify_journal()
            yield server
        finally:
            server.stop()

    def report(self) -> dict[str, Any]:
        """Return what the operator's report says; somebody must look, so that its status is 1."""
        words = [*TEMOIN, "restore", "report", "--json", "--data", str(self.strange)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 1:
            self.faults.append(f"temoin restore report ended with {done.returncode}: {done.stderr.strip()}")
        print(self.temoin(self.strange, "restore", "report", may_fail=True), end="")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def verify_journal(self) -> None:
        """Have both verifiers look at the journal that goes on, with the folder of the site that is lost."""
        folder = str(self.strange / "checkpoints")
        told = self.temoin(self.strange, "journal", "verify", "--witness", folder)
        print(told, end="")
        key = self.temoin(self.strange, "journal", "key").strip()
        words = [*TEMOIN, "journal", "export", "--data", str(self.strange)]
        export = subprocess.run(words, capture_output=True, check=True).stdout
        script = str(Path(__file__).parents[1] / "tools" / "verify_journal.py")
        outside = subprocess.run(
            [sys.executable, script, "--key", key, "--folder", folder, "-"],
            input=export,
            capture_output=True,
            check=False,
        )
        print(outside.stdout.decode(), end="")
        if outside.returncode:
            self.faults.append("the independent verifier finds something wrong")
        if ("A restore lost" in told) != (b"a restore lost" in outside.stdout):
            self.faults.append("the two verifiers do not name the same cut")

    def verify_old_backup(self) -> None:
        """Restore the base backup beside the restored site: it holds a key that was destroyed since."""
        words = ["backup", "verify", "--from", str(self.base), "--scratch", str(self.scratch)]
        killed = subprocess.Popen([*TEMOIN, *words, "--data", str(self.strange)], stdout=subprocess.DEVNULL)
        while not list(self.scratch.glob("temoin-copy-*/database/postmaster.pid")) and killed.poll() is None:
            time.sleep(0.05)
        killed.kill()
        killed.wait()
        left = len(list(self.scratch.glob("*")))
        told = self.temoin(self.strange, *words)
        print(f"a trial restore was killed and left {left} copy; the next one:", told, sep="\n")
        if not re.search(r"destroyed again: .*; [1-9][0-9]* month keys destroyed", told):
            self.faults.append("the old backup held no destroyed key, so that nothing was proved of those")
        if list(self.scratch.glob("*")):
            self.faults.append("a copy of the database was left on the disk")


ORDER = (
    ("keys", "verify", "--rows", "0"),
    ("retention", "apply"),
    ("journal", "resume"),
)


def main() -> int:
    """Lose a cluster under load, restore it, judge."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--results", type=int, default=300)
    parser.add_argument("--archive-timeout", type=int, default=10)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="tr-", dir="/tmp") as name, ExitStack() as outliving:
        Path(name).chmod(0o711)  # the account of the trial copies passes through
        drill = Restoring(Path(name), options.archive_timeout)
        acknowledged, lost_at, authority = _lose_under_load(drill, options.results, outliving)
        began = time.monotonic()
        with drill.restored() as server:
            print(f"restored in {time.monotonic() - began:.0f} s")
            _judge(drill, server, acknowledged, lost_at)
            _judge_other_side(drill, server, authority)
            drill.verify_old_backup()
    for fault in drill.faults:
        print(f"fault: {fault}")
    print("0.000" if drill.faults else "1.000")
    return 1 if drill.faults else 0


def _lose_under_load(drill: Restoring, results: int, outliving: ExitStack) -> tuple[dict[str, float], float, Authority]:
    with staff_site(2, drill.database) as site:
        authority = outliving.enter_context(authority_of(site.folder, Ports(site.port)))
        records = prepare_tests(site.folder, results)
        _make_old_key()
        with working(site.folder, "sealer", "worker"):
            counter = Counter(site, records[: results // 2])
            try:
                _wait(lambda: len(counter.acknowledged) > results // 10)
                drill.back_up(site)
                drill.temoin(site.folder, "retention", "apply")
                counter.waiting += records[results // 2 :]  # however long the backup took: there is work to lose
                _wait(lambda: len(counter.acknowledged) > results * 7 // 10 and drill.archived_for() > UNARCHIVED)
                lost_at = drill.lose(site)
            finally:
                counter.stop()
    return counter.acknowledged, lost_at, authority


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not until() and time.monotonic() < deadline:
        time.sleep(0.1)


def _make_old_key() -> None:
    """Draw the data key of a month that is long over, and under which nothing is sealed: the reaper destroys it."""
    from temoin.crypto.ring import month_key
    from temoin.lib.clock import shifted_by
    from temoin.lib.tenant import tenant_scope
    from temoin.pharmacies.models import Pharmacy

    pharmacy = Pharmacy.objects.get()
    with tenant_scope(pharmacy.id), shifted_by(timedelta(days=-90)):
        month_key()


def _judge(drill: Restoring, server: EmbeddedServer, acknowledged: dict[str, float], lost_at: float) -> None:
    there = set(_asked(server, COUNTED))
    lost = {record: lost_at - moment for record, moment in acknowledged.items() if record not in there}
    point = max(lost.values(), default=0.0)
    print(f"{len(acknowledged)} results acknowledged, {len(there)} restored, {len(lost)} lost")
    print(f"recovery point: {point:.1f} s")
    if point > drill.archive_timeout + SLACK:
        drill.faults.append(f"a result was lost that had been acknowledged {point:.0f} s before the loss")
    if len(acknowledged) < 50 or not there:
        drill.faults.append("too few results were signed: nothing would be proved")


def _judge_other_side(drill: Restoring, server: EmbeddedServer, authority: Authority) -> None:
    """Hold the report against the authority, then let the restored site send."""
    drill.faults += judge_report(drill.report(), authority, set(_asked(server, COUNTED)))
    if _asked(server, TOLD) != [1]:
        drill.faults.append("the pharmacy is not told once")
    drill.faults += judge_second_sending(drill.strange, authority, lambda: _asked(server, WAITING) != [0])


def _asked(server: EmbeddedServer, question: LiteralString) -> list[Any]:
    """Return the first column of an answer."""
    conninfo = server.conninfo(SUPERUSER, server.superuser_password(), "temoin")
    with psycopg.connect(conninfo, autocommit=True) as database:
        return [row[0] for row in database.execute(question).fetchall()]


if __name__ == "__main__":
    sys.exit(main())
