"""What patients ask for by right: due in a month, answered once by an owner, the copy made on demand, erasure done."""

from __future__ import annotations

import io
import zipfile
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house
from retention_rounds import arrive, decided, reap, rows_left

from temoin.journal.models import Event
from temoin.lib.clock import coarse, frozen_at, now, shifted_by
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.oversight.copies import copy_of_patient
from temoin.patients.merging import MergeReason, SeenRecords
from temoin.patients.models import Patient
from temoin.patients.queries import traits_of
from temoin.pharmacies.seat import Seat
from temoin.retention.case_states import CaseKind, CaseState
from temoin.retention.cases import (
    answer_case,
    cases_of_patient,
    due_cases,
    extend_case,
    months_after,
    open_case,
    read_case,
)
from temoin.retention.holds import place_hold
from temoin.retention.models import RightsCase
from temoin.testing.actions import abandon_test
from temoin.testing.merging import merge_patients
from temoin.testing.sample import Reading
from temoin.testing.signing import correct_result, sign_result

HOUR = coarse(now()) - timedelta(hours=1)


@pytest.fixture
def house(db, settings, tmp_path: Path) -> House:  # noqa: ARG001
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl", None)
    return open_house()


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


def ask(by: Seat, patient_id: UUID, kind: str = "access", *, on: date | None = None) -> UUID:
    return open_case(by=by, patient_id=patient_id, kind=kind, asked="Tout", received_on=on or today_in(HOUSE))


def kinds(house: House) -> list[str]:
    with tenant_scope(house.here.id):
        return sorted(Event.objects.filter(kind__regex=r"^(case|copy)\.").values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 11, 29), 1, date(2026, 12, 29)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 5), 1, date(2027, 1, 5)),
    ],
)
def test_a_month_ends_on_the_same_day_or_the_last(day, months, due):
    assert months_after(day, months) == due


def test_a_request_stands_in_the_work_list_until_an_owner_answers_it_once(house, patient):
    case_id = ask(house.student, patient)
    [due] = due_cases(by=house.colleague)
    answer_case(by=house.owner, case_id=case_id, granted=True, answer="Remise en main propre")

    with pytest.raises(ConflictError):
        answer_case(by=house.owner, case_id=case_id, granted=False, answer="Non")
    with pytest.raises(ConflictError):
        extend_case(by=house.owner, case_id=case_id, reason="Plus tard")

    assert (due.id, due.kind, due.due_on) == (case_id, CaseKind.ACCESS, months_after(due.received_on, 1))
    assert due_cases(by=house.colleague) == []
    found = read_case(by=house.colleague, case_id=case_id)
    assert (found.state, found.answer) == (CaseState.GRANTED, "Remise en main propre")
    assert kinds(house) == ["case.granted", "case.opened"]


def test_a_request_of_a_kind_is_open_once_and_again_after_its_answer(house, patient):
    case_id = ask(house.owner, patient)

    with pytest.raises(ConflictError):
        ask(house.owner, patient)
    ask(house.owner, patient, "objection")
    answer_case(by=house.owner, case_id=case_id, granted=False, answer="Déjà remise ; CNIL, cnil.fr")
    ask(house.owner, patient)

    assert len(cases_of_patient(by=house.owner, patient_id=patient)) == 3


def test_two_months_more_are_taken_once_and_within_the_first(house, patient):
    early, late = ask(house.owner, patient), ask(house.owner, patient, "erasure")

    extend_case(by=house.owner, case_id=early, reason="Dossier ancien")
    with pytest.raises(ConflictError):
        extend_case(by=house.owner, case_id=early, reason="Encore")
    with shifted_by(timedelta(days=32)), pytest.raises(InvalidError):
        extend_case(by=house.owner, case_id=late, reason="Trop tard")

    found = read_case(by=house.owner, case_id=early)
    assert (found.due_on, found.why_later) == (months_after(found.received_on, 3), "Dossier ancien")


@pytest.mark.parametrize(
    "changes", [{"kind": "all"}, {"asked": " "}, {"received_on": None}, {"days": 1}, {"days": -400}]
)
def test_what_is_not_a_request_is_refused(house, patient, changes):
    given = {"kind": "access", "asked": "Tout", "received_on": today_in(HOUSE)}
    if "days" in changes:
        changes = {"received_on": today_in(HOUSE) + timedelta(days=changes["days"])}

    with pytest.raises(InvalidError):
        open_case(by=house.owner, patient_id=patient, **{**given, **changes})


def test_only_an_owner_answers_and_copies_and_a_stranger_finds_nothing(house, patient):
    case_id = ask(house.colleague, patient)
    works = (
        lambda by: answer_case(by=by, case_id=case_id, granted=True, answer="Oui"),
        lambda by: extend_case(by=by, case_id=case_id, reason="Non"),
        lambda by: copy_of_patient(by=by, case_id=case_id),
    )

    for work in works:
        with pytest.raises(DeniedError):
            work(house.colleague)
        with pytest.raises(NotFoundError):
            work(house.stranger)
    with pytest.raises(DeniedError):
        ask(house.administrator, patient)
    with pytest.raises(NotFoundError):
        ask(house.stranger, patient)
    with pytest.raises(NotFoundError):
        read_case(by=house.stranger, case_id=case_id)
    assert due_cases(by=house.stranger) == []


def test_the_copy_holds_all_that_is_held_and_who_looked(house, patient):
    record_id = make_signed(house.owner, patient, make_lot(house.owner))
    arrive()
    case_id = ask(house.owner, patient)

    copy = zipfile.ZipFile(io.BytesIO(copy_of_patient(by=house.owner, case_id=case_id)))

    held = {name: copy.read(name) for name in copy.namelist()}
    assert orjson.loads(held["identity.json"])[0]["birth_family_name"] == "PAT-TROIS"
    assert orjson.loads(held[f"results/{record_id}-1.fhir.json"])["resourceType"] == "Bundle"
    assert held[f"results/{record_id}-1.pdf"].startswith(b"%PDF")
    assert {one["destination"] for one in orjson.loads(held["sendings.json"])} >= {"fhir", "email"}
    looks = orjson.loads(held["looks.json"])
    assert {"result.signed", "letter.sealed", "copy.made"} <= {one["what"] for one in looks}
    assert b"MARTIN" not in held["looks.json"]  # a profession, no name of staff
    assert {"consents.json", "tests.json", "letters.json", "cases.json", "looks-proofs.json"} <= held.keys()
    assert kinds(house) == ["case.opened", "copy.made"]


def test_a_request_of_a_record_that_was_merged_away_is_of_the_one_that_stays(house, patient):
    other = make_patient(house.owner)
    record_id = make_signed(house.owner, patient, make_lot(house.owner))
    case_id = ask(house.owner, patient)
    merge(house, patient, other)

    copy = zipfile.ZipFile(io.BytesIO(copy_of_patient(by=house.owner, case_id=case_id)))

    assert f"results/{record_id}-1.pdf" in copy.namelist()
    assert {one["record"] for one in orjson.loads(copy.read("identity.json"))} == {str(patient), str(other)}
    assert read_case(by=house.owner, case_id=case_id).patient_id == other
    assert [one.id for one in cases_of_patient(by=house.owner, patient_id=other)] == [case_id]
    with tenant_scope(house.here.id):
        looked = Event.objects.filter(kind__in=["copy.made", "patient.read"]).values_list("subject_id", flat=True)
        assert set(looked) == {other}


def merge(house: House, goes: UUID, stays: UUID) -> None:
    with tenant_scope(house.here.id):
        seen = {one: SeenRecords(patient_id=one, version=traits_of(one).seen_version) for one in (goes, stays)}
    merge_patients(by=house.owner, goes=seen[goes], stays=seen[stays], reason=MergeReason.REGISTERED_TWICE)


# Which of a person's records asks, and which merges come before and after the answer. The tests are of the first two.
MERGED = {
    "asked of the record kept": ("b", ["ab"], []),
    "asked of the record merged away": ("a", [], ["ab"]),
    "merged twice, the first asked": ("a", [], ["ab", "bc"]),
    "merged twice, the second asked": ("b", ["ab"], ["bc"]),
    "merged twice, the last asked": ("c", ["ab", "bc"], []),
    "two merged into one, one of them asked": ("a", [], ["ac", "bc"]),
}


@pytest.mark.parametrize("case", MERGED)
def test_an_erasure_reaches_every_record_of_the_person_in_one_round(house, case):
    asked, before, after = MERGED[case]
    named = {name: make_patient(house.owner) for name in "abc"}
    lot = make_lot(house.owner)
    for name in "ab":
        make_signed(house.owner, named[name], lot)
    bystander = make_patient(house.owner, family_name="BERNARD")
    make_signed(house.owner, bystander, lot)
    arrive()
    for goes, stays in before:
        merge(house, named[goes], named[stays])
    grant_erasure(house, named[asked])
    for goes, stays in after:
        merge(house, named[goes], named[stays])
    of_person = set("".join(before + after))

    done = reap(timedelta())

    assert (done.records, done.patients) == (2, len(of_person))
    assert patients_left(house) == {bystander} | {named[name] for name in set("abc") - of_person}


def test_a_request_is_not_lost_while_a_test_it_reaches_is_still_on_its_way(house, patient):
    other = make_patient(house.owner)
    make_signed(house.owner, other, make_lot(house.owner))
    grant_erasure(house, patient)
    merge(house, patient, other)

    kept = reap(timedelta())
    arrive()
    gone = reap(timedelta())

    assert ((kept.records, kept.patients), (gone.records, gone.patients)) == ((0, 0), (1, 2))


def test_an_erasure_leaves_the_record_of_whoever_came_back_after_it(house):
    with at_minute(15):
        patient = make_patient(house.owner)
        grant_erasure(house, patient)
    with at_minute(16):
        other = make_patient(house.owner)
        merge(house, patient, other)

    assert (reap(timedelta(hours=2)).patients, patients_left(house)) == (1, {other})


@pytest.mark.parametrize("keeps", ["hold", "request"])
def test_what_keeps_one_record_of_a_person_keeps_all_of_them(house, patient, settings, tmp_path, keeps):
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl")
    others = [make_patient(house.owner), make_patient(house.owner)]
    if keeps == "hold":
        place_hold(by=house.owner, patient_id=patient, reason="Réquisition")
    else:
        ask(house.owner, patient)
    for one in (patient, others[0]):
        merge(house, one, others[1])

    assert (reap().patients, patients_left(house)) == (0, {patient, *others})


def test_a_request_or_hold_of_one_record_of_a_person_is_one_of_all(house, patient):
    other = make_patient(house.owner)
    ask(house.owner, patient)
    place_hold(by=house.owner, patient_id=patient, reason="Réquisition")
    merge(house, patient, other)

    with pytest.raises(ConflictError):
        ask(house.owner, other)
    with pytest.raises(ConflictError):
        place_hold(by=house.owner, patient_id=other, reason="Réquisition")


def patients_left(house: House) -> set[UUID]:
    with tenant_scope(house.here.id):
        return set(Patient.objects.values_list("id", flat=True))


def test_a_copy_is_of_a_request_of_access(house, patient):
    case_id = ask(house.owner, patient, "erasure")

    with pytest.raises(ConflictError):
        copy_of_patient(by=house.owner, case_id=case_id)
    with pytest.raises(NotFoundError):
        copy_of_patient(by=house.owner, case_id=uuid4())


def test_an_erasure_that_is_granted_is_done_by_the_next_round_and_for_nobody_else(house, patient):
    lot, other = make_lot(house.owner), make_patient(house.owner, family_name="BERNARD")
    for one in (patient, other):
        make_signed(house.owner, one, lot)
    arrive()
    case_id = grant_erasure(house, patient)
    answer_case(by=house.owner, case_id=ask(house.owner, other, "erasure"), granted=False, answer="Obligation légale")

    done = reap(timedelta())

    assert (done.records, done.patients) == (1, 1)
    assert (rows_left(house)["testing_record"], rows_left(house)["patients_patient"]) == (1, 1)
    with tenant_scope(house.here.id):
        assert set(
            Event.objects.filter(kind__endswith=".erased", kind__regex="^(record|patient)").values_list(
                "detail", flat=True
            )
        ) == {f"erasure/{case_id}"}


@pytest.mark.parametrize("kind", CaseKind)
def test_a_request_that_nobody_has_answered_keeps_what_it_asks_about(house, patient, kind, settings, tmp_path):
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl")
    make_signed(house.owner, patient, make_lot(house.owner))
    arrive()
    case_id = ask(house.owner, patient, kind.value)

    kept = reap()
    answer_case(by=house.owner, case_id=case_id, granted=False, answer="Voir la réponse jointe")

    assert ((kept.records, kept.patients), (reap().records, rows_left(house))) == ((0, 0), (1, {}))


def test_an_erasure_leaves_what_is_held(house, patient):
    make_signed(house.owner, patient, make_lot(house.owner))
    arrive()
    grant_erasure(house, patient)
    place_hold(by=house.owner, patient_id=patient, reason="Réquisition")

    assert (reap(timedelta()).records, rows_left(house)["testing_record"]) == (0, 1)


def grant_erasure(house: House, patient_id: UUID) -> UUID:
    case_id = ask(house.owner, patient_id, "erasure")
    answer_case(by=house.owner, case_id=case_id, granted=True, answer="Effacé")
    return case_id


READING = Reading(outcomes={"sars-cov-2": "negative"}, read_at=HOUR + timedelta(minutes=13))


def sign(by: Seat, record_id: UUID) -> None:
    sign_result(by=by, record_id=record_id, reading=READING, seen="")


def correct(by: Seat, record_id: UUID) -> None:
    reading = Reading(outcomes={"sars-cov-2": "positive"}, read_at=HOUR + timedelta(minutes=13))
    correct_result(by=by, record_id=record_id, expected_version=1, reading=reading, reason="Lecture inversée")


def nothing(_by: Seat, _record_id: UUID) -> None:
    """Leave the test as it is."""


# In one and the same hour, as clear columns say it: what is done before the grant, at its 15th minute, and what after.
AFTERWARDS = {
    "signed": ((make_sampled, nothing), sign, 0),
    "corrected": ((make_sampled, sign), correct, 0),
    "under way": ((make_sampled, nothing), nothing, 0),
    "registered": ((None, nothing), nothing, 0),
    "signed before": ((make_sampled, sign), nothing, 1),
}


@pytest.mark.parametrize("case", AFTERWARDS)
def test_a_granted_erasure_takes_what_was_signed_by_its_answer_and_nothing_later(house, case):
    (begin, go_on), later, gone = AFTERWARDS[case]
    with at_minute(12):
        patient = make_patient(house.owner)
        record_id = begin(house.owner, patient, make_lot(house.owner)) if begin else None
    with at_minute(13):
        go_on(house.owner, record_id)
    with at_minute(15):
        grant_erasure(house, patient)
    with at_minute(16):
        record_id = record_id or register_and_abandon(house.owner, patient)
        later(house.owner, record_id)
        arrive()
        arrive()  # a later version leaves once the one before it has arrived

        assert (reap(timedelta(hours=2)).records, len(rows_left(house)) == 0) == (gone, bool(gone))


def at_minute(minute: int) -> AbstractContextManager[None]:
    return frozen_at(HOUR + timedelta(minutes=minute))


def register_and_abandon(by: Seat, patient_id: UUID) -> UUID:
    record_id = make_test(by, patient_id)
    abandon_test(by=by, record_id=record_id, seen="")
    return record_id


# Columns in clear, changed by whoever writes in the database without a key: a refusal, another right, another's test.
FORGED = {
    "a row that nobody sealed": "INSERT INTO retention_case SELECT pharmacy_id, gen_random_uuid(), patient_id, "
    "'erasure', 'granted', received_on, due_on, now(), '\\x00' FROM retention_case WHERE kind = 'erasure'",
    "a refusal": "UPDATE retention_case SET state = 'granted' WHERE state = 'refused'",
    "another right": "UPDATE retention_case SET kind = 'erasure' WHERE state = 'granted'",
    "the test of another": "UPDATE testing_record SET patient_id = '{asker}'",
    "the record of another": "UPDATE patients_patient SET merged_into = '{patient}' WHERE id = '{asker}'",
}


@pytest.mark.parametrize("forged", FORGED)
def test_the_round_believes_no_column_that_its_seal_does_not_bear_out(house, patient, tamper, forged):
    asker = make_patient(house.owner, family_name="BERNARD")
    make_signed(house.owner, patient, make_lot(house.owner))
    arrive()
    answer_case(by=house.owner, case_id=ask(house.owner, patient), granted=True, answer="Remise")
    answer_case(by=house.owner, case_id=ask(house.owner, patient, "erasure"), granted=False, answer="Non")
    if "{" in FORGED[forged]:
        grant_erasure(house, asker)
    tamper(FORGED[forged].format(asker=asker, patient=patient))

    assert (reap(timedelta()).records, rows_left(house)["testing_record"]) == (0, 1)
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="seal.broken", origin="operator").count() == 1


def test_a_sealed_grant_of_which_no_event_tells_lets_nothing_go(house, patient):
    make_signed(house.owner, patient, make_lot(house.owner))
    arrive()
    case = RightsCase(
        pharmacy_id=house.here.id,
        patient_id=patient,
        kind="erasure",
        state="granted",
        received_on=today_in(HOUSE),
        due_on=today_in(HOUSE),
        answered_at=now(),
    )
    with tenant_scope(house.here.id):
        case.seal({"asked": "Tout", "answer": "Oui", "why_later": ""})
        commit = Commit()
        commit.insert(case)
        commit.take_told()
        commit.flush()

    assert reap(timedelta()).records == 0
    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="seal.broken", subject_id=case.id).count() == 1
