"""The units and timers of backups: systemd takes them, they may do little, and each is handed what it reads."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from programs import need
from test_packaging import MOST_EXPOSED, PACKAGING, PROGRAM, words_of

from temoin.cli.backup_settings import FULL_EVERY, PASSPHRASE
from temoin.cli.main import build_parser
from temoin.settings.checks import secrets_of
from temoin.settings.file import Process, read_config
from temoin_demo.folder import write_settings
from temoin_demo.ports import Ports

BACKUP = PACKAGING / "backup"
SERVICES = sorted(BACKUP.glob("*.service"))
TIMERS = sorted(BACKUP.glob("*.timer"))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units as they would lie, with programs that are there."""
    for unit in BACKUP.iterdir():
        text = (
            unit.read_text(encoding="utf-8").replace(PROGRAM, "/bin/true").replace("/usr/bin/pgbackrest", "/bin/true")
        )
        (tmp_path / unit.name.replace("@.", "@full.")).write_text(text, encoding="utf-8")
    return tmp_path


def test_systemd_takes_every_unit_and_timer(installed: Path):
    files = [str(file) for file in installed.iterdir()]
    command = [need("systemd-analyze", "/usr/bin/systemd-analyze"), "verify", *files]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (answer.returncode, [line for line in answer.stderr.splitlines() if "temoin" in line]) == (0, [])


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.stem)
def test_a_unit_of_backups_may_do_little(installed: Path, unit: Path):
    place = installed / unit.name.replace("@.", "@full.")
    command = [need("systemd-analyze", "/usr/bin/systemd-analyze"), "security", "--offline=true", place]

    answer = subprocess.run(command, capture_output=True, text=True, check=False)

    exposed = re.search(r"exposure level for \S+: ([0-9.]+)", answer.stdout)
    assert exposed is not None, answer.stderr
    assert float(exposed[1]) <= MOST_EXPOSED


def test_the_verification_is_handed_what_it_reads_and_its_command_is_one(tmp_path: Path):
    tmp_path.chmod(0o700)
    write_settings(tmp_path, Ports(9480))
    config = read_config(tmp_path / "temoin.toml")
    words = words_of(BACKUP / "temoin-backup-verify.service")

    handed = {value.partition(":")[0] for value in words["LoadCredential"]}
    needed = {
        path.name
        for process in (Process.KEEPER, Process.SEALER, Process.OWNER)
        for _, path in secrets_of(config, process)
    }

    assert needed | {PASSPHRASE, "mail.password"} == handed
    assert words["ExecStart"][0].startswith(f"{PROGRAM} backup verify --stanza temoin --at-most ")
    build_parser().parse_args(words["ExecStart"][0].split()[1:])
    assert "u temoin-backup " in (PACKAGING / "sysusers.d/temoin-backup.conf").read_text(encoding="utf-8")


def test_each_timer_starts_a_unit_that_is_there_and_full_ones_come_as_often_as_their_end_counts_on():
    names = {unit.name for unit in SERVICES}
    started = {timer.stem: words_of(timer)["Unit"][0] for timer in TIMERS}

    assert {re.sub("@.*service", "@.service", unit) for unit in started.values()} == names
    assert words_of(BACKUP / "temoin-backup-full.timer")["OnCalendar"] == ["Sun *-*-* 01:00"]
    assert FULL_EVERY == 7
