"""What is measured: typed as a device shows it, kept exactly, refused with what to do, and never interpreted."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import orjson
import pytest
from cda_reports import of_kind
from hypothesis import given
from people import House, make_lot, make_patient, make_test, open_house
from strategies import covid_positive, examples, quantities

from temoin.catalogue.kinds import build_kinds, kind, load_loincs
from temoin.catalogue.kits import kit
from temoin.catalogue.measures import Misread, MisreadError
from temoin.certificates.issuing import is_certifiable
from temoin.delivery.content import advice_of, letter_content
from temoin.formats import fhir, hl7v2
from temoin.formats.fhir.parts import DocumentError
from temoin.formats.fhir.reader import read_document
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.reader import read_report
from temoin.lib.clock import now
from temoin.lib.data_file import DataFileError, read_data
from temoin.lib.errors import InvalidError
from temoin.lib.quantity import Quantity, quantity_in
from temoin.surveillance.counts import DayCounts
from temoin.testing.actions import take_sample
from temoin.testing.queries import read_test
from temoin.testing.report import Report
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import correct_result, sign_result

KIND = kind("capillary-glucose")
GLUCOSE = KIND.targets[0].measure
METER = kit("nova-statstrip-xpress")
assert GLUCOSE is not None


READ_BACK = {
    "fhir": lambda report: read_document(fhir.document(report)),
    "hl7v2": lambda report: read_report(hl7v2.report_message(report, hl7v2.Route())),
}


def glucose(read: str) -> Report:
    return of_kind(KIND, (read,))


@pytest.fixture
def house(db) -> House:  # noqa: ARG001
    return open_house()


@pytest.fixture
def record_id(house: House) -> UUID:
    """A blood sample on a meter whose limits are known."""
    lot = make_lot(house.owner, kit=METER.code)
    record_id = make_test(house.owner, make_patient(house.owner), kind=KIND.code)
    sample = Sample("capillary-blood", now() - timedelta(minutes=2), lot)
    take_sample(by=house.owner, record_id=record_id, sample=sample, seen="")
    return record_id


def reading(typed: str) -> Reading:
    return Reading({"glucose": typed}, read_at=now())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1,26 g/L", "1.26 g/L"),
        ("1.20 g/L", "1.20 g/L"),
        (" 0126  mg/dL", "126 mg/dL"),
        ("5,5 mmol/L", "5.5 mmol/L"),
        ("LO mg/dL", "<10 mg/dL"),
        ("hi mmol/L", ">33.3 mmol/L"),
        ("< 10 mg/dL", "<10 mg/dL"),
        ("126mg/dl", "126 mg/dL"),
        ("5.5\u00a0MMOL/L", "5.5 mmol/L"),
        ("1,26 gr/l", "1.26 g/L"),
    ],
)
def test_what_the_device_shows_is_kept_exactly(typed, kept):
    assert GLUCOSE.read(typed, METER.limits).text == kept


@pytest.mark.parametrize(
    ("typed", "why", "units"),
    [
        ("126", Misread.NO_UNIT, ("g/L", "mg/dL", "mmol/L")),
        ("126 mg/L", Misread.UNKNOWN_UNIT, ("g/L", "mg/dL", "mmol/L")),
        ("126 g/L", Misread.OTHER_UNIT, ("mg/dL",)),
        ("0.95 mg/dL", Misread.DECIMALS, ("mg/dL",)),
        ("1e2 mg/dL", Misread.MALFORMED, ()),
        ("1\u0660 mg/dL", Misread.MALFORMED, ()),
        ("-5 mg/dL", Misread.MALFORMED, ()),
        ("5000 mg/dL", Misread.IMPOSSIBLE, ()),
        ("700 mg/dL", Misread.BEYOND, ()),
        ("<50 mg/dL", Misread.BEYOND, ()),
        ("LO g/L", Misread.NO_LIMIT, ()),
    ],
)
def test_what_no_device_shows_is_refused_and_never_converted(typed, why, units):
    with pytest.raises(MisreadError) as refused:
        GLUCOSE.read(typed, METER.limits)

    assert (refused.value.why, refused.value.units) == (why, units)


@pytest.mark.parametrize(
    ("read", "code"),
    [
        ("0.69 g/L", "low"),
        ("0.70 g/L", "usual"),
        ("<10 mg/dL", "low"),
        ("109 mg/dL", "usual"),
        ("110 mg/dL", "raised"),
        ("11.0 mmol/L", "raised"),
        ("11.1 mmol/L", "high"),
        (">600 mg/dL", "high"),
        (">100 mg/dL", ""),
    ],
)
def test_a_range_begins_with_its_bound_in_the_unit_that_was_read(read, code):
    lies = KIND.targets[0].range_of(read)

    assert (lies.code if lies else "") == code


@examples(40)
@given(quantities(GLUCOSE))
def test_what_is_kept_is_read_as_it_was(quantity):
    assert quantity_in(quantity.text) == GLUCOSE.read(quantity.text) == quantity


@pytest.mark.parametrize("wrong", [("1,2", "g/L", ""), ("1.2", "", ""), ("01", "g/L", ""), ("1", "g/L", "<=")])
def test_a_quantity_that_is_none_cannot_be_made(wrong):
    value, unit, comparator = wrong
    with pytest.raises(ValueError, match="not a"):
        Quantity(value=value, unit=unit, comparator=comparator)


def test_a_measure_is_signed_with_value_unit_and_code_and_corrected(house, record_id):
    first = sign_result(by=house.owner, record_id=record_id, reading=reading("1,26 g/L"), seen="").findings[0]
    correction = reading("126 mg/dL")
    correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=correction, reason="Unité")

    assert first.quantity == Quantity(value="1.26", unit="g/L")
    assert (first.outcome, first.snomed, first.loinc) == ("measured", "", "41653-7")
    kept = read_test(by=house.owner, record_id=record_id).report
    assert kept is not None
    assert kept.findings[0].read == "126 mg/dL"


def test_the_same_value_corrects_nothing(house, record_id):
    sign_result(by=house.owner, record_id=record_id, reading=reading("1.26 g/L"), seen="")
    same = replace(reading("1,26 g/L"), read_at=read_test(by=house.owner, record_id=record_id).report.read_at)

    with pytest.raises(InvalidError, match="unchanged"):
        correct_result(by=house.owner, record_id=record_id, expected_version=1, reading=same, reason="Virgule")


@pytest.mark.parametrize(
    ("typed", "code", "words"),
    [
        ("", "required", "choisissez son unité"),
        ("126", "no_unit", "g/L, mg/dL, mmol/L"),
        ("126 g/L", "other_unit", "l’est en mg/dL"),
        ("positive", "malformed", "LO ou HI"),
    ],
)
def test_a_refusal_names_field_and_remedy_and_signs_nothing(house, record_id, typed, code, words):
    with pytest.raises(InvalidError) as refused:
        sign_result(by=house.owner, record_id=record_id, reading=reading(typed), seen="")

    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("outcome-glucose", code)
    assert words in str(problem.message)


def test_nothing_positive_or_negative_is_made_of_it():
    report = glucose("2.10 g/L")
    counts = DayCounts()
    counts.add(orjson.loads(orjson.dumps(report)), report.signed_at)

    assert not is_certifiable(report)
    assert counts == DayCounts()
    assert "interpretation" not in fhir.document(report).decode()
    assert b"|A^Abnormal" not in hl7v2.report_message(report, hl7v2.Route())
    assert [one.key for one in advice_of(report)] == ["glucose-high"]


def test_the_letter_tells_the_value_in_each_language():
    told = letter_content(glucose("<0.10 g/L"))

    assert told["headline"]["fr"] == "Voici votre mesure\u00a0: <\u00a00,10\u00a0g/L"
    assert told["findings"][0]["label"]["en"] == "<\u00a00.10\u00a0g/L"
    assert set(told["findings"][0]["label"]) == set(told["headline"])


def test_fhir_keeps_the_zeros_of_a_value():
    assert b'"valueQuantity":{"value":1.20,"unit":"g/L"' in fhir.document(glucose("1.20 g/L"))
    assert read_document(fhir.document(glucose("1.20 g/L"))).findings[0].read == "1.20 g/L"


@pytest.mark.parametrize("reader", READ_BACK)
def test_a_reader_refuses_a_quantity_where_there_is_none_and_the_reverse(reader):
    measured, coded = glucose("1.20 g/L"), covid_positive()
    wrong = [
        replace(coded, findings=(replace(coded.findings[0], quantity=measured.findings[0].quantity),)),
        replace(measured, findings=(replace(coded.findings[0], target="glucose"),)),
        replace(measured, findings=(replace(measured.findings[0], quantity=Quantity(value="1", unit="kg")),)),
        replace(measured, findings=(replace(measured.findings[0], loinc="14743-9"),)),
    ]

    for report in wrong:
        with pytest.raises((DocumentError, Hl7Error)):
            READ_BACK[reader](report)


@pytest.mark.parametrize("value", ['"1.20"', "true", "1e400", "-1.2", "NaN", "null"])
def test_fhir_refuses_what_is_no_number(value):
    document = fhir.document(glucose("1.20 g/L")).replace(b'"value":1.20', f'"value":{value}'.encode())

    with pytest.raises(DocumentError):
        read_document(document)


def test_a_certificate_of_a_measure_is_refused_where_data_asks_for_one():
    entry = read_data("catalogue", "kinds.toml")
    entry._values["kinds"]["capillary-glucose"]["certificate_days"] = 30

    with pytest.raises(DataFileError, match="certificate_days"):
        build_kinds(entry, load_loincs())


def test_every_unit_has_a_code_of_its_property():
    by_property = Counter(unit.loinc for unit in GLUCOSE.units)

    assert by_property == {"41653-7": 2, "14743-9": 1}
