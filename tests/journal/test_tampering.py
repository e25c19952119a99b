"""The drill: everything a superuser of the database can do to the journal, and that each deed is named."""

from __future__ import annotations

import pytest
from sealed_journal import ELSEWHERE, HERE, Journal, as_sealer, look

from temoin.crypto.notes import NoteSigner
from temoin.journal.book import StoredBook
from temoin.journal.checkpoint import Reach, sign_checkpoint
from temoin.journal.findings import MEANING, Fault
from temoin.journal.leaf import LEAF
from temoin.journal.tree import GrowingTree, hash_leaf
from temoin.journal.verification import verify_journal
from temoin.journal.walk import Evidence


def change(journal: Journal, index: int, what: str) -> None:
    """Change the event at a place."""
    where = "WHERE id = (SELECT event_id FROM journal_leaf WHERE index = %s)"
    journal.superuser.execute(f"UPDATE journal_event SET {what} {where}", [index])  # noqa: S608


def recompute(journal: Journal, index: int) -> None:
    """Make the leaf fit the changed event, as whoever knows the format would."""
    copy = f"SELECT {LEAF} FROM journal_event AS event WHERE id = '{journal.event(index)}'"  # noqa: S608
    with journal.superuser.cursor() as cursor, cursor.copy(f"COPY ({copy}) TO STDOUT") as lines:
        leaf = b"".join(bytes(block) for block in lines).rstrip(b"\n")
    journal.superuser.execute("UPDATE journal_leaf SET hash = %s WHERE index = %s", [hash_leaf(leaf), index])


def reach_of(journal: Journal, size: int) -> Reach | None:
    """Return what the database has beside a checkpoint."""
    row = journal.superuser.execute(
        "SELECT (extract(epoch FROM at) * 1000000)::bigint, cluster, watermark FROM journal_checkpoint WHERE size = %s",
        [size],
    ).fetchone()
    return None if row is None else Reach(*row)


def sign_again(journal: Journal, signer: NoteSigner) -> None:
    """Make every checkpoint fit the leaves, as whoever held a signing key would."""
    tree = GrowingTree()
    for (leaf,) in journal.superuser.execute("SELECT hash FROM journal_leaf ORDER BY index").fetchall():
        tree.append(bytes(leaf))
        note = sign_checkpoint(signer, tree.size, tree.root(), reach_of(journal, tree.size)).note
        journal.superuser.execute("UPDATE journal_checkpoint SET note = %s WHERE size = %s", [note, tree.size])


def cut(journal: Journal, size: int) -> None:
    """Remove the tail: events, leaves and checkpoints."""
    journal.superuser.execute(
        "DELETE FROM journal_event WHERE id IN (SELECT event_id FROM journal_leaf WHERE index >= %s)", [size]
    )
    journal.superuser.execute("DELETE FROM journal_leaf WHERE index >= %s", [size])
    journal.superuser.execute("DELETE FROM journal_checkpoint WHERE size > %s", [size])


@pytest.mark.parametrize(
    "what",
    [
        "detail = 'x'",
        "actor_id = gen_random_uuid()",
        "at = at - interval '1 day'",
        "outcome = 'denied'",
        "digest = '00'",
    ],
)
def test_an_edited_event_is_named(journal: Journal, what: str):
    change(journal, 4, what)

    assert journal.verify()[0] == (
        f"altered 4 event {journal.event(4)} of pharmacy {HERE if 4 % 3 % 2 else ELSEWHERE}: "
        "the event is not the one that was sealed"
    )
    assert {"leaf 4" in line or "checkpoint 6" in line for line in journal.outside(with_folder=True)} == {True}


def test_an_event_moved_to_another_pharmacy_is_named(journal: Journal):
    change(journal, 4, f"pharmacy_id = '{ELSEWHERE}'")

    assert journal.verify() == [
        f"missing 4 event {journal.event(4)} of pharmacy {HERE}: the event was sealed and is not there any more",
        f"added event {journal.event(4)} of pharmacy {ELSEWHERE}: {MEANING[Fault.ADDED]}",
    ]


def test_an_event_edited_with_its_leaf_is_named_within_its_checkpoint(journal: Journal):
    change(journal, 4, "detail = 'x'")
    recompute(journal, 4)

    found = journal.verify()

    assert [line.split(" event")[0] for line in found] == ["altered 3", "altered 4", "altered 5"]
    assert journal.outside() == ["checkpoint 6: an event up to 5 is not the one that was sealed"]


def test_an_event_edited_with_its_leaf_is_named_exactly_by_the_folder(journal: Journal):
    change(journal, 4, "detail = 'x'")
    recompute(journal, 4)

    found = journal.verify(journal.kept())

    assert [line.split(" of")[0] for line in found] == [f"altered 4 event {journal.event(4)}"]
    assert f"leaf 4: event {journal.event(4)} is not" in journal.outside(with_folder=True)[0]


def test_checkpoints_signed_again_with_another_key_are_named(journal: Journal):
    change(journal, 4, "detail = 'x'")
    recompute(journal, 4)
    sign_again(journal, NoteSigner(journal.signer.verifier.name, bytes(32)))

    assert journal.verify()[-1] == "checkpoint 9: the checkpoint of 9 is not signed by temoin.test/journal"


def test_whoever_holds_the_key_too_is_betrayed_by_the_folder(journal: Journal):
    change(journal, 4, "detail = 'x'")
    recompute(journal, 4)
    sign_again(journal, journal.signer)

    assert journal.verify() == []  # the database alone tells a story that holds
    found = journal.verify(journal.kept())
    assert [line.split(" of")[0] for line in found] == [
        f"altered 4 event {journal.event(4)}",
        "witness 6: the checkpoint",
        "witness 9: the checkpoint",
    ]


def test_a_deleted_event_is_named(journal: Journal):
    gone = journal.event(5)
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [gone])

    assert [line.split(" of")[0] for line in journal.verify()] == [f"missing 5 event {gone}"]
    assert "leaf 5: its event is missing" in journal.outside()


def test_an_event_deleted_with_its_leaf_is_named(journal: Journal):
    gone = journal.event(5)
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [gone])
    journal.superuser.execute("DELETE FROM journal_leaf WHERE index = 5")

    assert journal.verify(journal.kept()) == ["leaf missing 5: the place in the tree is empty"]
    assert "leaf 5: missing, the export goes on with 6" in journal.outside(with_folder=True)


def test_a_cut_tail_is_named_by_its_checkpoint(journal: Journal):
    journal.superuser.execute(
        "DELETE FROM journal_event WHERE id IN (SELECT event_id FROM journal_leaf WHERE index >= 6)"
    )
    journal.superuser.execute("DELETE FROM journal_leaf WHERE index >= 6")

    assert journal.verify() == ["missing 8: a checkpoint of 9 was signed; events up to it are gone"]
    assert journal.outside() == ["checkpoint 9: its events are missing"]


def test_a_tail_cut_cleanly_is_named_by_the_folder(journal: Journal):
    cut(journal, 6)

    assert journal.verify() == []
    assert journal.verify(journal.kept()) == [f"witness 6: events 6 to 8 are gone: {journal.folder} saw 9"]
    assert journal.outside(with_folder=True) == ["folder, checkpoint 9: the export has none of this size"]


def test_an_old_copy_put_back_and_gone_on_with_is_named(journal: Journal):
    cut(journal, 6)
    for _ in range(5):
        look()
    journal.seal()  # the folder refuses to follow: it holds another ninth event

    found = journal.verify(journal.kept())

    assert [line.split(" event")[0] for line in found[:3]] == ["altered 6", "altered 7", "altered 8"]
    state = journal.superuser.execute("SELECT trouble FROM journal_witness WHERE witness = 'folder'").fetchone()
    assert state == ("rewritten",)


def test_two_events_that_changed_places_are_named(journal: Journal):
    first, second = journal.event(1), journal.event(7)
    journal.superuser.execute(
        "UPDATE journal_event AS event SET detail = other.detail, subject_id = other.subject_id "
        "FROM journal_event AS other WHERE event.id = ANY(%s) AND other.id = ANY(%s) AND event.id <> other.id",
        [[first, second], [first, second]],
    )

    assert [line.split(" event")[0] for line in journal.verify()][:2] == ["altered 1", "altered 7"]


def test_two_leaves_that_changed_places_are_named(journal: Journal):
    journal.superuser.execute("UPDATE journal_leaf SET index = -1 WHERE index = 3")
    journal.superuser.execute("UPDATE journal_leaf SET index = 3 WHERE index = 5")
    journal.superuser.execute("UPDATE journal_leaf SET index = 5 WHERE index = -1")

    assert [line.split(" event")[0] for line in journal.verify(journal.kept())] == ["reordered 3", "reordered 5"]
    assert [line.split(" event")[0] for line in journal.verify()] == ["altered 3", "altered 4", "altered 5"]


def test_an_event_written_with_triggers_off_and_an_old_number_is_named(journal: Journal):
    journal.superuser.execute("SET session_replication_role = replica")
    journal.superuser.execute(
        "INSERT INTO journal_event (SELECT (jsonb_populate_record(event, jsonb_build_object('id', gen_random_uuid(), "
        "'detail', 'forged'))).* FROM journal_event AS event WHERE id = %s)",
        [journal.event(2)],
    )

    assert [line.split(" event")[0] for line in journal.verify()] == ["added"]


def test_no_made_up_number_of_a_transaction_keeps_an_event_out_of_the_tree(journal: Journal):
    journal.superuser.execute("SET session_replication_role = replica")
    for xid in ("1", "9100000000000000000"):
        journal.superuser.execute(
            "INSERT INTO journal_event (SELECT (jsonb_populate_record(event, jsonb_build_object("
            "'id', gen_random_uuid(), 'xid', %s::text))).* FROM journal_event AS event WHERE id = %s)",
            [xid, journal.event(2)],
        )
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [journal.event(4)])

    assert [line.split(" event")[0] for line in journal.verify()] == ["missing 4", "added", "added"]


def test_an_unsealed_event_that_claims_an_old_time_is_named_before_the_next_seal(journal: Journal):
    journal.superuser.execute(
        "INSERT INTO journal_event (pharmacy_id, id, at, kind, profession, origin, subject_kind, outcome, reason, "
        "detail, digest) SELECT pharmacy_id, gen_random_uuid(), at - interval '1 hour', kind, profession, origin, "
        "subject_kind, outcome, reason, 'forged', digest FROM journal_event WHERE id = %s",
        [journal.event(2)],
    )

    assert [line.split(" event")[0] for line in journal.verify()] == ["added"]


def test_events_that_wait_for_the_next_seal_are_no_finding(journal: Journal):
    look()

    assert journal.verify() == []


def test_a_new_event_that_claims_an_old_time_is_named(journal: Journal):
    journal.superuser.execute(
        "INSERT INTO journal_event (pharmacy_id, id, at, kind, profession, origin, subject_kind, outcome, reason, "
        "detail, digest) SELECT pharmacy_id, gen_random_uuid(), at - interval '1 hour', kind, profession, origin, "
        "subject_kind, outcome, reason, 'forged', digest FROM journal_event WHERE id = %s",
        [journal.event(2)],
    )
    journal.seal()

    assert [line.split(" event")[0] for line in journal.verify(journal.kept())] == ["backdated 9"]


def test_a_checkpoint_taken_away_is_missed_by_the_folder(journal: Journal):
    journal.superuser.execute("DELETE FROM journal_checkpoint WHERE size = 6")

    assert journal.verify() == []  # one checkpoint less to compare with, and every later one still holds
    assert journal.verify(journal.kept()) == ["checkpoint 6: the checkpoint of 6, which a witness saw, is gone"]


def test_a_changed_node_is_named(empty: Journal):
    for _ in range(260):
        look()
    empty.seal()
    empty.superuser.execute("UPDATE journal_node SET hash = sha256('x')")

    assert empty.verify() == ["checkpoint 0: the stored node 0 of level 8 is not that of its leaves"]


def test_a_verification_since_a_day_trusts_the_signed_tree_before_it(journal: Journal):
    change(journal, 8, "detail = 'x'")

    with as_sealer():
        outcome = verify_journal(journal.signer.verifier, Evidence(), StoredBook().at(6))

    assert outcome.events == 3
    assert [str(finding).split(" event")[0] for finding in outcome.findings] == ["altered 8"]


def test_a_folder_that_was_tampered_with_is_not_believed(journal: Journal):
    path = sorted(journal.folder.glob("*/*.checkpoint"))[1]
    path.chmod(0o644)
    path.write_text(sign_checkpoint(NoteSigner("temoin.test/journal", bytes(32)), 6, bytes(32)).note)

    assert any("is not signed by" in line for line in journal.verify(journal.kept()))
    assert any("not signed by the journal" in line for line in journal.outside(with_folder=True))
