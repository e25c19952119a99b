"""`temoin keys` as an operator uses it, each command telling what to do next."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from keepers import secret
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.cli import keys, keys_work
from temoin.cli.main import build_parser
from temoin.crypto.backup import BackupError
from temoin.crypto.root import writing_provider
from temoin.crypto.roots.provider import RootKeyError
from temoin.journal.models import Event
from temoin.lib.clock import shifted_by
from temoin.lib.config_error import ConfigError
from temoin.lib.tenant import tenant_scope


@pytest.fixture
def root_file(settings, tmp_path) -> Path:
    path = secret(tmp_path / "root.key", os.urandom(32))
    settings.TEMOIN = replace(settings.TEMOIN, keys=replace(settings.TEMOIN.keys, root=path))
    return path


@pytest.fixture
def house(db, root_file) -> House:  # noqa: ARG001
    house = open_house()
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    return house


@pytest.fixture
def holders(tmp_path) -> list[Path]:
    """The secret key files of three holders."""
    return [secret(tmp_path / f"holder-{n}.txt", str(pyrage.x25519.Identity.generate())) for n in range(3)]


@pytest.fixture
def run(as_role) -> Callable[..., tuple[int, str]]:
    """Run a command as the keeper; return its status and what it said."""

    def command(*words: str) -> tuple[int, str]:
        options = build_parser().parse_args(["keys", *words])
        said: list[str] = []
        with as_role("temoin_keeper"):
            status = getattr(keys_work, action_of(options))(options, said.append)
        return status, "\n".join(said)

    return command


def action_of(options: Namespace) -> str:
    """Return the function that a parsed command runs."""
    return options.action


def recipients(holders: list[Path]) -> list[str]:
    public = [pyrage.x25519.Identity.from_str(path.read_text()).to_public() for path in holders]
    return [word for key in public for word in ("--recipient", str(key))]


def test_every_command_has_its_work():
    verbs = ("status", "rotate-root", "rewrap", "rotate-data --all", "drop-root X", "backup F --recipient R")
    for words in (*verbs, "restore F", "verify"):
        assert callable(getattr(keys_work, action_of(build_parser().parse_args(["keys", *words.split()]))))


def test_the_status_names_keys_and_the_rows_left_under_each(house, run):
    _, said = run("status")

    assert writing_provider().current() in said
    assert house.here.finess in said
    assert " rows" in said
    assert said.endswith("Next: nothing.")


def test_a_root_key_is_turned_in_three_commands(house, run):  # noqa: ARG001
    old = writing_provider().current()

    turned = run("rotate-root")[1]
    rewrapped = run("rewrap")[1]
    dropped = run("drop-root", old)[1]

    assert "Next: temoin keys backup" in turned
    assert f"Next: temoin keys drop-root {old}" in rewrapped
    assert "is destroyed" in dropped
    assert run("verify", "--rows", "0")[0] == 0


def test_dropping_a_root_key_too_early_is_refused(house, run):  # noqa: ARG001
    old = writing_provider().current()
    run("rotate-root")

    with pytest.raises(RootKeyError, match="still wraps"):
        run("drop-root", old)


def test_data_keys_are_turned_to_the_end_by_one_command(house, run, monkeypatch):
    with ExitStack() as clock:
        monkeypatch.setattr(
            keys_work.time, "sleep", lambda seconds: clock.enter_context(shifted_by(timedelta(seconds=seconds)))
        )
        status, said = run("rotate-data", "--all")

        assert status == 0
        assert f"Pharmacy {house.here.finess}: 2 old keys destroyed, 0 left" in said
        assert said.endswith("Next: temoin keys verify.")
        assert run("verify", "--rows", "0")[0] == 0


def test_one_pharmacy_alone_is_turned(house, run, monkeypatch):
    monkeypatch.setattr(keys_work, "_wait", lambda _seconds, _tell: None)

    status, said = run("rotate-data", "--pharmacy", house.here.finess)

    assert status == 1  # without the wait, old keys are left
    assert "the same command again" in said
    assert house.elsewhere.finess not in said
    assert "has a successor" in run("status")[1]


def test_two_keepers_at_once_are_refused(tmp_path):
    settings = secret(tmp_path / "temoin.toml", "")
    with keys.alone(settings), pytest.raises(ConfigError, match="wait until it ends"), keys.alone(settings):
        pass


def test_an_unknown_pharmacy_is_told(house, run):  # noqa: ARG001
    with pytest.raises(ConfigError, match="No pharmacy has this FINESS"):
        run("rotate-data", "--pharmacy", "999999999")


def test_a_backup_is_made_told_to_each_pharmacy_and_verified(house, run, holders, tmp_path):
    folder = str(tmp_path / "backup")
    made = run("backup", folder, *recipients(holders))
    identities = ["--identity", str(holders[0]), "--identity", str(holders[2])]

    assert (made[0], run("verify", "--backup", folder, *identities)[0]) == (0, 0)
    with tenant_scope(house.elsewhere.id):
        assert Event.objects.filter(kind="root_keys.backed_up").count() == 1


def test_a_backup_from_before_a_turn_is_told_to_be_incomplete(house, run, holders, tmp_path):  # noqa: ARG001
    folder = str(tmp_path / "backup")
    run("backup", folder, *recipients(holders))
    run("rotate-root")

    status, said = run("verify", "--backup", folder)

    assert status == 1
    assert f"root key {writing_provider().current()}, which is not in the backup" in said


def test_a_backup_is_never_written_over_another(house, run, holders, tmp_path):  # noqa: ARG001
    with pytest.raises(BackupError, match="exists"):
        run("backup", str(tmp_path), *recipients(holders))


def test_a_lost_root_key_comes_back_from_two_holders(house, run, holders, root_file, tmp_path):  # noqa: ARG001
    folder = tmp_path / "backup"
    run("backup", str(folder), *recipients(holders))
    before = root_file.read_bytes()
    root_file.unlink()
    words = ["keys", "restore", str(folder), "--identity", str(holders[1]), "--identity", str(holders[2])]

    restored = keys.restore_files(build_parser().parse_args(words), root_file)

    assert len(restored) == 1
    assert root_file.read_bytes() == before
    assert root_file.stat().st_mode & 0o777 == 0o600


def test_a_holder_may_give_the_words_of_a_share(house, run, holders, root_file, tmp_path):  # noqa: ARG001
    from temoin.crypto.backup import open_share

    folder = tmp_path / "backup"
    run("backup", str(folder), *recipients(holders))
    words = secret(tmp_path / "words.txt", open_share(folder, holders[0]).replace(" ", "\n"))
    root_file.unlink()
    options = build_parser().parse_args(
        ["keys", "restore", str(folder), "--share", str(words), "--identity", str(holders[1])]
    )

    assert len(keys.restore_files(options, root_file)) == 1


def test_one_holder_restores_nothing(house, run, holders, root_file, tmp_path):  # noqa: ARG001
    folder = tmp_path / "backup"
    run("backup", str(folder), *recipients(holders))
    root_file.unlink()
    options = build_parser().parse_args(["keys", "restore", str(folder), "--identity", str(holders[1])])

    with pytest.raises(ConfigError, match="give 2 different ones"):
        keys.restore_files(options, root_file)
    assert not root_file.exists()


def test_what_does_not_open_is_named_and_fails(house, run, root_file):  # noqa: ARG001
    root_file.write_bytes(os.urandom(32))  # another key than the one that wraps

    status, said = run("verify")

    assert status == 1
    assert "does not open: data key" in said
