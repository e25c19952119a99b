"""The key ledger outlives a crash in the middle of a line, and says so when it does not hold what was written."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from temoin.keeping.ledger import LedgerError, remember_destroyed, remembered_keys


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "destroyed-keys.jsonl"
    monkeypatch.setattr("temoin.keeping.ledger.LEDGER", lambda: path)
    return path


@pytest.mark.parametrize("cut", [1, 2, 20])
def test_a_line_that_was_cut_takes_no_other_with_it(ledger: Path, cut: int):
    lost, first, second = uuid4(), uuid4(), uuid4()
    remember_destroyed(uuid4(), first, "2026-01")
    remember_destroyed(uuid4(), lost, "2026-02")
    ledger.write_bytes(ledger.read_bytes()[: -1 - cut])

    remember_destroyed(uuid4(), second, "2026-03")
    remember_destroyed(uuid4(), lost, "2026-02")

    assert [one.key_id for one in remembered_keys()] == [str(one) for one in (first, second, lost)]


def test_a_ledger_that_does_not_hold_what_was_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    there, taken_away = tmp_path / "ledger", tmp_path / "ledger.1"
    places = iter([there, taken_away, there, there])  # asked before, written, read back, and named
    monkeypatch.setattr("temoin.keeping.ledger.LEDGER", lambda: next(places))

    with pytest.raises(LedgerError):
        remember_destroyed(uuid4(), uuid4(), "2026-01")


def test_a_key_is_written_down_once(ledger: Path):
    key_id = uuid4()
    for _ in range(2):
        remember_destroyed(uuid4(), key_id, "2026-01")

    assert ledger.read_text(encoding="utf-8").count(str(key_id)) == 1


def test_a_new_ledger_is_its_folders_owners_and_may_be_read_whatever_the_umask(ledger: Path):
    if os.geteuid() == 0:
        os.chown(ledger.parent, 65534, 65534)
    before = os.umask(0o077)
    try:
        remember_destroyed(uuid4(), uuid4(), "2026-01")
    finally:
        os.umask(before)

    assert stat.S_IMODE(ledger.stat().st_mode) == 0o644
    assert ledger.stat().st_uid == ledger.parent.stat().st_uid
