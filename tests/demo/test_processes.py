"""The processes of a demonstration on a busy machine, and command lines that make no sense."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

from temoin.cli import console
from temoin.cli.main import main
from temoin.lib.config_error import ConfigError
from temoin_demo.postgresql.server import first_cause
from temoin_demo.processes import Child, wait_until_answer


class Slow(Child):
    """A process that lives and does not answer before the tenth look."""

    def __init__(self, *, dies: bool = False) -> None:
        self.name, self._looks, self._dies = "staff", itertools.count(), dies

    def require_alive(self) -> None:
        if self._dies:
            raise ConfigError("staff did not start (status 1)")

    def answers(self) -> bool:
        return next(self._looks) >= 10


def test_a_process_that_lives_is_waited_for_and_named(monkeypatch, capsys):
    monkeypatch.setattr(console.StillStarting, "EVERY", 0.0)

    wait_until_answer([Slow(), Slow()], lambda: False)

    assert "still starting after 0 s: staff, staff" in capsys.readouterr().out


def test_a_process_that_ended_is_not_waited_for():
    with pytest.raises(ConfigError, match="did not start"):
        wait_until_answer([Slow(dies=True)], lambda: False)


def test_told_to_stop_nobody_is_waited_for():
    wait_until_answer([Slow()], lambda: True)


@pytest.mark.parametrize(
    "words",
    [
        *(("demo", "--base-port", port) for port in ("0", "-1", "65529", "70000", "x", "８６００.5")),
        *(("demo", "--workers", count) for count in ("0", "-3", "9999", "")),
        ("web", "--port", "0"),
        ("portal", "--port", "65536"),
        ("web", "--workers", "0"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)

    assert ended.value.code == 2
    assert f"argument {words[1]}: {words[2]!r} is not a whole number from 1 to " in capsys.readouterr().err


def _in_a_file(folder: Path) -> Path:
    (folder / "file").write_text("")
    return folder / "file" / "below"


def _in_a_loop(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop" / "below"


ABSURD = {
    "below a file": _in_a_file,
    "a file": lambda folder: _in_a_file(folder).parent,
    "a loop of links": _in_a_loop,
    "a device": lambda _: Path("/dev/null"),
    "a folder of the kernel": lambda _: Path("/proc/temoin"),
    "a name too long": lambda folder: folder / ("x" * 300),
    "nobody's home": lambda _: Path("~no-such-account/temoin"),
    "letters of another time": lambda folder: folder / "donn\udce9es",
}


@pytest.mark.parametrize("make", ABSURD.values(), ids=ABSURD.keys())
def test_a_folder_that_cannot_be_is_one_sentence(make, tmp_path, capsys):
    folder = make(tmp_path)

    assert main(["demo", "--data", str(folder), "--base-port", "18700"]) == 2

    said = capsys.readouterr().err.strip()
    assert said.startswith("temoin: ")
    assert said.count("--data") == 1
    assert "\n" not in said


@pytest.mark.skipif(os.geteuid() != 0, reason="a small disk is mounted by root")
def test_a_small_disk_is_refused_before_anything_is_written(tmp_path):
    options = ["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", str(tmp_path)]
    if subprocess.run(options, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine mounts nothing")
    try:
        command = [sys.executable, "-m", "temoin.cli.main", "demo", "--data", str(tmp_path / "data"), "--base-port"]
        told = subprocess.run([*command, "18700"], check=False, capture_output=True, text=True)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)

    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "MB left on its disk" in told.stderr


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            b'... initdb: error: could not write file "x": No space left on device\ninitdb: removing contents\n',
            'could not write file "x": No space left on device',
        ),
        (
            b"LOG:  starting\nFATAL:  data directory has invalid permissions\nLOG:  shut down\n",
            "data directory has invalid permissions",
        ),
        (b"child process exited with exit code 1\n", "child process exited with exit code 1"),
        (b"", "no word why"),
    ],
)
def test_the_first_cause_is_told_and_not_what_follows_from_it(said, cause):
    assert first_cause(said) == cause
