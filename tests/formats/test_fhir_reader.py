"""The way back: a document of ours gives the Report again, anything else a refusal that quotes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import as_it_travels, covid_positive, reports

from temoin.formats.fhir import DocumentError, document, read_document
from temoin.testing.report import Report


@given(reports())
def test_reading_gives_back_what_was_written(report: Report) -> None:
    assert read_document(document(report)) == as_it_travels(report)


@given(reports())
def test_writing_what_was_read_gives_the_same_bytes(report: Report) -> None:
    data = document(report)

    assert document(read_document(data)) == data


@pytest.mark.parametrize("number", ["C-2026-0815", "a|b^c~d\\e&f", "n° 7"])
def test_the_number_of_an_order_comes_back(number: str) -> None:
    report = covid_positive(order_number=number)

    assert read_document(document(report)) == as_it_travels(report)


def test_order_of_keys_and_spacing_do_not_matter() -> None:
    report = covid_positive()
    options = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS

    assert read_document(orjson.dumps(orjson.loads(document(report)), option=options)) == report


def entry(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return next(e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind)


BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "not a document": lambda b: b.update(type="collection"),
    "not a bundle": lambda b: b.update(resourceType="Patient"),
    "no composition": lambda b: b["entry"].pop(0),
    "two reports": lambda b: b["entry"].append({**b["entry"][1], "fullUrl": "urn:uuid:twice"}),
    "statuses that disagree": lambda b: entry(b, "Composition").update(status="amended"),
    "a reference to nowhere": lambda b: entry(b, "Composition")["subject"].update(reference="urn:uuid:no"),
    "a reference to another type": lambda b: entry(b, "Composition").update(
        subject=entry(b, "Composition")["custodian"]
    ),
    "no birth date": lambda b: entry(b, "Patient").pop("birthDate"),
    "a birth date that is none": lambda b: entry(b, "Patient").update(birthDate="PAT-TROIS"),
    "a gender that is none": lambda b: entry(b, "Patient").update(gender="PAT-TROIS"),
    "no result": lambda b: entry(b, "DiagnosticReport").update(result=[]),
    "names that are no list": lambda b: entry(b, "Patient").update(name=7),
}


@pytest.mark.parametrize("case", BREAKS)
def test_a_broken_document_is_refused_without_quoting_it(case: str) -> None:
    bundle = orjson.loads(document(covid_positive()))
    BREAKS[case](bundle)

    with pytest.raises(DocumentError) as refusal:
        read_document(orjson.dumps(bundle))

    assert "PAT-TROIS" not in str(refusal.value)
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"7", b"{}", b"\xff"])
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_document(data)


@given(st.data())
def test_a_document_cut_anywhere_is_refused(data: st.DataObject) -> None:
    whole = document(covid_positive())
    end = data.draw(st.integers(0, len(whole) - 1))

    with pytest.raises(DocumentError):
        read_document(whole[:end])


def test_a_role_with_a_label_and_no_code_is_read() -> None:
    signer = replace(covid_positive().signer, profession="", profession_display="Infirmier")
    report = covid_positive(signer=signer)

    assert read_document(document(report)).signer == signer


def test_a_report_that_does_not_tell_its_source_is_read() -> None:
    report = covid_positive(source="", consent_notice="")

    assert read_document(document(report)) == report
