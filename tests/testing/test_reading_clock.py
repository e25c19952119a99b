"""The reading clock of a kit counts from its start: the sampling unless it is told, asked for with a strip."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from people import House, make_lot, make_patient, make_sampled, make_signed, make_test, open_house

from temoin.catalogue.kits import kits
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError
from temoin.testing.actions import start_reading, take_sample, undo_start
from temoin.testing.queries import read_test
from temoin.testing.report import Report
from temoin.testing.sample import Reading, Sample, Start
from temoin.testing.settings import Counter
from temoin.testing.signing import cancel_result, correct_result, sign_result

MINUTE = timedelta(minutes=1)
STRIP = {"leucocytes": "plus-1", "nitrites": "negative"}


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def make_strip(house: House, *, minutes_ago: int = 60) -> UUID:
    """Register a strip whose urine was collected before."""
    record_id = make_test(house.owner, make_patient(house.owner), kind="cystitis-strip")
    sample = Sample("urine", now() - minutes_ago * MINUTE, make_lot(house.owner, kit="siemens-multistix"))
    assert take_sample(by=house.owner, record_id=record_id, sample=sample, seen="") is False
    return record_id


def read(house: House, record_id: UUID, outcomes: dict[str, str] = STRIP, **more: object) -> Report:
    reading = Reading(outcomes=outcomes, read_at=now(), **more)  # type: ignore[arg-type]
    return sign_result(by=house.owner, record_id=record_id, reading=reading, seen="")


def test_a_strip_of_urine_collected_an_hour_ago_and_dipped_now_is_read_in_its_window(house: House):
    record_id = make_strip(house)
    start_reading(by=house.owner, record_id=record_id, start=Start(now()), seen="")

    with shifted_by(MINUTE):
        report = read(house, record_id)

    assert report.started_at is not None
    assert (report.read_at - report.started_at).seconds // 60 == 1
    assert report.typed_times == ()


@pytest.mark.parametrize(("after", "problem"), [(0, "too_early"), (3, "too_late")])
def test_the_window_of_a_strip_counts_from_its_start(house: House, after: int, problem: str):
    record_id = make_strip(house)
    start_reading(by=house.owner, record_id=record_id, start=Start(now()), seen="")

    with shifted_by(after * MINUTE), pytest.raises(InvalidError, match=f"read_at:{problem}"):
        read(house, record_id)


def test_a_strip_that_was_not_started_is_not_read(house: House):
    with pytest.raises(InvalidError, match="started_at:required"):
        read(house, make_strip(house, minutes_ago=1))


def test_a_cassette_counts_from_its_sampling_until_its_start_is_told(house: House):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner), minutes_ago=25)
    with pytest.raises(InvalidError, match="too_late"):
        read(house, record_id, {"sars-cov-2": "negative"})

    start_reading(by=house.owner, record_id=record_id, start=Start(now() - 16 * MINUTE, is_typed=True), seen="")

    assert read(house, record_id, {"sars-cov-2": "negative"}).typed_times == ("started_at",)


@pytest.mark.parametrize(("ago", "problem"), [(-10, "future"), (62, "before_sample")])
def test_a_start_lies_between_the_sample_and_now(house: House, ago: int, problem: str):
    record_id = make_strip(house)

    with pytest.raises(InvalidError, match=f"started_at:{problem}"):
        start_reading(by=house.owner, record_id=record_id, start=Start(now() - ago * MINUTE), seen="")


def test_the_minute_of_the_sample_is_no_start_before_it(house: House):
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    sampled_at = read_test(by=house.owner, record_id=record_id).sampled_at
    assert sampled_at is not None

    start_reading(
        by=house.owner, record_id=record_id, start=Start(sampled_at.replace(second=0, microsecond=0)), seen=""
    )

    steps = read_test(by=house.owner, record_id=record_id).steps
    assert steps is not None
    assert steps.started_at == sampled_at


def test_a_start_is_mended_and_taken_back_before_the_signature(house: House):
    record_id = make_strip(house)
    start_reading(by=house.owner, record_id=record_id, start=Start(now() - 5 * MINUTE, is_typed=True), seen="")
    start_reading(by=house.owner, record_id=record_id, start=Start(now()), seen="")
    assert read_test(by=house.owner, record_id=record_id).typed_times == ()

    undo_start(by=house.owner, record_id=record_id, seen="")

    test = read_test(by=house.owner, record_id=record_id)
    assert test.steps is not None
    assert test.steps.started_at is None


def test_a_start_after_the_signature_or_before_the_sample_is_a_conflict(house: House):
    patient_id = make_patient(house.owner)
    signed = make_signed(house.owner, patient_id, make_lot(house.owner))

    for record_id in (signed, make_test(house.owner, patient_id)):
        with pytest.raises(ConflictError):
            start_reading(by=house.owner, record_id=record_id, start=Start(now()), seen="")
        with pytest.raises(ConflictError):
            undo_start(by=house.owner, record_id=record_id, seen="")


def test_another_pharmacy_starts_no_clock_here(house: House):
    record_id = make_strip(house)

    with pytest.raises(NotFoundError):
        start_reading(by=house.stranger, record_id=record_id, start=Start(now()), seen="")
    with pytest.raises(NotFoundError):
        undo_start(by=house.stranger, record_id=record_id, seen="")


def test_every_typed_time_is_marked_in_the_version_and_kept_by_those_that_follow(house: House):
    record_id = make_test(house.owner, make_patient(house.owner))
    sample = Sample("nasal-swab", now() - 16 * MINUTE, make_lot(house.owner), is_typed=True)
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    first = read(house, record_id, {"sars-cov-2": "negative"}, is_typed=True)

    again = Reading(outcomes={"sars-cov-2": "positive"}, read_at=first.read_at.replace(second=0, microsecond=0))
    second = correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=again, reason="Erreur")
    third = cancel_result(by=house.owner, record_id=record_id, expected_version=2, reason="Erreur")

    assert first.typed_times == second.typed_times == third.typed_times == ("sampled_at", "read_at")


def test_a_version_signed_before_times_were_marked_is_read(house: House):
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    report = read_test(by=house.owner, record_id=record_id).report
    assert report is not None
    values = {name: getattr(report, name) for name in Report.__dataclass_fields__}

    assert Report.from_dict(as_before(values)).typed_times == ()


def as_before(values: dict[str, object]) -> dict[str, object]:
    """Return a version's content as it was sealed before it told the start and what was typed."""
    sealed = orjson.loads(orjson.dumps(values))
    return {name: value for name, value in sealed.items() if name not in {"started_at", "typed_times"}}


def test_urine_may_wait_before_its_registration_as_long_as_it_keeps(house: House):
    with pytest.raises(InvalidError, match="before_registration"):
        make_strip(house, minutes_ago=121)


@pytest.mark.parametrize(("stood", "comment", "is_taken"), [(121, "", False), (121, "Au froid", True), (119, "", True)])
def test_urine_that_stood_longer_than_it_keeps_is_read_with_a_reason(
    house: House, stood: int, comment: str, is_taken: bool
):
    record_id = make_strip(house, minutes_ago=0)
    with shifted_by(stood * MINUTE):
        start_reading(by=house.owner, record_id=record_id, start=Start(now()), seen="")

    with (
        shifted_by((stood + 1) * MINUTE),
        nullcontext() if is_taken else pytest.raises(InvalidError, match="stood_long"),
    ):
        assert read(house, record_id, comment=comment).comment == comment


@pytest.mark.parametrize("minutes", [0, 60])
def test_the_span_before_the_registration_is_a_setting(house: House, settings: Any, minutes: int):
    settings.TEMOIN = replace(settings.TEMOIN, counter=Counter(before_registration_minutes=minutes))
    record_id, lot_id = make_test(house.owner, make_patient(house.owner)), make_lot(house.owner)

    with pytest.raises(InvalidError, match="before_registration"):
        take_sample(
            by=house.owner, record_id=record_id, sample=Sample("nasal-swab", now() - 61 * MINUTE, lot_id), seen=""
        )


def test_the_lateness_of_an_entry_is_a_setting(house: House, settings: Any):
    settings.TEMOIN = replace(settings.TEMOIN, counter=Counter(late_entry_minutes=60))
    record_id = make_sampled(house.owner, make_patient(house.owner), make_lot(house.owner))
    reading = Reading(outcomes={"sars-cov-2": "negative"}, read_at=now())

    with shifted_by(45 * MINUTE):
        assert sign_result(by=house.owner, record_id=record_id, reading=reading, seen="").comment == ""


def test_each_kit_of_urine_asks_for_its_start():
    asked = {kit.code for kit in kits() if kit.counts_from == "start"}

    assert asked == {kit.code for kit in kits() if "urine" in {taken.code for taken in kit.specimens}}
