"""A measured result as tables, HL7 v2, FHIR and analysers tell it: the same value, or refused with what to mend."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest
from cda_reports import of_kind
from handed_messages import FHIR_BUNDLE, NOW, as_xml, changed, one_row, problems_of, rows_of
from hypothesis import given
from kinds_of_files import workbook
from strategies import examples, quantities

from temoin.catalogue.kinds import build_kinds, kind, load_loincs, measured_by
from temoin.catalogue.kits import kit
from temoin.formats import fhir, hl7v2
from temoin.formats.csv.cells import CellRules
from temoin.formats.csv.problems import RowErrors
from temoin.formats.csv.profiles import OWN_COLUMNS
from temoin.formats.csv.quantity_words import QUANTITY_WORDS
from temoin.formats.csv.template import written
from temoin.formats.handed.astm import told_by_analyser
from temoin.formats.handed.measured import MeasuredResult, judge_measured
from temoin.lib.data_file import DataFileError, read_data
from temoin.lib.quantity import Quantity
from temoin.testing.report import Report

KIND = kind("capillary-glucose")
MEASURE = KIND.targets[0].measure
assert MEASURE is not None
METER, LIMITLESS = kit("nova-statstrip-xpress"), kit("hemocue-glucose-201")
MASS, MOLES = "41653-7", "14743-9"
RESULT = "Bundle.entry[0].resource"


def report_of(quantity: Quantity) -> Report:
    """A signed result of an instrument whose limits nobody knows."""
    made = of_kind(KIND, (quantity.text,))
    return replace(made, device=replace(made.device, name=LIMITLESS.name))


def a_row(**cells: str) -> dict[str, str]:
    told = {
        "equipment_model_name": METER.name,
        "test_performed_code": MASS,
        "specimen_type": "Sang capillaire",
        "test_result": "1,26",
        "test_result_unit": "g/L",
    }
    return {column.name: {**told, **cells}.get(column.name, column.example) for column in OWN_COLUMNS}


def a_table(row: dict[str, str]) -> bytes:
    french = {column.name: column.french for column in OWN_COLUMNS}
    return written([[french[name] for name in row], row.values()])


def in_table(quantity: Quantity) -> bytes:
    value = f"{quantity.comparator} {quantity.value}".replace(".", ",")
    code = MEASURE.unit(quantity.unit).loinc
    told = {"test_result": value, "test_result_unit": quantity.unit, "test_performed_code": code}
    return a_table(a_row(equipment_model_name=LIMITLESS.name, **told))


ROADS: dict[str, Callable[[Quantity], bytes]] = {
    "CSV": in_table,
    "FHIR": lambda quantity: fhir.document(report_of(quantity)),
    "HL7": lambda quantity: hl7v2.report_message(report_of(quantity), hl7v2.Route()),
}


@pytest.mark.parametrize("road", ROADS)
@examples(10)
@given(quantity=quantities(MEASURE))
def test_what_we_write_comes_back_with_every_digit(road: str, quantity: Quantity):
    assert one_row(ROADS[road](quantity)).outcome == quantity.text


def hl7(*changes: tuple[str, str], obx: str = f"NM|{MASS}^Glucose^LN||126|mg/dL^^UCUM||||F") -> str:
    """The message of these tests, of a meter of the catalogue."""
    value, end = obx.rsplit("|||", 1)[0], "|||F"
    return changed(
        ("CWE|94534-5^SARS-CoV-2 RdRp^LN||260373001^Detected^SCT|||A|||F", f"{value}{end}"),
        ("ID NOW^^L", f"{METER.name}^^L"),
        ("445297001^Nasal swab", "122554006^Capillary blood"),
        *changes,
    )


def obx(value: str, unit: str = "mg/dL", kind: str = "NM", code: str = MASS, flag: str = "") -> str:
    return hl7(obx=f"{kind}|{code}^Glucose^LN||{value}|{unit}||{flag}|||F")


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (obx("126", "mg/dL^^UCUM"), "126 mg/dL"),
        (obx("5.0", "mmol/l", code=MOLES), "5.0 mmol/L"),
        (obx("<^10", "MG/DL^^ISO+", kind="SN"), "<10 mg/dL"),
        (obx("=^126", kind="SN"), "126 mg/dL"),
        (obx("LO", kind="ST", flag="<"), "<10 mg/dL"),
        (obx("HI", kind="TX"), ">600 mg/dL"),
        (obx("126 mg/dL", "", kind="ST"), "126 mg/dL"),
        (obx("126", flag="H"), "126 mg/dL"),
        (obx("126", "MGDL^mg/dL^L"), "126 mg/dL"),
    ],
)
def test_hl7_tells_a_value_in_the_words_of_the_standard_and_of_meters(message, read):
    assert one_row(message).outcome == read


@pytest.mark.parametrize(
    ("message", "place", "code"),
    [
        (obx("126", ""), "OBX-6", "quantity_no_unit"),
        (obx("126", "mg/L"), "OBX-6", "quantity_unknown_unit"),
        (obx("126", "g/L"), "OBX-6", "quantity_other_unit"),
        (obx("126", "mg/dL^g/L^UCUM"), "OBX-6", "values_differ"),
        (obx("126", "{x}^mg/dL^UCUM"), "OBX-6", "values_differ"),
        (obx("5.5", "mmol/L"), "OBX-3", "quantity_unit_of_code"),
        (obx("12.6"), "OBX-5", "quantity_decimals"),
        (obx("<=^10", kind="SN"), "OBX-5", "quantity_malformed"),
        (obx("100^-^200", kind="SN"), "OBX-5", "quantity_malformed"),
        (obx("126^7"), "OBX-5", "quantity_malformed"),
        (obx("126~127"), "OBX-5", "several_values"),
        (obx("700"), "OBX-5", "quantity_beyond"),
        (obx("LO", "g/L", kind="ST"), "OBX-5", "quantity_no_limit"),
        (obx("260373001^Detected^SCT", kind="CWE"), "OBX-5", "quantity_word"),
        (obx("Positive", kind="ST"), "OBX-5", "quantity_word"),
        (obx("^application^pdf^Base64^QQ==", kind="ED"), "OBX-2", "quantity_form"),
        (obx("10", flag="<"), "OBX-8", "quantity_off_scale"),
        (obx("126", flag="POS"), "OBX-8", "values_differ"),
    ],
)
def test_hl7_is_refused_by_its_field(message, place, code):
    assert (place, code) in problems_of(message)


def bundle(value: Any, code: str = MASS, **more: Any) -> dict[str, Any]:
    made = copy.deepcopy(FHIR_BUNDLE)
    result, _, report, specimen, _, device = (entry["resource"] for entry in made["entry"])
    for each in (result, report):
        each["code"]["coding"][0]["code"] = code
    del result["valueCodeableConcept"]
    result |= {"valueQuantity": value} | more
    specimen["type"]["coding"][0]["code"] = "122554006"
    device["deviceName"][0]["name"] = METER.name
    return made


UCUM = {"system": "http://unitsofmeasure.org"}


@pytest.mark.parametrize(
    ("value", "code", "read"),
    [
        ({"value": orjson.Fragment("1.20"), "unit": "g/L"}, MASS, "1.20 g/L"),
        ({"value": 126, "unit": "milligrams", "code": "mg/dL", **UCUM}, MASS, "126 mg/dL"),
        ({"value": 33.3, "comparator": ">", "unit": "mmol/l"}, MOLES, ">33.3 mmol/L"),
    ],
)
def test_fhir_tells_a_value_with_every_digit(value, code, read):
    assert one_row(orjson.dumps(bundle(value, code))).outcome == read


def test_fhir_in_xml_tells_the_same():
    assert one_row(as_xml(bundle({"value": "1.20", "unit": "g/L", "code": "g/L", **UCUM}))).outcome == "1.20 g/L"


@pytest.mark.parametrize(
    ("value", "more", "place", "code"),
    [
        ({"value": 126}, {}, "valueQuantity.unit", "quantity_no_unit"),
        ({"value": 126, "code": "g/dL", "unit": "mg/dL", **UCUM}, {}, "valueQuantity.unit", "values_differ"),
        ({"value": True, "unit": "mg/dL"}, {}, "valueQuantity", "told_quantity_missing"),
        ({"value": 10, "comparator": "<=", "unit": "mg/dL"}, {}, "valueQuantity", "quantity_malformed"),
        ({"value": [1, 2], "unit": "mg/dL"}, {}, "valueQuantity", "several_values"),
        ({"value": 126, "unit": "mg/dL"}, {"valueString": "x"}, "value", "several_values"),
        ({"value": 126, "unit": "mmol/L"}, {}, "valueQuantity.unit", "quantity_other_unit"),
        ({"value": 5.5, "unit": "mmol/L"}, {}, "code", "quantity_unit_of_code"),
    ],
)
def test_fhir_is_refused_by_its_path(value, more, place, code):
    code = "untold" if code == "told_quantity_missing" else code

    assert (f"{RESULT}.{place}", code) in problems_of(orjson.dumps(bundle(value, **more)))


def test_a_number_for_a_test_that_says_yes_or_no_is_refused():
    number = {"value": 126, "unit": "mg/dL"}

    assert (f"{RESULT}.valueQuantity", "not_a_word") in problems_of(orjson.dumps(bundle(number, "94534-5")))
    assert ("OBX-5", "not_a_word") in problems_of(changed(("|CWE|94534", "|NM|94534")))


def astm(result: str, codes: dict[str, str]) -> MeasuredResult | RowErrors:
    message = f"H|\\^&|||Meter|||||||P|1\rP|1\rO|1|||^^^GLU\rR|1|^^^GLU|{result}\rL|1|N\r"
    (told,) = told_by_analyser(message.encode(), codes)
    return judge_measured(told, CellRules(NOW))


@pytest.mark.parametrize(
    ("result", "read"),
    [("126|mg/dL||N||F", "126 mg/dL"), ("LO|mg/dl||<||F", "LO mg/dL"), ("<10|mg/dL||<||F", "<10 mg/dL")],
)
def test_an_analyser_tells_what_it_shows_and_its_limits_are_those_of_the_sample(result, read):
    found = astm(result, {"GLU": MASS})

    assert isinstance(found, MeasuredResult)
    assert found.outcome == read


@pytest.mark.parametrize(
    ("result", "place", "code"),
    [
        ("126|||||F", "R-5", "quantity_no_unit"),
        ("126|mg/dL\\g/L||||F", "R-5", "several_values"),
        ("10|mg/dL||<||F", "R-7", "quantity_off_scale"),
        ("5.5|mmol/L||||F", "R-3", "quantity_unit_of_code"),
        ("Negative|||||F", "R-4", "quantity_word"),
    ],
)
def test_an_analyser_is_refused_by_its_field(result, place, code):
    found = astm(result, {"GLU": MASS})

    assert isinstance(found, RowErrors)
    assert (place, code) in [(one.column, one.code) for one in found.problems]


@pytest.mark.parametrize(
    ("cells", "column", "code"),
    [
        ({"test_result_unit": ""}, "unite", "quantity_no_unit"),
        ({"test_result": "5,5", "test_result_unit": "mmol/L"}, "code_test", "quantity_unit_of_code"),
        ({"test_result": "126"}, "unite", "quantity_other_unit"),
        ({"test_result": "1,26 g/L"}, "resultat", "quantity_malformed"),
        ({"test_result": "négatif"}, "resultat", "quantity_word"),
        ({"test_result": ""}, "resultat", "missing"),
        ({"test_result": "1.260"}, "resultat", "quantity_decimals"),
        ({"test_performed_code": "94558-4", "equipment_model_name": "ID NOW"}, "unite", "unit_of_none"),
    ],
)
def test_a_row_is_refused_by_its_cell(cells, column, code):
    assert (column, code) in problems_of(a_table(a_row(**cells)))


def test_without_a_column_of_its_own_the_unit_stands_after_the_number():
    plain = {name: cell for name, cell in a_row(test_result="1,26 g/l").items() if name != "test_result_unit"}

    assert one_row(a_table(plain)).outcome == "1.26 g/L"
    assert problems_of(a_table({**plain, "test_result": "1,26"})) == [("resultat", "quantity_no_unit")]


def test_a_workbook_tells_the_number_that_its_cell_keeps():
    row = {**a_row(), "test_result": 1.26}

    assert one_row(workbook(list(row), list(row.values()))).outcome == "1.26 g/L"


def test_a_refusal_names_the_units_and_never_the_value():
    (row,) = rows_of(a_table(a_row(test_result_unit="")))
    (problem,) = row.problems

    assert "g/L, mg/dL, mmol/L" in problem.remedy("fr")
    assert "1,26" not in problem.message("fr") + problem.remedy("fr").replace("1,26 ou", "")


@pytest.mark.parametrize("code", QUANTITY_WORDS)
def test_every_trouble_has_words_and_a_remedy_in_both_languages(code):
    for pair in QUANTITY_WORDS[code]:
        assert all(len(words) > 20 for words in pair)


def test_a_code_of_a_measure_is_of_nothing_else():
    entry = read_data("catalogue", "kinds.toml")
    entry._values["kinds"]["flu-a"]["targets"][0]["loincs"].append(MASS)

    with pytest.raises(DataFileError, match="measures"):
        build_kinds(entry, load_loincs())
    assert measured_by("94558-4") is None


def test_a_spelling_means_one_unit():
    entry = read_data("catalogue", "kinds.toml")
    entry._values["measures"]["glucose"]["units"][0]["also"] = ["MG/DL"]

    with pytest.raises(DataFileError, match="spelling"):
        build_kinds(entry, load_loincs())
