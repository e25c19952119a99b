"""Signed results against the journal: an old row put back whole, a version removed or slipped in, is named."""

from __future__ import annotations

import pytest
from people import make_lot, make_patient, make_signed, open_house
from sealed_journal import Journal, as_sealer

from temoin.crypto.envelope import CONTENT
from temoin.lib.clock import now
from temoin.testing.evidence import compare_records
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result


@pytest.fixture
def record(empty: Journal) -> str:  # noqa: ARG001 the database first
    """A result signed, then corrected."""
    owner = open_house().owner
    record_id = make_signed(owner, make_patient(owner), make_lot(owner))
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=now())
    correct_result(by=owner, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")
    return str(record_id)


def found() -> list[str]:
    with as_sealer():
        found = list(compare_records())
    return [one.note.partition(" of record")[0] + one.note.rpartition(one.pharmacy_id)[2] for one in found]


@pytest.mark.usefixtures("record")
def test_records_as_they_were_signed_are_clean():
    assert found() == []


def test_an_old_row_put_back_whole_is_named(empty: Journal, record: str):
    empty.superuser.execute("SET session_replication_role = replica")  # a trigger guards the content
    sealed = "(SELECT sealed FROM testing_record_version WHERE record_id = %s AND number = 1)"
    empty.superuser.execute(
        f"UPDATE testing_record_version SET sealed = {sealed} WHERE record_id = %s AND number = 2",  # noqa: S608
        [record, record],
    )

    assert found() == ["version 2 was replaced"]


@pytest.mark.parametrize("what", ["signed_by = gen_random_uuid()", "signed_at = signed_at - interval '1 hour'"])
def test_a_signature_given_to_another_person_or_hour_is_named(empty: Journal, record: str, what: str):
    empty.superuser.execute(
        f"UPDATE testing_record_version SET {what} WHERE number = 1 AND record_id = %s",  # noqa: S608
        [record],
    )

    assert found() == ["version 1 was replaced"]


def test_a_record_rolled_back_to_its_first_version_is_named(empty: Journal, record: str):
    empty.superuser.execute("DELETE FROM testing_record_version WHERE number = 2")
    empty.superuser.execute("UPDATE testing_record SET version = 1, state = 'signed' WHERE id = %s", [record])

    assert found() == ["version 2 is gone"]


def test_a_record_that_points_at_an_old_version_is_named(empty: Journal, record: str):
    empty.superuser.execute("UPDATE testing_record SET version = 1, state = 'signed' WHERE id = %s", [record])

    assert len(found()) == 1


def test_a_version_that_no_event_wrote_is_named(empty: Journal, record: str):
    empty.superuser.execute(
        "INSERT INTO testing_record_version (SELECT (jsonb_populate_record(version, jsonb_build_object("
        "'id', gen_random_uuid(), 'number', 3))).* FROM testing_record_version AS version WHERE number = 2)"
    )
    empty.superuser.execute("UPDATE testing_record SET version = 3 WHERE id = %s", [record])

    assert found() == ["version 3 was not written by any sealed event"]


@pytest.mark.usefixtures("record")
def test_turning_keys_is_no_finding(empty: Journal):
    # One byte of the wrap, which a turn of keys rewrites.
    empty.superuser.execute(
        "UPDATE testing_record_version SET sealed = set_byte(sealed, 40, (get_byte(sealed, 40) + 1) % 256)"
    )

    assert found() == []


FORGED = (
    "INSERT INTO journal_event (pharmacy_id, id, at, kind, profession, origin, subject_kind, subject_id, outcome, "
    "reason, detail, digest, xid) SELECT event.pharmacy_id, gen_random_uuid(), event.at, event.kind, event.profession, "
    "event.origin, event.subject_kind, event.subject_id, event.outcome, event.reason, event.detail, {digest}, {xid} "
    "FROM journal_event AS event WHERE kind = 'result.signed' AND subject_id = %s"
)
RECOMPUTED = (
    "(SELECT encode(sha256(substr(version.sealed, %s) || uuid_send(version.id) || uuid_send(version.signed_by) "
    "|| int8send(extract(epoch FROM version.signed_at)::bigint)), 'hex') "
    "FROM testing_record_version AS version WHERE version.record_id = event.subject_id AND version.number = 1)"
)


@pytest.mark.parametrize("xid", ["'9100000000000000000'", "'1'"])
def test_a_recomputed_digest_under_a_made_up_number_is_not_believed(empty: Journal, record: str, xid: str):
    empty.seal()
    empty.superuser.execute("SET session_replication_role = replica")
    empty.superuser.execute(
        "UPDATE testing_record_version SET signed_by = gen_random_uuid() WHERE number = 1 AND record_id = %s", [record]
    )
    empty.superuser.execute(FORGED.format(digest=RECOMPUTED, xid=xid), [CONTENT + 1, record])

    assert [line.split(" event")[0] for line in empty.verify()] == ["added"]
    assert found() == ["version 1 was replaced"]


def test_a_second_event_about_a_version_is_named(empty: Journal, record: str):
    empty.seal()
    empty.superuser.execute(FORGED.format(digest="event.digest", xid="pg_current_xact_id()"), [record])

    assert found() == ["version 1 is told by several events"]
    empty.seal()
    assert found() == ["version 1 is told by several events"]
