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
COPY = "/var/cache/temoin-copy"
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

    assert needed | {"mail.password"} == handed
    assert words["ExecStart"][0].startswith(f"{PROGRAM} backup verify --copy {COPY} --at-most ")
    build_parser().parse_args(words["ExecStart"][0].split()[1:])


def test_what_a_backup_brings_along_runs_where_no_secret_is():
    """One account holds keys and runs nothing of the copy; the other runs it, and is handed nothing while it does."""
    verify, restore, serve = (
        words_of(BACKUP / f"{name}.service") for name in ("temoin-backup-verify", "temoin-copy-restore", "temoin-copy")
    )
    accounts = (PACKAGING / "sysusers.d/temoin-backup.conf").read_text(encoding="utf-8")

    assert (verify["User"], restore["User"], serve["User"]) == (["temoin-backup"], ["temoin-copy"], ["temoin-copy"])
    assert {"u temoin-backup", "u temoin-copy"} <= {" ".join(line.split()[:2]) for line in accounts.splitlines()}
    assert not [line for line in accounts.splitlines() if line.startswith("m ")]
    assert [value.partition(":")[0] for value in restore["LoadCredential"]] == [PASSPHRASE]
    assert not {"LoadCredential", "SetCredential", "SupplementaryGroups", "Environment", "EnvironmentFile"} & set(serve)
    assert (serve["PrivateNetwork"], serve["RestrictAddressFamilies"]) == (["yes"], ["AF_UNIX"])
    assert "temoin-copy.service" in verify["Wants"][0]
    assert "temoin-copy.service" in verify["After"][0]
    assert (serve["Requires"], serve["StopWhenUnneeded"]) == (["temoin-copy-restore.service"], ["yes"])
    for words, verb in ((restore, "copy --stanza temoin"), (serve, "serve")):
        assert words["ExecStart"] == [f"{PROGRAM} backup {verb} --copy {COPY}"]
        assert words["CacheDirectory"] == [COPY.rpartition("/")[2]]
        build_parser().parse_args(words["ExecStart"][0].split()[1:])


def test_each_timer_starts_a_unit_that_is_there_and_full_ones_come_as_often_as_their_end_counts_on():
    names = {unit.name for unit in SERVICES if unit.name.startswith("temoin-backup")}  # the others are wanted by these
    started = {timer.stem: words_of(timer)["Unit"][0] for timer in TIMERS}

    assert {re.sub("@.*service", "@.service", unit) for unit in started.values()} == names
    assert words_of(BACKUP / "temoin-backup-full.timer")["OnCalendar"] == ["Sun *-*-* 01:00"]
    assert FULL_EVERY == 7
