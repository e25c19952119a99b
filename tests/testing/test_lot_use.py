"""How a lot is used up: the first sample opens it, each takes a test off, and a lot in trouble takes none."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from kit_files import NEW_KIT, SHIPPED, kits_as_before, use_catalogue
from people import House, at_once, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.catalogue.actions import read_lot
from temoin.catalogue.kits import use_kits_file
from temoin.catalogue.lots import close_lot, history_of_lot, open_lot, recall_lot
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.testing.actions import abandon_test, take_sample, undo_sample
from temoin.testing.lot_use import count_lot, use_of_lots
from temoin.testing.models import Record
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import correct_result, sign_result

NEGATIVE = {"sars-cov-2": "negative"}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def left(house: House, lot_id: UUID) -> int | None:
    (use,) = use_of_lots(by=house.owner, lots=[read_lot(by=house.owner, lot_id=lot_id)])
    return use.left


def sample(lot_id: UUID, *, minutes_ago: int = 0) -> Sample:
    return Sample("nasopharyngeal-swab", now() - timedelta(minutes=minutes_ago), lot_id)


def test_the_first_sample_opens_its_lot_where_it_is_taken(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)

    for _ in range(2):
        record_id = make_test(house.student, patient_id)
        take_sample(by=house.student, record_id=record_id, sample=sample(lot_id), place="Salle de test", seen="")

    lot = read_lot(by=house.owner, lot_id=lot_id)
    assert (lot.state, lot.opened_where) == ("open", "Salle de test")
    assert [one.kind for one in history_of_lot(by=house.owner, lot_id=lot_id)] == ["lot.received", "lot.opened"]


def test_a_sample_that_is_refused_opens_no_lot(house):
    lot_id = make_lot(house.owner)
    record_id = make_test(house.owner, make_patient(house.owner))

    with pytest.raises(InvalidError):
        take_sample(by=house.owner, record_id=record_id, sample=sample(lot_id, minutes_ago=-60), seen="")

    assert read_lot(by=house.owner, lot_id=lot_id).state == "received"


@pytest.mark.django_db(transaction=True)
def test_two_first_samples_at_once_open_the_lot_once(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    tests = [make_test(house.owner, patient_id) for _ in range(2)]

    found = at_once(
        *(lambda one=one: take_sample(by=house.owner, record_id=one, sample=sample(lot_id), seen="") for one in tests)
    )

    assert found == [True, True]
    assert [one.kind for one in history_of_lot(by=house.owner, lot_id=lot_id)].count("lot.opened") == 1


def test_each_test_takes_one_off_and_a_sample_taken_back_puts_it_back(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    count_lot(by=house.colleague, lot_id=lot_id, left=10, expected_tests="")
    make_signed(house.owner, patient_id, lot_id)
    taken_back, spoilt = (make_sampled(house.owner, patient_id, lot_id) for _ in range(2))
    assert left(house, lot_id) == 7

    undo_sample(by=house.owner, record_id=taken_back, seen="")
    abandon_test(by=house.owner, record_id=spoilt, seen="")

    assert left(house, lot_id) == 8  # the spoilt one used a kit up


def test_a_count_by_hand_counts_on_from_there(house):
    lot_id, patient_id = make_lot(house.owner), make_patient(house.owner)
    make_sampled(house.owner, patient_id, lot_id)
    assert left(house, lot_id) is None

    count_lot(by=house.owner, lot_id=lot_id, left=4, expected_tests="")
    assert left(house, lot_id) == 4
    make_sampled(house.owner, patient_id, lot_id)

    assert left(house, lot_id) == 3
    assert history_of_lot(by=house.owner, lot_id=lot_id)[-1].detail == "4"


def test_a_count_does_not_overwrite_the_one_that_a_colleague_told_meanwhile(house):
    lot_id = make_lot(house.owner)
    count_lot(by=house.colleague, lot_id=lot_id, left=10, expected_tests="")

    with pytest.raises(ConflictError):
        count_lot(by=house.owner, lot_id=lot_id, left=7, expected_tests="")
    assert left(house, lot_id) == 10

    count_lot(by=house.owner, lot_id=lot_id, left=7, expected_tests="10")
    assert left(house, lot_id) == 7


@pytest.mark.parametrize("told", [None, -1, 1_000_000])
def test_a_count_that_is_none_changes_nothing(house, told):
    lot_id = make_lot(house.owner)

    with pytest.raises(InvalidError):
        count_lot(by=house.owner, lot_id=lot_id, left=told, expected_tests="")

    assert left(house, lot_id) is None


def test_only_who_keeps_the_stock_of_this_pharmacy_counts(house):
    lot_id = make_lot(house.owner)

    with pytest.raises(DeniedError):
        count_lot(by=house.student, lot_id=lot_id, left=1, expected_tests="")
    with pytest.raises(DeniedError):
        use_of_lots(by=house.administrator, lots=[])
    with pytest.raises(NotFoundError):
        count_lot(by=house.stranger, lot_id=lot_id, left=1, expected_tests="")

    assert left(house, lot_id) is None


@pytest.mark.parametrize("trouble", ["closed", "recalled"])
def test_no_sample_is_taken_from_a_lot_in_trouble(house, trouble):
    lot_id = make_lot(house.owner)
    open_lot(by=house.owner, lot_id=lot_id)
    close_lot(by=house.owner, lot_id=lot_id)
    if trouble == "recalled":
        recall_lot(by=house.owner, lot_id=lot_id, reference="FSCA 1")
    record_id = make_test(house.owner, make_patient(house.owner))

    with pytest.raises(InvalidError) as refused:
        take_sample(by=house.owner, record_id=record_id, sample=sample(lot_id), seen="")

    assert [(one.field, one.code) for one in refused.value.problems] == [("lot", trouble)]


def test_with_a_kit_that_the_catalogue_lost_nothing_is_sampled_or_signed(house, tmp_path):
    with kits_as_before():
        file = use_catalogue(tmp_path, f"{SHIPPED}\n{NEW_KIT}")
        lot_id, idle = (make_lot(house.owner, kit="new-one", number=one) for one in ("A1", "A2"))
        patient_id = make_patient(house.owner)
        running, waiting = make_sampled(house.owner, patient_id, lot_id), make_test(house.owner, patient_id)
        file.unlink()
        use_kits_file(file)

        for act in (
            lambda: sign_result(by=house.owner, record_id=running, reading=Reading(NEGATIVE, now()), seen=""),
            lambda: take_sample(by=house.owner, record_id=waiting, sample=sample(lot_id), seen=""),
            lambda: open_lot(by=house.owner, lot_id=idle),
        ):
            with pytest.raises(InvalidError) as refused:
                act()
            assert [(one.field, one.code) for one in refused.value.problems] == [("lot", "unknown_kit")]


def test_a_test_under_way_with_a_lot_recalled_since_is_not_signed(house):
    lot_id = make_lot(house.owner)
    record_id = make_sampled(house.owner, make_patient(house.owner), lot_id)
    recall_lot(by=house.owner, lot_id=lot_id, reference="FSCA 1")

    with pytest.raises(InvalidError) as refused:
        sign_result(by=house.owner, record_id=record_id, reading=Reading(NEGATIVE, now()), seen="")

    assert [(one.field, one.code) for one in refused.value.problems] == [("lot", "recalled")]
    undo_sample(by=house.owner, record_id=record_id, seen="")  # the remedy that the sentence names
    with tenant_scope(house.here.id):
        assert Record.objects.get(id=record_id).state == "registered"


def test_a_result_signed_before_its_lot_was_recalled_can_be_corrected(house):
    lot_id = make_lot(house.owner)
    record_id = make_signed(house.owner, make_patient(house.owner), lot_id)
    recall_lot(by=house.owner, lot_id=lot_id, reference="FSCA 1")

    reading = Reading({"sars-cov-2": "positive"}, now())

    report = correct_result(
        by=house.owner, record_id=record_id, expected_version=1, reading=reading, reason="Lot rappelé"
    )
    assert report.version == 2


def test_a_lot_that_is_closed_meanwhile_holds_no_test_under_way(house):
    lot_id = make_lot(house.owner)
    record_id = make_sampled(house.owner, make_patient(house.owner), lot_id)
    close_lot(by=house.owner, lot_id=lot_id)

    assert sign_result(by=house.owner, record_id=record_id, reading=Reading(NEGATIVE, now()), seen="").version == 1
