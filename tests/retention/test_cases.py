"""What patients ask for by right: due in a month, answered once by an owner, the copy made on demand, erasure done."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest
from people import House, make_lot, make_patient, make_signed, make_test, open_house
from retention_rounds import arrive, decided, reap, rows_left

from temoin.journal.models import Event
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.oversight.copies import copy_of_patient
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


@pytest.fixture
def house(db, settings, tmp_path: Path) -> House:  # noqa: ARG001
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl", None)
    return open_house()


@pytest.fixture
def patient(house: House) -> UUID:
    return make_patient(house.owner)


def ask(by: Seat, patient_id: UUID, kind: str = "access", *, on: date | None = None) -> UUID:
    return open_case(by=by, patient_id=patient_id, kind=kind, asked="Tout", received_on=on or now().date())


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
    given = {"kind": "access", "asked": "Tout", "received_on": now().date()}
    if "days" in changes:
        changes = {"received_on": now().date() + timedelta(days=changes["days"])}

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
    answer_case(by=house.owner, case_id=ask(house.owner, patient, "erasure"), granted=True, answer="Effacé")
    answer_case(by=house.owner, case_id=ask(house.owner, other, "erasure"), granted=False, answer="Obligation légale")

    done = reap(timedelta())

    assert (done.records, done.patients) == (1, 1)
    assert (rows_left(house)["testing_record"], rows_left(house)["patients_patient"]) == (1, 1)
    with tenant_scope(house.here.id):
        assert set(
            Event.objects.filter(kind__endswith=".erased", kind__regex="^(record|patient)").values_list(
                "detail", flat=True
            )
        ) == {"erasure"}


def test_an_erasure_leaves_what_is_held_under_way_or_came_later(house, patient):
    make_signed(house.owner, patient, make_lot(house.owner))
    make_test(house.owner, patient)
    arrive()
    answer_case(by=house.owner, case_id=ask(house.owner, patient, "erasure"), granted=True, answer="Effacé")
    place_hold(by=house.owner, patient_id=patient, reason="Réquisition")
    held = reap(timedelta())

    with tenant_scope(house.here.id):
        assert Event.objects.filter(kind="record.erased").count() == 0
    assert (held.records, rows_left(house)["testing_record"]) == (0, 2)
