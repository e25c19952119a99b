"""The commands as an operator types them, each in a process of its own under the sealer's role."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from forked import run_forked as temoin
from patience import PATIENCE, wait_until
from sealed_journal import Journal, look

TOOL = Path(__file__).parents[2] / "tools" / "verify_journal.py"


def _run(command: list[str], given: bytes | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, input=given, capture_output=True, env=os.environ.copy(), check=False)
    return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def sealed(empty: Journal, embedded_server) -> Journal:
    """Three events, sealed by the command."""
    # What an earlier test's journal left there is of another database.
    _forget(embedded_server.folder / "checkpoints")
    for number in range(3):
        look(detail=str(number))
    assert "\n3\n" in temoin("journal", "seal").stdout
    return empty


def _forget(folder: Path) -> None:
    for path in folder.glob("*/*"):
        path.unlink()


def verify(*words: str) -> subprocess.CompletedProcess[str]:
    return temoin("journal", "verify", *words)


@pytest.mark.usefixtures("sealed")
def test_a_clean_journal_verifies_and_a_silent_witness_is_said(tmp_path: Path):
    clean, witness, empty = verify("--alone"), verify("--witness", "demonstration"), verify("--witness", str(tmp_path))

    assert (clean.returncode, clean.stderr) == (0, "")
    assert "3 events and 1 checkpoints" in clean.stdout
    assert "Compared with no witness." in clean.stdout
    assert (witness.returncode, "does not answer" in witness.stderr) == (1, True)
    assert (empty.returncode, "holds no checkpoint" in empty.stderr) == (1, True)
    assert verify("--witness", "nobody").returncode == 2


def test_a_changed_event_is_named_on_the_error_stream(sealed: Journal):
    sealed.superuser.execute("UPDATE journal_event SET detail = 'x' WHERE detail = '1'")

    answer = verify("--alone")

    assert answer.returncode == 1
    assert re.search(f"altered 1 event {sealed.event(1)} of pharmacy", answer.stderr)


@pytest.mark.usefixtures("sealed")
def test_since_a_day_reads_only_what_came_after():
    look()
    temoin("journal", "seal")

    answer = verify("--alone", "--since", f"{time.strftime('%Y-%m-%d', time.gmtime(time.time() + 86400))}")

    assert (answer.returncode, answer.stdout.split(" and")[0]) == (0, "0 events")


def test_the_export_is_verified_by_the_outsiders_script_alone(sealed: Journal):
    key, export = temoin("journal", "key").stdout.strip(), temoin("journal", "export").stdout

    clean = _run([sys.executable, "-I", str(TOOL), "--key", key, "-"], export.encode())
    altered = _run(
        [sys.executable, "-I", str(TOOL), "--key", key, "-"], export.replace("test.read", "test.rood").encode()
    )

    assert (clean.returncode, clean.stdout.splitlines()[-1]) == (0, "Nothing is wrong.")
    assert altered.returncode == 1
    assert "is not the one that was sealed there" in altered.stdout
    assert sealed.verify() != []  # another key signed here than the one these tests hold


@pytest.mark.usefixtures("sealed")
def test_the_status_tells_and_wakes():
    fine = temoin("journal", "status")
    assert (fine.returncode, "journal of 3 events" in fine.stdout) == (0, True)


def test_an_event_that_waits_too_long_is_an_alarm(sealed: Journal):
    look()
    sealed.superuser.execute("UPDATE journal_event SET at = at - interval '5 minutes'")

    late = temoin("journal", "status")

    assert late.returncode == 1
    assert "is temoin sealer running?" in late.stderr


def test_the_sealer_seals_by_itself_and_says_that_its_witness_is_down(sealed: Journal):
    process = subprocess.Popen(
        [sys.executable, "-m", "temoin.cli.main", "sealer"], env=os.environ.copy(), stderr=subprocess.PIPE
    )
    try:
        look()
        _wait(sealed.superuser, "SELECT 1 FROM journal_leaf WHERE index = 3")
        _wait(sealed.superuser, "SELECT 1 FROM journal_witness WHERE witness = 'folder' AND size = 4")
        _wait(sealed.superuser, "SELECT 1 FROM journal_witness WHERE trouble = 'unreachable'")
    finally:
        process.send_signal(signal.SIGTERM)
        errors = process.communicate(timeout=PATIENCE)[1].decode()

    assert process.returncode == 0
    assert "witness demonstration: the witness does not answer" in errors


def _wait(database: psycopg.Connection, question: str) -> None:
    wait_until(lambda: database.execute(question).fetchone() is not None)
