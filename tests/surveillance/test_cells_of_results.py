"""How one result falls into cells."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from strategies import covid_positive, examples, reports

from temoin.catalogue.kinds import kind
from temoin.catalogue.questions import load_kind_questions
from temoin.surveillance.counts import OUTCOMES, REASONS, DayCounts, SignatureDelay
from temoin.testing.answers import told_answers
from temoin.testing.report import ReportStatus


def counted(*told) -> DayCounts:
    counts = DayCounts()
    for report in told:
        counts.add(orjson.loads(orjson.dumps(report)), report.signed_at)
    return counts


@given(report=reports())
@examples(20)
def test_each_finding_is_one_cell_and_what_is_sealed_is_read_back(report):
    counts = counted(report, report)

    if report.findings[0].quantity:  # what is measured is in no table
        assert counts == DayCounts()
        return
    found = () if report.status is ReportStatus.CANCELLED else report.findings
    assert sum(counts.findings.values()) == sum(counts.lots.values()) == 2 * len(found)
    assert all(cell.outcome in OUTCOMES for cell in counts.findings)
    assert DayCounts.from_dict(orjson.loads(orjson.dumps(counts.to_dict()))).differs_from(counts) == 0
    assert counts.differs_from(counted(report)) > 0


def test_what_is_kept_names_nobody():
    report = covid_positive()

    sealed = orjson.dumps(counted(report).to_dict()).decode()

    person, signer, place = report.patient, report.signer, report.organisation
    for told in (person.birth_family_name, person.birth_date.isoformat(), person.address.postcode, report.record_id):
        assert told not in sealed
    assert not any(told in sealed for told in (signer.family_name, signer.rpps, place.finess, place.pharmacy_id))


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_a_question_of_the_catalogue_that_yes_answers(reason):
    assert load_kind_questions().entries[reason].answer("yes")


def test_the_first_reason_that_was_told_counts():
    report = covid_positive()
    covid = kind(report.kind)
    asked = replace(report, answers=told_answers({"symptoms": "no", "contact": "yes"}, covid))

    assert {cell.reason for cell in counted(asked).findings} == {"contact"}


@pytest.mark.parametrize(
    ("minutes", "delay"), [(0, "HALF_HOUR"), (30, "HOUR"), (90, "HOURS"), (300, "DAY"), (1440, "LONGER")]
)
def test_a_delay_falls_into_one_band(minutes, delay):
    report = covid_positive()
    late = replace(report, signed_at=report.sampled_at + timedelta(minutes=minutes))

    assert {cell.delay for cell in counted(late).delays} == {SignatureDelay[delay]}
