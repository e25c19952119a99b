"""The witness: it countersigns growth and nothing else, forgets nothing, and its absence stops nobody."""

from __future__ import annotations

import http.client
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from sealed_journal import ORIGIN, Journal, as_sealer, outsider, running_witness

from temoin.crypto.notes import COSIGNATURE, NoteSigner, parse_vkey
from temoin.journal.book import StoredBook
from temoin.journal.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from temoin.journal.couriers.http import HttpWitness
from temoin.journal.evidence import witness_evidence
from temoin.journal.models import Cosignature, WitnessState
from temoin.journal.sealer import bring_up_to_date
from temoin.journal.tree import GrowingTree, fold_peaks, hash_leaf, prove_consistency
from temoin.lib.clock import shifted_by
from temoin.witness.server import WitnessServer

SIGNER = NoteSigner(ORIGIN, bytes(range(32)))
EMPTY = fold_peaks([])


class Log:
    """A log of numbered leaves, without a database."""

    def __init__(self, size: int, word: str = "leaf") -> None:
        self.leaves = [hash_leaf(f"{word} {number}".encode()) for number in range(size)]

    def read(self, level: int, index: int) -> bytes:
        tree = GrowingTree()
        for leaf in self.leaves[index << level : (index + 1) << level]:
            tree.append(leaf)
        return tree.root()

    def checkpoint(self, size: int, signer: NoteSigner = SIGNER) -> Checkpoint:
        tree = GrowingTree()
        for leaf in self.leaves[:size]:
            tree.append(leaf)
        return sign_checkpoint(signer, size, tree.root())

    def body(self, old: int, new: int, **changes: Checkpoint) -> bytes:
        lines = "".join(f"{b64encode(one).decode()}\n" for one in prove_consistency(self.read, old, new))
        return f"old {old}\n{lines}\n{changes.get('checkpoint', self.checkpoint(new)).note}".encode()


@pytest.fixture
def witness(tmp_path: Path):
    with running_witness(tmp_path / "witness", SIGNER.verifier.vkey) as server:
        yield server


def post(server: WitnessServer, body: bytes, path: str = "/add-checkpoint") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=5)
    connection.request("POST", path, body)
    answer = connection.getresponse()
    found = answer.status, answer.read().decode(), answer.headers["Content-Type"]
    connection.close()
    return found


def follower(server: WitnessServer) -> HttpWitness:
    key = parse_vkey(server.witness.key.vkey)
    return HttpWitness("near", f"http://127.0.0.1:{server.server_port}", key)


def test_growth_is_cosigned_step_by_step(witness: WitnessServer):
    log, key = Log(9), parse_vkey(witness.witness.key.vkey)

    for old, new in [(0, 3), (3, 3), (3, 8), (8, 9)]:
        status, line, _ = post(witness, log.body(old, new))

        assert status == 200
        cosigned = parse_checkpoint(log.checkpoint(new).note + line)
        assert key.kind == COSIGNATURE
        assert cosigned.is_signed_by(key)
        assert outsider.signed_by(cosigned.note, witness.witness.key.vkey)


@pytest.mark.parametrize(
    ("old", "status", "body"),
    [(0, 409, "3\n"), (2, 409, "3\n"), (5, 409, "3\n"), (9, 400, "")],
)
def test_a_wrong_old_size_is_told_the_right_one(witness: WitnessServer, old: int, status: int, body: str):
    log = Log(9)
    post(witness, log.body(0, 3))

    asked = log.body(min(old, 8), 8).replace(b"old %d\n" % min(old, 8), b"old %d\n" % old)
    answer = post(witness, asked)

    assert answer[:2] == (status, body)
    if status == 409:
        assert answer[2] == "text/x.tlog.size"


def test_another_history_is_never_cosigned(witness: WitnessServer):
    post(witness, Log(9).body(0, 3))

    assert post(witness, Log(9, "other").body(3, 3))[:2] == (409, "3\n")
    assert post(witness, Log(9, "other").body(3, 8))[0] == 422
    assert post(witness, Log(9).body(3, 8))[0] == 200


def test_only_the_logs_own_key_is_heard(witness: WitnessServer):
    log = Log(3)
    forged = log.checkpoint(3, NoteSigner(ORIGIN, bytes(32)))
    unknown = log.checkpoint(3, NoteSigner("somebody.else/log", bytes(range(32))))

    assert post(witness, log.body(0, 3, checkpoint=forged))[0] == 403
    assert post(witness, log.body(0, 3, checkpoint=unknown))[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"old 0\n",
        b"old x\n\n",
        b"old 00\n\n",
        b"old -1\n\n",
        b"old 0\nAA==\n\n" + b"x\n1\n\n",
        b"new 0\n\n",
    ],
)
def test_what_is_no_request_is_refused(witness: WitnessServer, body: bytes):
    assert post(witness, body)[0] == 400


def test_too_long_a_body_or_another_address_is_refused(witness: WitnessServer):
    assert post(witness, b"x" * 70_000)[0] == 413
    assert post(witness, b"", "/")[0] == 404


def test_a_witness_forgets_nothing_when_it_starts_again(tmp_path: Path):
    vkey = SIGNER.verifier.vkey
    with running_witness(tmp_path, vkey) as first:
        post(first, Log(9).body(0, 3))
        key = first.witness.key.vkey

    with running_witness(tmp_path, vkey) as second:
        assert second.witness.key.vkey == key
        assert post(second, Log(9, "other").body(0, 8))[:2] == (409, "3\n")


@pytest.mark.usefixtures("journal")
def test_the_sealer_shows_its_journal_and_keeps_the_cosignature(witness: WitnessServer):
    with as_sealer():
        assert bring_up_to_date(follower(witness))

        line = Cosignature.objects.get(witness="near", size=9).line
        assert WitnessState.objects.get(witness="near").size == 9
        note = StoredBook().latest().note
    assert outsider.signed_by(note + line, witness.witness.key.vkey)
    assert follower(witness).latest(ORIGIN).size == 9


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


def test_a_folder_that_was_away_gets_every_checkpoint(journal: Journal):
    there = journal.folder.rename(journal.folder.with_name("away"))
    journal.folder.touch()  # not a folder: what a lost share looks like
    journal.seal(looks=2)
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
