"""What of a foreign message is listed as read matters; what changes the meaning of a resource is decided by value."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from handed_messages import FHIR_BUNDLE, HL7_MESSAGE, changed, one_row, problems_of, read, rows_of
from kit_files import SHIPPED, kits_as_before, use_catalogue

from temoin.formats.csv.rows import RowStatus
from temoin.formats.handed import fhir, hl7
from temoin.formats.handed.fhir_states import ASIDE, JUDGED, TAKEN
from temoin.formats.handed.hl7 import Passed
from temoin.lib.clock import frozen_at

ORDER = {
    "resourceType": "ServiceRequest",
    "id": "q",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p"},
    "requester": {"reference": "PractitionerRole/pr"},
}
ROLE = {
    "resourceType": "PractitionerRole",
    "id": "pr",
    "practitioner": {"reference": "Practitioner/d"},
    "organization": {"reference": "Organization/l"},
}
DOCTOR = {
    "resourceType": "Practitioner",
    "id": "d",
    "identifier": [{"value": "1013012657"}],
    "name": [{"family": "Smith", "given": ["John"]}],
}
DOCUMENT = {"resourceType": "Composition", "id": "c", "status": "final", "subject": {"reference": "Patient/p"}}


def whole(**changes: Any) -> dict[str, Any]:
    """Return a Bundle with every kind of resource that is read, an element of one of them changed."""
    made = copy.deepcopy(FHIR_BUNDLE)
    made["entry"] += [{"resource": copy.deepcopy(one)} for one in (ORDER, ROLE, DOCTOR, DOCUMENT)]
    by_kind = {entry["resource"]["resourceType"]: entry["resource"] for entry in made["entry"]}
    by_kind["Observation"]["basedOn"] = [{"reference": "ServiceRequest/q"}]
    for name, value in changes.items():
        kind, element = name.split("_", 1)
        by_kind[kind][element] = value
    return made


def path_of(kind: str) -> str:
    kinds = [entry["resource"]["resourceType"] for entry in whole()["entry"]]
    return f"Bundle.entry[{kinds.index(kind)}].resource"


VALUES = [
    (kind, element, value, verdict)
    for kind, elements in JUDGED.items()
    for element, values in elements.items()
    for value, verdict in values.items()
]
# Of FHIR R4, the elements that change what their resource means ("?!"), beside modifierExtension and implicitRules.
MODIFIERS = {
    "Observation": {"status"},
    "DiagnosticReport": {"status"},
    "Composition": {"status"},
    "Specimen": {"status"},
    "ServiceRequest": {"status", "intent", "doNotPerform"},
    "Device": {"status"},
    "Patient": {"active", "deceasedBoolean", "deceasedDateTime", "link"},
    "Organization": {"active"},
    "PractitionerRole": set(),
    "Practitioner": set(),
    "MessageHeader": set(),
}
# Judged elsewhere: as the status of the result, and by its type; or said, for a test may be made of a dead person.
ELSEWHERE = {("Observation", "status"), ("Patient", "link")}
SAID = {("Patient", "deceasedBoolean"), ("Patient", "deceasedDateTime")}


def test_each_element_that_changes_a_meaning_is_judged_or_said():
    assert MODIFIERS.keys() == fhir.UNDERSTOOD.keys()
    for kind, elements in MODIFIERS.items():
        for element in elements:
            is_judged = element in JUDGED.get(kind, {}) or (kind, element) in ELSEWHERE
            is_said = element not in fhir.UNDERSTOOD[kind].split()
            assert is_said if (kind, element) in SAID else is_judged, (kind, element)


@pytest.mark.parametrize(("kind", "element", "value", "verdict"), VALUES)
def test_each_value_is_taken_set_aside_or_refused(kind, element, value, verdict):
    told: Any = value == "true" if value in {"true", "false"} else value
    content = orjson.dumps(whole(**{f"{kind}_{element}": told}))

    if verdict == TAKEN:
        assert one_row(content) == one_row(orjson.dumps(whole()))
    elif verdict == ASIDE:
        assert one_row(content).provider.number == ""
        assert f"{kind}.{element} {value}" in read(content).not_kept
    else:
        assert problems_of(content) == [(f"{path_of(kind)}.{element}", verdict)]


@pytest.mark.parametrize(("kind", "element"), sorted({(kind, element) for kind, element, _, _ in VALUES}))
@pytest.mark.parametrize("value", ["Final", "retired", 7, {"code": "final"}])
def test_a_word_that_the_standard_does_not_have_is_refused(kind, element, value):
    content = orjson.dumps(whole(**{f"{kind}_{element}": value}))

    assert problems_of(content) == [(f"{path_of(kind)}.{element}", "state")]


@pytest.mark.parametrize(
    "changes",
    [
        {"Specimen_status": "entered-in-error"},
        {"Specimen_status": "unsatisfactory"},
        {"ServiceRequest_status": "revoked"},
        {"DiagnosticReport_status": "cancelled", "Composition_status": "entered-in-error"},
    ],
)
def test_what_was_ended_goes_with_a_result_that_is_cancelled(changes):
    row = one_row(orjson.dumps(whole(Observation_status="cancelled", **changes)))

    assert row.status is RowStatus.CANCELLED


def test_an_unusable_specimen_goes_with_a_result_that_says_so():
    unclear = {"coding": [{"system": "http://snomed.info/sct", "code": "125154007"}]}
    made = whole(Specimen_status="unsatisfactory", Observation_valueCodeableConcept=unclear)

    assert one_row(orjson.dumps(made)).outcome == "unsatisfactory"


@pytest.mark.parametrize("kind", ["Specimen", "ServiceRequest", "Composition", "DiagnosticReport"])
def test_what_belongs_to_another_person_is_no_part_of_a_result(kind):
    made = whole(**{f"{kind}_subject": {"reference": "Patient/other"}})
    made["entry"].append({"resource": {"resourceType": "Patient", "id": "other"}})

    assert problems_of(orjson.dumps(made)) == [(f"{path_of(kind)}.subject", "other_subject")]


class Watched(dict[str, Any]):
    """A resource that remembers which of its elements were asked for."""

    asked: set[tuple[str, str]]

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add((str(self["resourceType"]) if "resourceType" in self else "", name))
        return super().get(name, default)


def test_every_element_that_is_listed_is_read(monkeypatch):
    asked: set[tuple[str, str]] = set()
    monkeypatch.setattr(Watched, "asked", asked, raising=False)
    header = {"resourceType": "MessageHeader", "eventCoding": {"code": "R01"}}
    variants: list[dict[str, Any]] = [
        {},
        {"Observation_specimen": {}, "DiagnosticReport_specimen": [{"reference": "Specimen/s"}]},
        {"Observation_valueString": "Positive"},
        {"Observation_code": {"coding": [{"code": "41653-7"}]}, "Observation_valueQuantity": {"value": 126}},
        {"Observation_performer": [{"reference": "PractitionerRole/pr"}]},
    ]
    for changes in variants:
        made = whole(**changes)
        if {"Observation_valueString", "Observation_valueQuantity"} & set(changes):
            del made["entry"][0]["resource"]["valueCodeableConcept"]
        made["entry"] = [{"resource": Watched(entry["resource"])} for entry in (*made["entry"], {"resource": header})]
        list(fhir.told_results((made,), Passed()))

    listed = {(kind, name) for kind, names in fhir.UNDERSTOOD.items() for name in names.split()}
    assert listed - asked == set()


def test_repetitions_that_are_not_chosen_are_said():
    homes = [{"city": "Troy"}, {"use": "old", "city": "Gone"}]
    phones = [{"system": "phone", "value": "1"}, {"system": "phone", "value": "2"}, {"system": "fax", "value": "3"}]
    file = read(orjson.dumps(whole(Patient_address=homes, Patient_telecom=phones)))

    assert file.not_kept == ("Patient.name[0]", "Patient.telecom[1]", "Patient.telecom[2]", "Patient.address[1]")


def test_two_laboratories_are_asked_about_and_a_second_order_is_said():
    other = {"resourceType": "Organization", "id": "m", "identifier": [{"value": "05D2222542"}]}
    second = {**ORDER, "id": "q2"}
    labs = [{"reference": "Organization/l"}, {"reference": "Organization/m"}]
    orders = [{"reference": "ServiceRequest/q"}, {"reference": "ServiceRequest/q2"}]
    made = whole(Observation_performer=labs)
    made["entry"].append({"resource": other})
    twice = whole(Observation_basedOn=orders)
    twice["entry"].append({"resource": second})

    assert problems_of(orjson.dumps(made)) == [(f"{path_of('Observation')}.performer", "several_values")]
    assert "Observation.basedOn (ServiceRequest)" in read(orjson.dumps(twice)).not_kept


def test_an_identifier_that_is_no_longer_used_is_not_the_results():
    made = whole(DiagnosticReport_identifier=[{"use": "old", "value": "F0"}, {"value": "F1"}])

    assert one_row(orjson.dumps(made)).accession == "F1"


def test_two_results_of_a_test_under_one_number_are_refused():
    made = whole()
    second = copy.deepcopy(made["entry"][0]["resource"]) | {"id": "o2"}
    made["entry"].append({"resource": second})
    made["entry"][2]["resource"]["result"].append({"reference": "Observation/o2"})
    assert len(rows_of(orjson.dumps(made))) == 2  # the same twice has one reading

    second["valueCodeableConcept"] = {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]}
    assert [code for _, code in problems_of(orjson.dumps(made))] == ["told_twice"] * 2


GTIN = "04012345000009"


@pytest.fixture
def listed_by_gtin(tmp_path: Path) -> Iterator[None]:
    """Let the catalogue know the number of a box: of those that it ships none is sourced yet."""
    named = 'name = "ID NOW"\n'
    assert SHIPPED.count(named) == 1
    with kits_as_before():
        use_catalogue(tmp_path, SHIPPED.replace(named, f'{named}gtin = "{GTIN}"\n'))
        yield


OBX = next(line for line in HL7_MESSAGE.splitlines() if line.startswith("OBX|1"))
NO_NOTE = (next(f"{line}\n" for line in HL7_MESSAGE.splitlines() if line.startswith("NTE")), "")
AGAIN = (f"{OBX}\n", f"{OBX}\n{OBX}\n")
NO_NUMBER, NO_STATUS = ("OBR|1|P1|F1|", "OBR|1|||"), ("|||A|||F|", "|||A||||")
NO_SAMPLE = ("|||||||||||||202611240830\n", "\n")
NO_LABORATORY = (f"^^^^{HL7_MESSAGE.split('^CLIA^^^^')[1][:10]}|", "|")
A_MEASURE = ("CWE|94534-5^SARS-CoV-2 RdRp^LN||260373001^Detected^SCT||", "NM|41653-7^Glucose^LN||126|mg/dL|")
# For each field that is listed as read: what is changed first, and a change of the field that has to be seen.
MATTERS: dict[tuple[str, int], tuple[list[tuple[str, str]], tuple[str, str]]] = {
    ("PID", 5): ([], ("Doe^Jane", "Roe^Jane")),
    ("PID", 7): ([], ("19800229", "19800228")),
    ("PID", 8): ([], ("|19800229|F|", "|19800229|M|")),
    ("PID", 11): ([], ("Birmingham", "Troy")),
    ("PID", 13): ([], ("9992800", "9992801")),
    ("ORC", 1): ([], ("ORC|RE", "ORC|CA")),
    ("ORC", 2): ([NO_NUMBER], ("ORC|RE", "ORC|RE|P9")),
    ("ORC", 3): ([NO_NUMBER], ("ORC|RE", "ORC|RE||F9")),
    ("ORC", 12): ([("1013012657^Smith^John", "")], ("ORC|RE", "ORC|RE|||||||||||1013012657^Smith^John")),
    ("OBR", 2): ([("OBR|1|P1|F1|", "OBR|1|P1||")], ("|P1|", "|P2|")),
    ("OBR", 3): ([], ("|F1|", "|F2|")),
    ("OBR", 7): ([NO_SAMPLE], ("|||202611240830|", "|||202611240831|")),
    ("OBR", 15): ([("SPM|1", "ZPM|1")], ("|||||||||1013", "||||||||THRT&Throat|1013")),
    ("OBR", 16): ([], ("1013012657^Smith", "1013012657^Jones")),
    ("OBR", 22): ([("|20261124084500|", "||")], ("|||||||||F\n", "||||||20261124084600|||F\n")),
    ("OBR", 25): ([], ("|||||||||F\n", "|||||||||X\n")),
    ("OBX", 2): ([], ("|CWE|94534", "|NM|94534")),
    ("OBX", 3): ([], ("|CWE|94534-5", "|CWE|94500-6")),
    ("OBX", 4): ([NO_NOTE, AGAIN], ("^LN||260", "^LN|1|260")),
    ("OBX", 5): ([("|||A|||F|", "||||||F|")], ("260373001", "260415000")),
    ("OBX", 6): ([A_MEASURE], ("126|mg/dL|", "126|g/L|")),
    ("OBX", 8): ([], ("|||A|||F|", "|||NEG|||F|")),
    ("OBX", 11): ([], ("|A|||F|", "|A|||C|")),
    ("OBX", 14): ([NO_SAMPLE, ("|||202611240830|", "||||")], ("|F|||202611240830|", "|F|||202611240831|")),
    ("OBX", 15): ([NO_LABORATORY], ("|202611240830|||ID", "|202611240830|01D1058442||ID")),
    ("OBX", 17): ([], ("ID NOW^^L", "Other^^L")),
    ("OBX", 18): ([("ID NOW^^L", "")], ("||20261124084500|", f"|{GTIN}|20261124084500|")),
    ("OBX", 19): ([], ("20261124084500", "20261124084600")),
    ("OBX", 23): ([], ("01D1058442", "05D2222542")),
    ("OBX", 24): ([], ("Birmingham^AL^35228", "Troy^AL^35228")),
    ("OBX", 29): ([], ("Street^^Birmingham^AL^35228", "Street^^Birmingham^AL^35228|||||QST")),
    ("SPM", 4): ([], ("445297001^Nasal swab^SCT", "258500001^Nasopharyngeal swab^SCT")),
    ("SPM", 17): ([], ("||202611240830\n", "||202611240831\n")),
    ("SPM", 21): ([], ("||202611240830\n", "||202611240830||||HEM\n")),
    ("NTE", 3): ([], (r"a \T\ b", "other")),
}


def test_every_field_that_is_listed_has_a_change_that_is_seen():
    assert set(MATTERS) == {(name, number) for name, numbers in hl7.READ.items() for number in numbers}


@pytest.mark.usefixtures("listed_by_gtin")
@pytest.mark.parametrize("field", sorted(MATTERS))
def test_each_field_that_is_listed_as_read_matters(field):
    before, change = MATTERS[field]
    base = changed(*before)
    after = changed(change, message=base)

    assert fields_that_differ(base, after) == {field}
    assert rows_of(base) != rows_of(after)


def fields_that_differ(one: str, other: str) -> set[tuple[str, int]]:
    pairs = zip(one.splitlines(), other.splitlines(), strict=True)
    found = set()
    for first, second in pairs:
        told, again = first.split("|"), second.split("|")
        told += [""] * (len(again) - len(told))
        found |= {(told[0], place) for place, (a, b) in enumerate(zip(told, again, strict=True)) if a != b}
    return found


def test_addresses_numbers_and_names_that_are_not_chosen_are_said():
    message = changed(
        ("Doe^Jane^Ann^^^^L", "Doe^Jane^Ann^^^^L~Doe^Jinny^^^^^N"),
        ("^AL^35226^USA", "^AL^35226^USA^H~^^Troy^AL^36081^USA^H~^^Lyon^^69001^FRA^BDL~~"),
        ("9992800", "9992800~^EMR^PH^^1^205^5550100~^NET^Internet^jane@example.org"),
        ("1013012657^Smith^John", "1013012657^Smith^John~2^Jones"),
    )

    said = ("PID-5[2]", "PID-11[2]", "PID-11[3]", "PID-13[2]", "OBR-16[2]", "OBX-3 95418-0")
    assert read(message).not_kept == said
    assert one_row(message).patient.address == one_row(HL7_MESSAGE).patient.address
    assert one_row(message).patient.email == "jane@example.org"


# What HL7 v2 says of the time of a name or an address: its range, the day on which it began, the day on which it ended.
TIMES = [
    ("", "", "", True),
    ("", "2020", "99991231", True),
    ("", "", "2026", True),
    ("", "20261130", "20261130", True),
    ("", "", "202611300100", True),  # by a clock that nobody knows: somewhere it is that day still
    ("", "20261130130000+0100", "", True),
    ("20200101&20271231", "", "", True),
    ("", "", "20261128", False),
    ("", "", "202610", False),
    ("", "", "20261130125959+0100", False),
    ("", "20261202", "", False),
    ("20200101&20251231", "", "", False),
    ("20200101&20271231", "", "20251231", False),
    ("", "", "31/12/2027", False),
    ("", "", "20261131", False),
]


@pytest.mark.parametrize(("within", "begins", "ends", "is_current"), TIMES)
def test_a_name_and_an_address_are_used_while_they_hold(within, begins, ends, is_current):
    name, home = "Doe^Jane^Ann^^^^L", "12 Oak Street^^Birmingham^AL^35226^USA"
    other = ("Roe^Jane^^^^^L", "1 Elm^^Troy^AL^36081^USA")
    message = changed(
        (name, f"{name}^^^{within}^^{begins}^{ends}~{other[0]}"),
        (home, f"{home}^H^^^^^{within}^{begins}^{ends}~{other[1]}^H"),
    )

    with frozen_at(datetime(2026, 11, 30, 12, tzinfo=UTC)):
        file = read(message)
        (row,) = file

    told = (row.patient.family_name, row.patient.address.city)
    assert told == (("Doe", "Birmingham") if is_current else ("Roe", "Troy"))
    left = 1 + is_current
    assert {f"PID-5[{left}]", f"PID-11[{left}]"} <= set(file.not_kept)


def test_a_name_that_is_over_names_nobody_and_an_address_that_is_over_is_none():
    name, home = "Doe^Jane^Ann^^^^L", "12 Oak Street^^Birmingham^AL^35226^USA"
    moved = changed((home, f"{home}^H^^^^^^^20200101"))

    assert problems_of(changed((name, f"{name}^^^^^^20200101"))) == [
        ("PID-5.1", "untold"),
        ("PID-5.2", "told_given_names"),
    ]
    assert (one_row(moved).patient.address.city, "PID-11[1]" in read(moved).not_kept) == ("", True)


def test_an_empty_first_repetition_is_no_address_and_an_ended_one_stands_back():
    home = "12 Oak Street^^Birmingham^AL^35226^USA"
    empty = changed((home, f"~{home}"))
    ended = changed((home, f"^^Troy^AL^36081^USA^H^^^^^^^20200101~{home}^H"))

    for message in (empty, ended):
        assert one_row(message).patient.address == one_row(HL7_MESSAGE).patient.address


def test_a_result_told_twice_alike_is_one_and_with_other_parts_is_refused():
    twice = changed(NO_NOTE, AGAIN)
    parted = changed(("^LN||260", "^LN|1|260"), message=twice)

    assert [row.accession for row in rows_of(twice)] == ["F1", "F1"]
    assert problems_of(parted) == [("OBX-3", "told_twice")] * 2


def test_an_order_that_was_cancelled_goes_with_a_result_that_is():
    assert one_row(changed(("ORC|RE", "ORC|CA"), ("|A|||F|", "|A|||X|"))).status is RowStatus.CANCELLED


@pytest.mark.parametrize("control", ["", "RE", "NW", "SC", "CN", "re"])
def test_an_order_that_brings_its_results_is_taken(control):
    assert one_row(changed(("ORC|RE", f"ORC|{control}"))).accession == "F1"


def test_codes_of_one_test_may_stand_side_by_side():
    both = changed(("|94534-5^SARS-CoV-2 RdRp^LN||260", "|94534-5^x^LN^94500-6^y^LN||260"))

    assert ("OBX-3", "tests_differ") not in problems_of(both)


def test_every_reason_has_its_words():
    codes = {verdict for *_, verdict in VALUES} - {TAKEN, ASIDE}
    content = [
        orjson.dumps(whole(**{f"{k}_{e}": v == "true" if v in {"true", "false"} else v})) for k, e, v, _ in VALUES
    ]
    told = {one.code: one for each in content for row in rows_of(each) for one in getattr(row, "problems", ())}

    assert codes <= told.keys()
    for one in told.values():
        assert all((one.message("fr"), one.remedy("fr"), one.message("en"), one.remedy("en")))
