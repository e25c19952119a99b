"""What a person at the terminal of a demonstration is told of the processes' own words."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from patience import wait_until

from temoin.lib.config_error import ConfigError
from temoin_demo.child_log import ChildLog
from temoin_demo.command import Disk
from temoin_demo.processes import Child

MOMENT = "2026-12-01T03:33:42.761+00:00"
FULL = f"{MOMENT} sealer ERROR temoin.journal: sealing: /x/checkpoints cannot be read"


@pytest.fixture
def log(tmp_path: Path) -> ChildLog:
    path = tmp_path / "sealer.log"
    path.write_text(f"{FULL} by the one before\n")
    log = ChildLog(path)
    os.close(log.open())
    return log


def write(log: ChildLog, text: str) -> None:
    with log.path.open("a", encoding="utf-8") as file:
        file.write(text)


def test_a_trouble_is_told_once_and_what_was_there_before_never(log):
    write(log, f"{MOMENT} sealer INFO temoin.journal: at work\n{FULL}\nTraceback\n{FULL}\n")

    assert log.troubles() == ["sealing: /x/checkpoints cannot be read"]
    write(log, f"{FULL}\n")
    assert log.troubles() == []


def test_a_trouble_that_differs_by_a_number_alone_is_the_same(log):
    write(log, "".join(f"{MOMENT} worker ERROR temoin.outbox: parcel {number} is late\n" for number in (7, 8, "a-9")))

    assert log.troubles() == ["parcel 7 is late"]


def test_half_a_line_is_told_once_it_is_whole(log):
    write(log, FULL)
    assert log.troubles() == []

    write(log, " now é\n")
    assert log.troubles() == ["sealing: /x/checkpoints cannot be read now é"]


def test_a_line_that_does_not_end_hides_none_after_it(log):
    write(log, "x" * 60_000)
    assert log.troubles() == []

    write(log, f"\n{FULL}\n")
    assert log.troubles() == ["sealing: /x/checkpoints cannot be read"]


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        ("temoin: The first.\nThe second.\n", "The first."),
        ("temoin witness: /x/witness.key: Is a directory\n", "/x/witness.key: Is a directory"),
        (f"{FULL}\nended\n", "sealing: /x/checkpoints cannot be read"),
        ("Traceback\n  File\nOSError: no room\n", "OSError: no room"),
        ("", ""),
    ],
)
def test_the_first_cause_of_an_end_is_told(log, said, cause):
    write(log, said)

    assert log.cause() == cause


def test_a_log_that_was_taken_away_troubles_nobody(log):
    log.path.unlink()

    assert (log.troubles(), log.cause()) == ([], "")


def test_a_process_that_did_not_start_is_told_with_its_cause(tmp_path):
    (tmp_path / "logs").mkdir()
    child = Child("sealer", ["sealer"], data=tmp_path, environment={"TEMOIN_CONFIG": "/none/temoin.toml"}, probe=None)
    child.start()

    told: list[str] = []

    def has_ended() -> bool:
        try:
            child.require_alive()
        except ConfigError as error:
            told.append(str(error))
        return bool(told)

    wait_until(has_ended)
    child.wait_stopped(0)

    assert told[0].startswith("sealer did not start (The settings file /none/temoin.toml cannot be read ")


def test_a_disk_that_fills_is_told_once(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Disk, "LEAST", 1 << 62)
    disk = Disk(tmp_path)

    disk.watch()
    disk.watch()

    assert capsys.readouterr().out.count("make room") == 1
