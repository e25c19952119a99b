"""The pharmacy's results: found by each thing that can be asked, page by page, each look and each file an event."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from people import COVID, House, make_lot, make_patient, make_seat, make_signed, open_house

from temoin.delivery.letters import read_knowledge
from temoin.delivery.models import Letter
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.queue import claim_parcels
from temoin.outbox.settling import settle_parcels
from temoin.oversight import results, signed_tests
from temoin.oversight.looks import list_looks
from temoin.oversight.results import export_results, list_results
from temoin.oversight.signed_tests import MOST_DAYS, LetterStands, NoticeStands, ResultFilter, ResultSays
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import read_test
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def wanted(days: int = 7, **more: object) -> ResultFilter:
    today = today_in(HOUSE)
    return ResultFilter(since=today - timedelta(days=days - 1), until=today, zone=HOUSE, **more)


def found(by: Seat, **more: object) -> set[UUID]:
    return {one.test.record_id for one in list_results(by=by, wanted=wanted(**more)).found}


def correct(by: Seat, record_id: UUID, outcome: str) -> None:
    former = read_test(by=by, record_id=record_id).report
    reading = Reading(outcomes={"sars-cov-2": outcome}, read_at=former.read_at)
    correct_result(by=by, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")


def cancel(by: Seat, record_id: UUID) -> None:
    cancel_result(by=by, record_id=record_id, expected_version=1, reason="Autre patient")


def settle(as_role, destination: str, verdict: Verdict) -> None:
    with as_role("temoin_worker"):
        settle_parcels([(load, Answer(verdict, "told")) for load in claim_parcels(destination, 10)])


def test_a_result_is_found_by_what_it_says_now(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    negative, positive, mended, void = (
        make_signed(house.owner, patient_id, lot_id, outcome=one)
        for one in ("negative", "positive", "negative", "positive")
    )
    correct(house.owner, mended, "positive")
    cancel(house.owner, void)

    assert found(house.owner, says=ResultSays.POSITIVE) == {positive, mended}
    assert found(house.owner, says=ResultSays.NEGATIVE) == {negative}
    assert found(house.owner, says=ResultSays.VOID) == {void}
    assert found(house.owner, kind=COVID) == {negative, positive, mended, void}
    assert found(house.owner, kind="strep-a-ag") == set()


def test_a_record_s_row_that_says_an_old_version_hides_no_correction(house, tamper):
    mended = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner), outcome="negative")
    correct(house.owner, mended, "positive")

    tamper(f"UPDATE testing_record SET version = 1 WHERE id = '{mended}'")  # noqa: S608

    assert found(house.owner, says=ResultSays.POSITIVE) == {mended}
    assert found(house.owner, says=ResultSays.NEGATIVE) == set()


def test_a_result_is_found_by_lot_and_by_whoever_signed_a_version(house):
    colleague = make_seat(house.here, Profession.ADJOINT, rpps="10003879649")
    patient_id = make_patient(house.owner)
    ours = make_signed(house.owner, patient_id, make_lot(house.owner, number="AB12"))
    theirs = make_signed(colleague, patient_id, make_lot(house.owner, number="CD34"))
    correct(colleague, ours, "positive")

    assert found(house.owner, lot="ab12") == {ours}
    assert found(house.owner, signer_id=house.owner.member_id) == {ours}
    assert found(house.owner, signer_id=colleague.member_id) == {ours, theirs}


def test_a_test_stays_on_the_day_of_its_first_signature(house):
    with shifted_by(-timedelta(days=3)):
        record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    correct(house.owner, record_id, "positive")

    assert found(house.owner, days=2) == set()
    assert found(house.owner, days=5) == {record_id}


def test_a_result_is_found_by_its_notices(house, as_role):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    arrived = make_signed(house.owner, patient_id, lot_id)
    settle(as_role, "fhir", Verdict.ACCEPTED)
    refused = make_signed(house.owner, patient_id, lot_id)
    settle(as_role, "fhir", Verdict.REFUSED)
    waiting = make_signed(house.owner, patient_id, lot_id)
    correct(house.owner, arrived, "positive")  # its new version has not arrived

    assert found(house.owner, notice=NoticeStands.REFUSED) == {refused}
    assert found(house.owner, notice=NoticeStands.ON_THE_WAY) == {waiting, arrived}
    assert found(house.owner, notice=NoticeStands.ARRIVED) == set()


@pytest.mark.parametrize(
    ("standing", "fate"),
    [
        ({}, "unopened"),
        ({"opened_count": 1}, "opened"),
        ({"tries_left": 0}, "locked"),
        ({"tries_left": 0, "opened_count": 1}, "locked"),
        ({"expires_at": now() - timedelta(days=1)}, "expired"),
    ],
)
def test_the_letter_of_a_result_stands_where_its_own_page_says(house, as_role, standing, fate):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    settle(as_role, "email", Verdict.ACCEPTED)
    letter = {"state": "open", "tries_left": 5, "opened_count": 0, "expires_at": now() + timedelta(days=9), **standing}
    row = Letter(pharmacy_id=house.here.id, id=new_id(), record_id=record_id, version=1, **letter)
    row.lookup_hash, row.auth_hash, row.ciphertext = row.id.bytes, b"", b""
    with as_role("temoin_worker"), tenant_scope(house.here.id):
        commit = Commit()
        commit.insert(row)
        commit.flush()

    assert read_knowledge(by=house.owner, record_id=record_id).letters[0].fate.value == fate
    assert found(house.owner, letter=LetterStands(fate)) == {record_id}


def test_a_letter_that_is_not_sent_and_a_patient_without_one(house):
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    unsent = make_signed(house.owner, patient_id, lot_id)
    none = make_signed(house.owner, make_patient(house.owner, email="", phone=""), lot_id)

    assert found(house.owner, letter=LetterStands.UNSENT) == {unsent}
    assert found(house.owner, letter=LetterStands.NO_LETTER) == {none}


def test_pages_and_portions_show_each_result_once(house, monkeypatch):
    monkeypatch.setattr(results, "ON_PAGE", 2)
    monkeypatch.setattr(signed_tests, "PORTION", 3)
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    everything = sorted(make_signed(house.owner, patient_id, lot_id) for _ in range(7))

    seen, after = [], None
    while True:
        page = list_results(by=house.owner, wanted=wanted(), after=after)
        seen += [one.test.record_id for one in page.found]
        if (after := page.after) is None:
            break

    assert sorted(seen) == everything
    assert sorted(one.test.record_id for one in export(house.owner)) == everything


def test_a_rare_result_is_looked_for_in_bounded_steps(house, monkeypatch):
    monkeypatch.setattr(results, "MOST_OPENED", 2)
    monkeypatch.setattr(signed_tests, "PORTION", 2)
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    for _ in range(3):
        make_signed(house.owner, patient_id, lot_id)

    page = list_results(by=house.owner, wanted=wanted(says=ResultSays.POSITIVE))

    assert (page.found, page.opened, page.stopped_early) == ([], 2, True)
    assert page.after is not None


def export(by: Seat) -> list[results.NamedTest]:
    return list(export_results(by=by, wanted=wanted()))


def test_each_list_and_each_portion_of_a_file_is_a_look_at_whom_it_shows(house):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    found(house.owner)
    export(house.owner)

    kinds = [look.event.kind for look in list_looks(by=house.owner, record_id=record_id).looks]
    assert kinds.count(EventKind.RESULTS_READ) == 2
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind=EventKind.RESULTS_EXPORTED, detail=wanted().told).count() == 1


def test_who_may_see_and_who_may_carry_away(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))

    assert len(found(house.colleague)) == 1
    assert found(house.stranger) == set()
    assert list(export(house.stranger)) == []
    with pytest.raises(DeniedError):
        found(house.administrator)
    with pytest.raises(DeniedError):
        export_results(by=house.colleague, wanted=wanted())


@pytest.mark.parametrize("days", [0, MOST_DAYS + 1])
def test_days_in_the_wrong_order_or_too_many_are_refused(house, days):
    with pytest.raises(InvalidError):
        list_results(by=house.owner, wanted=wanted(days))
    with pytest.raises(InvalidError):
        export_results(by=house.owner, wanted=wanted(days))


def test_the_day_is_the_pharmacy_s_even_where_it_begins_at_half_an_hour(house):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    for name in ("Pacific/Marquesas", "Pacific/Kiritimati", "Asia/Kolkata"):
        there = type(HOUSE)(name)
        today = today_in(there)
        of_today = replace(wanted(), since=today, until=today, zone=there)
        tomorrow = replace(of_today, since=today + timedelta(days=1), until=today + timedelta(days=1))

        assert [one.test.record_id for one in list_results(by=house.owner, wanted=of_today).found] == [record_id]
        assert list_results(by=house.owner, wanted=tomorrow).found == []
