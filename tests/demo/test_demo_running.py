"""A running demonstration: witnessed, mended by itself where a part is killed, and as the documentation shows it."""

import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from patience import PATIENCE
from running_demo import Running, SharedDemo, children_of, status_of
from shown_blocks import DIFFERS, ROOT, RUN, RUN_WHOLE, blocks


@pytest.fixture(scope="module")
def running(shared_demo: SharedDemo) -> Running:
    """No test here stops it."""
    return shared_demo.running()


def test_its_journal_is_sealed_witnessed_and_verified(running):
    def is_followed() -> bool:
        return len(re.findall("witness [a-z]+: at [1-9][0-9]*, follows", running.journal("status").stdout)) == 2

    running.wait_for(is_followed)
    verified = running.journal("verify")

    assert (verified.returncode, verified.stderr) == (0, "")
    assert f"Compared with {running.data}/checkpoints, demonstration." in verified.stdout


def test_a_killed_worker_site_or_database_comes_back(running):
    before = running.ready()["pids"]
    killed = ("worker", "worker-2", "portal", "database")

    for name in killed:
        os.kill(before[name], signal.SIGKILL)

    running.wait_for(lambda: all(running.ready()["pids"][name] != before[name] for name in killed))
    assert "worker runs again" in running.output.read_text()


def test_a_killed_server_process_comes_back_and_its_site_never_stops(running):
    site = running.ready()["pids"]["staff"]
    before = children_of(site)

    os.kill(before[0], signal.SIGKILL)

    running.wait_for(lambda: before[0] not in children_of(site) and len(children_of(site)) == len(before))
    assert set(before[1:]) < set(children_of(site))
    assert running.ready()["pids"]["staff"] == site


def get(name: str, port: int | None, path: str) -> tuple[int, str | None, str]:
    """Return status, where it leads, and text of an answer, asked for by a name of this machine."""
    with closing(http.client.HTTPConnection(name, port, timeout=PATIENCE)) as caller:
        caller.request("GET", path)
        answer = caller.getresponse()
        return answer.status, answer.getheader("Location"), answer.read().decode("utf-8")


@pytest.mark.parametrize("site", ["staff", "authority"])
def test_pages_of_the_other_name_lead_to_the_address_that_is_told(running, site):
    told = urlsplit(running.ready()["addresses"][site])
    other = "127.0.0.1"

    for path in ("/", "/invitation/", "/account/sign-in/?next=%2F", "//elsewhere.example/"):
        assert get(other, told.port, path)[:2] == (302, f"{told.geturl()}{path}")
    assert get(other, told.port, "/healthz")[0] == get("localhost", told.port, "/healthz")[0] == 200
    assert get("localhost", told.port, "/")[1].startswith("/")


def test_every_address_that_is_shown_is_the_one_that_is_told(running):
    told = running.ready()["addresses"]
    staff, portal = (urlsplit(told[site]) for site in ("staff", "portal"))
    shown = running.output.read_text() + Path(running.ready()["settings"]).read_text()
    shown += "".join(get(name, staff.port, "/api/v1/fhir/metadata")[2] for name in ("localhost", "127.0.0.1"))
    shown += get("localhost", portal.port, "/")[2]

    found = set(re.findall(r"(?:http|smtp)://(?:localhost|127\.0\.0\.1):[0-9]+", shown))

    assert found - set(told.values()) == set()
    assert {told["staff"], told["portal"], told["authority"]} <= found


@pytest.mark.parametrize(
    ("path", "kind"), [("patients", "application/problem+json"), ("fhir", "application/fhir+json")]
)
def test_what_is_too_large_for_the_api_is_said_as_the_api_says_it(running, path, kind):
    site = urlsplit(running.ready()["addresses"]["staff"])
    with closing(http.client.HTTPConnection(site.hostname, site.port, timeout=PATIENCE)) as caller:
        caller.request("POST", f"/api/v1/{path}", headers={"Content-Length": "1000001"})
        answer = caller.getresponse()

        assert (answer.status, answer.headers.get_content_type()) == (413, kind)
        assert b"too" in answer.read()


def test_slow_callers_keep_no_counter_waiting(running):
    url = running.ready()["addresses"]["staff"]
    head = "POST /api/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    slow = [socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=PATIENCE) for _ in range(60)]
    for connection in slow:
        connection.sendall(f"{head}Content-Length: 16000\r\n\r\ngrant_type=".encode())

    assert status_of(f"{url}/healthz") == 200

    # They are dropped after twenty seconds: who answers while all of them are held waits for none of them.
    assert [connection for connection in slow if is_ended(connection)] == []
    for connection in slow:
        connection.close()


def is_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        connection.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return True


def test_accounts_are_readable_by_us_alone(running):
    running.ready()

    modes = {path.name: path.stat().st_mode & 0o077 for path in (running.data / "keys").iterdir()}

    assert set(modes.values()) == {0}
    assert running.ready_file.stat().st_mode & 0o077 == 0


@pytest.fixture
def shell(running: Running, tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess]:
    """A shell in which `temoin` and `python` are ours and the settings are those of the demonstration."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, words in (("temoin", "-m temoin.cli.main"), ("python", "")):
        (folder / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n')
        (folder / name).chmod(0o755)
    (tmp_path / "keys").mkdir(mode=0o700)
    for shown in ("tools", "examples"):
        (tmp_path / shown).symlink_to(ROOT / shown)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEMOIN_")}
    environment |= {"PATH": f"{folder}:{os.environ['PATH']}", "TEMOIN_CONFIG": running.ready()["settings"]}

    def run(script: str) -> subprocess.CompletedProcess:
        words = ["bash", "-o", "pipefail", "-c", script]
        return subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


@pytest.fixture(scope="module")
def sealed(running: Running) -> None:
    """Wait for the first seal: before it a journal without a checkpoint is rightly a finding."""
    running.wait_for(lambda: running.journal("verify").returncode == 0)


@pytest.mark.usefixtures("sealed")
@pytest.mark.parametrize("start", RUN)
def test_what_the_documentation_shows_runs(start, running, shell):
    (block,) = (block for page, block in blocks() if block.startswith(start) and page not in RUN_WHOLE)
    yesterday = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86400))
    told = {"data": running.data, "today": yesterday, "yesterday": yesterday, "size": "1"}
    told |= {"staff": running.ready()["addresses"]["staff"], "program_key": running.data / "keys" / "program.pem"}
    client_id = running.ready()["program"]["client_id"]
    told |= {"client_id": client_id, "subject": client_id.replace(".", "/CN=")}
    for written, meant in RUN[start].items():
        assert written in block
        block = block.replace(written, meant.format(**told))

    for step in (line for line in block.replace("\\\n", " ").splitlines() if line.strip()):
        ended = shell(step)

        allowed = {0, DIFFERS} if step.startswith(("temoin reconcile", "temoin journal export | grep")) else {0}
        assert ended.returncode in allowed, (step, ended.stdout, ended.stderr)
        assert "Traceback" not in ended.stderr
