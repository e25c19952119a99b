"""Followers of the journal: caught up without a gap, an alarm when it was cut or rewritten, never in anybody's way."""

from __future__ import annotations

import os
import stat
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError
from sealed_journal import ORIGIN, Journal, as_sealer, outsider
from witness_server import running_witness

from temoin.crypto.notes import NoteSigner, parse_vkey
from temoin.journal import sealer
from temoin.journal.book import StoredBook
from temoin.journal.checkpoint import sign_checkpoint
from temoin.journal.couriers.following import Followed
from temoin.journal.couriers.http import HttpWitness
from temoin.journal.evidence import witness_evidence
from temoin.journal.models import Cosignature, WitnessState
from temoin.journal.sealer import bring_up_to_date
from temoin.journal.tree import GrowingTree
from temoin.lib.clock import shifted_by
from temoin_witness.server import WitnessServer

SIGNER = NoteSigner(ORIGIN, bytes(range(32)))


@pytest.fixture
def witness(tmp_path: Path):
    with running_witness(tmp_path / "witness", SIGNER.verifier.vkey) as server:
        yield server


def follower(server: WitnessServer) -> HttpWitness:
    key = parse_vkey(server.witness.key.vkey)
    return HttpWitness("near", f"http://127.0.0.1:{server.server_port}", key)


@pytest.mark.usefixtures("journal")
def test_the_sealer_shows_its_journal_and_keeps_the_cosignature(witness: WitnessServer):
    with as_sealer():
        assert bring_up_to_date(follower(witness))

        line = Cosignature.objects.get(witness="near", size=9).line
        assert WitnessState.objects.get(witness="near").size == 9
        note = StoredBook().latest().note
    assert outsider.signed_by(note + line, witness.witness.key.vkey)
    assert follower(witness).latest(ORIGIN).size == 9


class Pauses(threading.Event):
    """Notes the first pause, and ends the work with it."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds = timeout or 0.0
        self.set()
        return True


@dataclass
class Failing:
    """A follower that meets an error of ours."""

    error: Exception
    name: str = "near"

    def follow(self, _book: object, _since: int) -> Followed:
        raise self.error


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("error", "seconds"), [(OperationalError("away"), sealer.AWAY_PAUSE), (RuntimeError("a defect"), sealer.EVERY * 2)]
)
def test_a_follower_waits_for_the_database_no_longer_than_a_moment(error, seconds):
    stop = Pauses()
    with as_sealer():
        sealer._follow_on(stop, Failing(error))

    assert stop.seconds == seconds


def test_a_witness_that_was_away_is_caught_up_without_a_gap(journal: Journal, witness: WitnessServer):
    with as_sealer():
        bring_up_to_date(follower(witness))
    lost = HttpWitness("near", "http://127.0.0.1:1", parse_vkey(witness.witness.key.vkey))
    for _ in range(3):
        journal.seal(looks=2)
        with as_sealer():
            assert not bring_up_to_date(lost)
            state = WitnessState.objects.get(witness="near")
    assert (state.trouble, state.size, state.failing_since is None) == ("unreachable", 9, False)

    with as_sealer():
        assert bring_up_to_date(follower(witness))
        state = WitnessState.objects.get(witness="near")

    assert (state.trouble, state.size, state.failing_since) == ("", 15, None)


def test_a_folder_that_was_away_gets_every_checkpoint(journal: Journal, caplog: pytest.LogCaptureFixture):
    there = journal.folder.rename(journal.folder.with_name("away"))
    journal.folder.touch()  # not a folder: what a lost share looks like
    journal.seal(looks=2)
    assert f"witness folder: {journal.folder}: Not a directory; " in caplog.text
    journal.seal(looks=2)
    journal.folder.unlink()
    there.rename(journal.folder)

    journal.seal(looks=1)

    assert [one.size for _, one in journal.kept().seen] == [3, 6, 9, 11, 13, 14]
    assert journal.verify(journal.kept()) == []


def test_a_shorter_journal_raises_the_alarm_of_an_old_copy(journal: Journal, witness: WitnessServer):
    with as_sealer():
        bring_up_to_date(follower(witness))
    journal.superuser.execute("DELETE FROM journal_leaf WHERE index >= 6")
    journal.superuser.execute("DELETE FROM journal_checkpoint WHERE size > 6")
    journal.superuser.execute("DELETE FROM journal_witness")

    with as_sealer():
        assert not bring_up_to_date(follower(witness))
        assert WitnessState.objects.get(witness="near").trouble == "ahead"
    seen = witness_evidence("near", f"http://127.0.0.1:{witness.server_port}", witness.witness.key.vkey, origin=ORIGIN)
    assert "events 6 to 8 are gone: near saw 9" in journal.verify(seen)[0]


def test_a_journal_rewritten_with_its_key_raises_the_alarm(journal: Journal, witness: WitnessServer):
    with as_sealer():
        bring_up_to_date(follower(witness))
    journal.superuser.execute("UPDATE journal_leaf SET hash = sha256('x') WHERE index = 2")
    tree = GrowingTree()
    for (leaf,) in journal.superuser.execute("SELECT hash FROM journal_leaf ORDER BY index").fetchall():
        tree.append(bytes(leaf))
    note = sign_checkpoint(journal.signer, 9, tree.root()).note
    journal.superuser.execute("UPDATE journal_checkpoint SET note = %s WHERE size = 9", [note])

    with as_sealer():
        assert not bring_up_to_date(follower(witness))
        assert WitnessState.objects.get(witness="near").trouble == "rewritten"
    seen = witness_evidence("near", f"http://127.0.0.1:{witness.server_port}", witness.witness.key.vkey, origin=ORIGIN)
    assert any("not those that near saw" in line for line in journal.verify(seen))


def test_a_silent_witness_is_a_finding_not_a_pass(journal: Journal, witness: WitnessServer):
    vkey = witness.witness.key.vkey

    silent = witness_evidence("near", "http://127.0.0.1:1", vkey, origin=ORIGIN)
    blank = witness_evidence("near", f"http://127.0.0.1:{witness.server_port}", vkey, origin=ORIGIN)

    assert ["does not answer" in line for line in journal.verify(silent)] == [True]
    assert ["has cosigned nothing" in line for line in journal.verify(blank)] == [True]


@pytest.mark.usefixtures("journal")
def test_a_witness_that_answers_with_anothers_signature_is_not_believed(witness: WitnessServer):
    other = parse_vkey(NoteSigner("temoin.test/witness", bytes(32)).verifier.vkey)
    liar = HttpWitness("near", f"http://127.0.0.1:{witness.server_port}", other)

    with as_sealer():
        assert not bring_up_to_date(liar)
        assert WitnessState.objects.get(witness="near").trouble == "unreadable"
        assert not Cosignature.objects.exists()


def test_a_clock_that_goes_back_leaves_the_folder_in_order(journal: Journal):
    with shifted_by(-timedelta(hours=5)):
        journal.seal(looks=2)
    journal.seal(looks=2)

    assert [one.size for _, one in journal.kept().seen] == [3, 6, 9, 11, 13]
    # The folder is in order; that five hours were lived twice is told.
    assert {line.split(": ")[1] for line in journal.outside(with_folder=True)} == {
        "the event says a time at which it was not sealed"
    }


def test_whoever_verifies_under_another_account_may_read_the_folder_whatever_the_umask(empty: Journal):
    before = os.umask(0o077)
    try:
        empty.seal(looks=1)
    finally:
        os.umask(before)

    hours = list(empty.folder.iterdir())
    assert {stat.S_IMODE(hour.stat().st_mode) for hour in hours} == {0o755}
    assert {stat.S_IMODE(file.stat().st_mode) for hour in hours for file in hour.iterdir()} == {0o444}
