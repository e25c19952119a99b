"""No part of any message is longer than its receiver takes, and nothing that was cut is lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import as_it_travels, covid_positive, reports

from temoin.formats.hl7v2 import Copies, Hl7Error, Route, Separators, document_message, read_report, report_message
from temoin.formats.hl7v2.lengths import ENVELOPE, FIELDS, TYPES
from temoin.lib.text import shortened

ROUTE = Route(application=("REGISTER",), facility=("AGENCY", "1.2.3", "ISO"), software="0.1.0")
OTHER_ROUTE = replace(ROUTE, separators=Separators("#", "*", "!", "%", "@"))
LONG = "PHARMACIE & DROGUERIE DE LA TOUR-SAINT-MAURICE " * 6 + "D’AUVERGNE"
BOTH = st.sampled_from([ROUTE, OTHER_ROUTE])


def overlong(message: bytes, marks: Separators, table: Mapping[str, Mapping[int, str]] = FIELDS) -> list[str]:
    """Name every part that is over its length, by the bytes alone."""
    found = []
    for segment in message.decode().rstrip("\r").split("\r"):
        name, *fields = segment.split(marks.field)
        first = 2 if name == "MSH" else 1
        told = dict(enumerate(fields, start=first))
        kinds = {**table.get(name, {}), **({5: told[2]} if name == "OBX" else {})}
        for number, kind in kinds.items():
            for each in told.get(number, "").split(marks.repetition):
                found += [f"{name}-{number}: {part}" for part in _over(each, kind, marks.component, marks)]
    return found


def _over(text: str, kind: str, separator: str, marks: Separators) -> list[str]:
    found = []
    for part, most in zip(text.split(separator), TYPES[kind], strict=False):
        if isinstance(most, str):
            found += _over(part, most, marks.subcomponent, marks)
        elif len(part) > most:
            found.append(part)
    return found


@given(reports(), BOTH)
def test_no_part_of_a_report_is_over_its_length(report, route):
    assert overlong(report_message(report, route), route.separators) == []


@given(reports(), BOTH)
def test_no_part_of_an_envelope_is_over_its_length(report, route):
    assert overlong(document_message(report, b"<x/>", route, Copies()), route.separators, ENVELOPE) == []


@pytest.mark.parametrize("route", [ROUTE, OTHER_ROUTE])
def test_a_long_name_of_a_pharmacy_is_cut_for_the_receiver_and_kept_whole(route):
    report = covid_positive(organisation=replace(covid_positive().organisation, name=LONG))

    message = report_message(report, route)

    assert overlong(message, route.separators) == []
    assert read_report(message) == as_it_travels(report, decimals=4)


def test_an_address_of_mail_that_is_too_long_is_left_out_rather_than_changed():
    patient = replace(covid_positive().patient, email=f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.fr")
    report = covid_positive(patient=patient)

    message = report_message(report, ROUTE)

    assert b"^NET^Internet~" not in message
    assert f"^NET^Internet^{patient.email[:9]}".encode() not in message
    assert read_report(message) == as_it_travels(report, decimals=4)


@pytest.mark.parametrize(
    "told", ["PID^9^5^1^1^1^x", "PID^1^5^0^1^1^x", "PID^1^5^1^1^999999^x", "PID", "PID^1^99^1^1^1^x"]
)
def test_a_whole_text_of_no_part_is_refused(told):
    message = report_message(covid_positive(), ROUTE).removesuffix(b"\r") + f"|||{told}\r".encode()

    with pytest.raises(Hl7Error, match="ZTM-9"):
        read_report(message)


@pytest.mark.parametrize(
    ("text", "most", "cut"),
    [("abc def", 4, "abc"), ("abc", 3, "abc"), ("ae\u0301x", 2, "a"), ("a👩🏽\u200d⚕x", 3, "a"), ("", 0, "")],
)
def test_a_text_is_cut_between_two_letters(text, most, cut):
    assert shortened(text, most) == cut
