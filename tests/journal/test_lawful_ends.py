"""Rows deleted at their day are no finding of either verifier, because sealed events say so; any other deletion is."""

from __future__ import annotations

import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from people import NEWCOMER, House, make_lot, make_patient, make_signed, open_house, person_of, set_up_totp
from retention_rounds import arrive
from roles import take_role
from sealed_journal import Journal
from test_both_verifiers import verdicts

from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, today_in
from temoin.pharmacies.team import depart_member, invite_member
from temoin.retention.accounts import end_accounts
from temoin.retention.cases import answer_case, open_case
from temoin.retention.questions import ERASURE
from temoin.retention.reaping import delete_invitations, delete_patients, delete_records

sys.path.append(str(Path(__file__).parents[2] / "drill"))
from tamperings import keep_tables, put_back_tables

# Each is a deletion, or its undoing, that nobody was told of: `gone` was deleted at its day, `kept` was not.
DEEDS = {
    "a version is deleted": "DELETE FROM testing_record_version WHERE record_id = '{kept}'",
    "a record is deleted with all its rows": "DELETE FROM testing_record_version WHERE record_id = '{kept}'; "
    "DELETE FROM testing_record WHERE id = '{kept}'; DELETE FROM testing_ticket WHERE record_id = '{kept}'",
    "a patient is deleted": "DELETE FROM patients_patient WHERE id = (SELECT patient_id FROM testing_record "
    "WHERE id = '{kept}')",
    "a deleted version is back": "INSERT INTO testing_record_version SELECT * FROM aside_before "
    "WHERE record_id = '{gone}'",
    "the grant of an erasure is deleted": "DELETE FROM journal_event WHERE kind = 'case.granted'",
    "an account that was emptied opens again": "UPDATE signin_person SET is_active = true WHERE NOT is_active",
    "the event of the deletion is deleted": "DELETE FROM journal_event WHERE kind = 'record.erased'",
}


@pytest.fixture
def ended(journal: Journal) -> dict[str, str]:
    """A result that went at its day, one by right, and one kept because it has not arrived yet; all of it sealed."""
    house: House = open_house()
    gone = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    arrive()
    other, lot = make_patient(house.owner, family_name="BERNARD"), make_lot(house.owner, number="B")
    make_signed(house.owner, other, lot)
    arrive()
    case_id = open_case(by=house.owner, patient_id=other, kind="erasure", asked="Tout", received_on=today_in(HOUSE))
    answer_case(by=house.owner, case_id=case_id, granted=True, answer="Effacé")
    kept = make_signed(house.owner, make_patient(house.owner, family_name="BERNARD"), lot)
    invite_member(by=house.owner, newcomer=NEWCOMER)
    set_up_totp(person_of(house.colleague))
    depart_member(by=house.owner, member_id=house.colleague.member_id, last_day=today_in(HOUSE))
    journal.superuser.execute("CREATE TABLE aside_before AS TABLE testing_record_version")
    with take_role("temoin_keeper"):
        tomorrow = now() + timedelta(days=1)
        assert delete_records(house.here.id, tomorrow, threading.Event(), why=ERASURE) == 1
        assert delete_patients(house.here.id, tomorrow, threading.Event(), why=ERASURE) == 1
        assert delete_records(house.here.id, tomorrow, threading.Event()) == 1
        assert delete_patients(house.here.id, tomorrow, threading.Event()) == 1
        assert delete_invitations(house.here.id, now() + timedelta(days=30), threading.Event()) == 1
        assert end_accounts(-2, threading.Event()) == 1  # as of the day after tomorrow
    journal.seal()
    return {"gone": str(gone), "kept": str(kept)}


def test_both_verifiers_accept_what_went_at_its_day_and_find_what_went_otherwise(journal: Journal, ended):
    try:
        assert verdicts(journal, with_folder=True) == (False, False)
        keep_tables(journal.superuser)

        for name, deed in DEEDS.items():
            journal.superuser.execute("SET session_replication_role = replica")
            journal.superuser.execute(deed.format(**ended))
            journal.superuser.execute("SET session_replication_role = origin")
            assert (name, *verdicts(journal, with_folder=False)) == (name, True, True)
            put_back_tables(journal.superuser)
        assert verdicts(journal, with_folder=True) == (False, False)
    finally:
        journal.superuser.execute("DROP TABLE aside_before; DROP SCHEMA IF EXISTS aside CASCADE")
