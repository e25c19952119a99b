"""What was answered when a test was asked for, as the authority judges it: taken beside the results, and not as one."""

from __future__ import annotations

import pytest
from strategies import covid_positive

from temoin.catalogue.kinds import counter_kinds
from temoin.formats.hl7v2 import Route, report_message
from temoin.testing.answers import told_answers
from temoin_sandbox.hl7 import cut, faults_of

KINDS = {kind.code: kind for kind in counter_kinds()}


def message(code: str) -> bytes:
    """A message with an answer to each question of a kind."""
    asked = KINDS[code].questions
    given = {one.code: one.answers[0].code if one.answers else "2026-11-20" for one in asked}
    return report_message(covid_positive(answers=told_answers(given, KINDS[code])), Route())


def places(data: bytes) -> list[str]:
    seen = cut(data)
    assert seen is not None
    return [fault.place for fault in faults_of(seen)]


@pytest.mark.parametrize("code", KINDS)
def test_the_answers_of_each_kind_are_taken(code: str):
    assert b"|QST" in message(code)
    assert places(message(code)) == []


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        (b"|DT|", b"|TS|", "OBX^3^2"),
        (b"|20261120|", b"|2026|", "OBX^3^5"),
        (b"^HL70136^yes", b"^^yes", "OBX^2^5"),
        (b"|95419-8^Whether patient has symptoms related to condition of interest^LN^", b"|^^LN^", "OBX^2^3"),
    ],
)
def test_an_answer_that_is_none_is_refused_at_its_place(old: bytes, new: bytes, place: str):
    sent = message("covid19-ag")
    assert old in sent

    assert place in places(sent.replace(old, new, 1))
