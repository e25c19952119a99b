"""Figures of a period: over random lives of records, they equal a naive recount; and each test counts once, rightly."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import House, make_lot, make_patient, make_seat, make_signed, open_house
from strategies import examples, reports

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.lib.errors import DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, today_in
from temoin.oversight import signed_tests
from temoin.oversight.figures import Figures, Pause, count_tests, positivity, read_figures, spread_of
from temoin.oversight.signed_tests import (
    LetterStands,
    NoticeStands,
    Place,
    ResultFilter,
    ResultSays,
    SignedTest,
    says_in_all,
)
from temoin.pharmacies.professions import Profession
from temoin.testing.models import Record, RecordVersion
from temoin.testing.queries import read_test
from temoin.testing.report import Report, ReportStatus
from temoin.testing.sample import Reading
from temoin.testing.signing import cancel_result, correct_result

FIRST = date(2026, 3, 28)  # the clocks go forward on the second day
PARIS = ZoneInfo("Europe/Paris")
PERIOD = ResultFilter(since=FIRST, until=FIRST + timedelta(days=3), zone=PARIS)


@st.composite
def lives(draw: st.DrawFn) -> list[Report]:
    """Return the versions of a record: signed in the period, then perhaps corrected, perhaps cancelled."""
    begins = datetime(2026, 3, 28, tzinfo=PARIS).astimezone(UTC)
    at = begins + timedelta(minutes=draw(st.integers(0, 4 * 24 * 60 - 61)))
    report = draw(reports())
    kind = load_kinds()[report.kind]
    versions = [replace(report, version=1, status=ReportStatus.FINAL, signed_at=at, sampled_at=at - timedelta(hours=1))]
    for status in draw(st.lists(st.sampled_from([ReportStatus.CORRECTED, ReportStatus.CANCELLED]), max_size=3)):
        former = versions[-1]
        if former.status is ReportStatus.CANCELLED:
            break
        found = former.findings
        if status is ReportStatus.CORRECTED:
            found = tuple(
                one if one.quantity else replace(one, outcome=draw(st.sampled_from(outcomes_of(kind, one.target))))
                for one in found
            )
        later = former.signed_at + timedelta(days=draw(st.integers(0, 30)))
        versions.append(replace(former, version=former.version + 1, status=status, signed_at=later, findings=found))
    return versions


def outcomes_of(kind: Kind, target: str) -> list[str]:
    return [read.code for read in kind.target(target).outcomes]


def as_test(versions: list[Report]) -> SignedTest:
    return SignedTest(
        place=Place(versions[0].signed_at, UUID(versions[0].record_id)),
        record_id=UUID(versions[0].record_id),
        patient_id=UUID(versions[0].record_id),
        first_signed_at=versions[0].signed_at,
        told=orjson.loads(orjson.dumps(versions[-1])),
        letter=LetterStands.NO_LETTER,
        notice=NoticeStands.NOT_DUE,
        acknowledged_at=None,
    )


def recounted(versions: list[Report]) -> str:
    """Return by hand what a record says in the end."""
    if any(version.status is ReportStatus.CANCELLED for version in versions):
        return "void"
    if any(one.quantity for one in versions[-1].findings):
        return "measured"
    means = [load_outcomes()[one.outcome].means for one in versions[-1].findings]
    if "positive" in means:
        return "positive"
    return "negative" if all(one == "negative" for one in means) else "unclear"


@examples(40)
@given(st.lists(lives(), max_size=8))
def test_figures_equal_a_naive_recount(records):
    figures = count_tests(map(as_test, records), PERIOD)

    said = [recounted(versions) for versions in records]
    days = [versions[0].signed_at.astimezone(PARIS).date() for versions in records]
    hours = [versions[0].signed_at.astimezone(PARIS).hour for versions in records]
    kinds = [versions[0].kind for versions in records]
    assert figures.tests == len(records)
    assert figures.says == Counter(said)
    for counted, keys in ((figures.days, days), (figures.hours, hours), (figures.kinds, kinds)):
        naive = {key: Counter(one for one, of in zip(said, keys, strict=True) if of == key) for key in keys}
        assert {key: tally for key, tally in counted.items() if tally} == naive
    assert len(figures.days) == PERIOD.days
    assert sum(tally.total() for tally in figures.people.values()) == len(records)
    assert sum(tally.total() for tally in figures.kits.values()) == len(records)
    assert figures.corrected == sum(versions[-1].status is ReportStatus.CORRECTED for versions in records)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (["negative", "positive", "unclear"], ResultSays.POSITIVE),
        (["negative", "unclear"], ResultSays.UNCLEAR),
        (["negative", "negative"], ResultSays.NEGATIVE),
        ([], ResultSays.UNCLEAR),
    ],
)
def test_several_targets_say_one_thing_together(found, says):
    assert says_in_all(map(ResultSays, found)) is says


@given(st.lists(st.integers(0, 10_000), min_size=1, max_size=60))
def test_nine_of_ten_kept_to_the_ninth_decile_and_no_less(minutes):
    took = [timedelta(minutes=one) for one in minutes]
    spread = spread_of(took)

    within = [one for one in took if one <= spread.ninth]
    assert len(within) * 10 >= 9 * len(took)
    assert sum(one < spread.ninth for one in took) * 10 < 9 * len(took)
    assert min(took) <= spread.median <= spread.ninth or len(took) == 1


def test_positivity_leaves_out_what_concludes_nothing():
    tally = Counter({ResultSays.POSITIVE: 1, ResultSays.NEGATIVE: 3, ResultSays.UNCLEAR: 4, ResultSays.VOID: 2})

    assert positivity(tally) == 0.25
    assert positivity(Counter({ResultSays.VOID: 2})) is None


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    return open_house()


def week() -> ResultFilter:
    today = today_in(HOUSE)
    return ResultFilter(since=today - timedelta(days=6), until=today, zone=HOUSE)


def figures_of(house: House) -> Figures:
    return read_figures(by=house.owner, wanted=week())


def test_the_database_s_records_are_counted_as_their_versions_say(house, monkeypatch):
    monkeypatch.setattr(signed_tests, "PORTION", 4)
    patient_id, lot_id = make_patient(house.owner), make_lot(house.owner)
    walk = ("", "positive", "negative", "indeterminate", "cancel", "positive cancel", "negative cancel")
    for count, life in enumerate(walk):
        record_id = make_signed(house.owner, patient_id, lot_id, outcome=("negative", "positive")[count % 2])
        for version, step in enumerate(life.split(), 1):
            change(house, record_id, version, step)

    figures = figures_of(house)

    with tenant_scope(house.here.id):
        lives = [versions_of(record) for record in Record.objects.all()]
    assert figures.says == Counter(recounted(versions) for versions in lives)
    assert figures.days[today_in(HOUSE)].total() == len(walk)
    assert figures.targets["sars-cov-2"].total() == sum(recounted(one) != "void" for one in lives)
    assert figures.spreads[Pause.SIGNATURE].count == len(walk)


def versions_of(record: Record) -> list[Report]:
    return [one.report for one in RecordVersion.objects.filter(record_id=record.id).order_by("number")]


def change(house: House, record_id: UUID, version: int, step: str) -> None:
    if step == "cancel":
        cancel_result(by=house.owner, record_id=record_id, expected_version=version, reason="Autre patient")
        return
    former = read_test(by=house.owner, record_id=record_id).report
    if former.findings[0].outcome == step:
        step = "unsatisfactory"
    reading = Reading(outcomes={"sars-cov-2": step}, read_at=former.read_at)
    correct_result(by=house.owner, record_id=record_id, expected_version=version, reading=reading, reason="Lecture")


def test_who_sees_figures(house):
    make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    adjoint = make_seat(house.here, Profession.ADJOINT, rpps="10003879649")

    assert read_figures(by=adjoint, wanted=week()).tests == 1
    assert read_figures(by=house.stranger, wanted=week()).tests == 0
    for denied in (house.colleague, house.student, house.administrator):
        with pytest.raises(DeniedError):
            read_figures(by=denied, wanted=week())
