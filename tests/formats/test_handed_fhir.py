"""Foreign FHIR R4 results: Bundles, loose resources, JSON, XML and NDJSON; what is told, or refused by its path."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from handed_messages import FHIR_BUNDLE, as_xml, one_row, problems_of, read, rows_of
from hypothesis import example, given
from hypothesis import strategies as st

from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.rows import ResultRow, RowStatus
from temoin.formats.handed import fhir_tree
from temoin.lib.clock import frozen_at

RESULT, PATIENT, REPORT, SPECIMEN, LABORATORY, DEVICE = (f"Bundle.entry[{place}].resource" for place in range(6))


def bundle(**changes: Any) -> dict[str, Any]:
    """Return the Bundle with elements changed: `r0_status` is the status of its first resource, None takes it away."""
    made = copy.deepcopy(FHIR_BUNDLE)
    for name, value in changes.items():
        place, element = name.split("_", 1)
        node = made["entry"][int(place[1:])]["resource"]
        node.pop(element, None) if value is None else node.update({element: value})
    return made


def written(made: Any) -> bytes:
    return orjson.dumps(made)


def test_a_bundle_becomes_the_row_that_a_file_would_give():
    row = one_row(written(bundle()))

    assert (row.row, row.accession, row.status, row.outcome) == (1, "F1", RowStatus.FINAL, "positive")
    assert (row.patient.family_name, row.patient.given_name) == ("Doe", "Jane Ann")
    assert (row.patient.phone, row.patient.address.city) == ("+12059992800", "Birmingham")
    assert (row.device.device_name, row.specimen, row.comment) == ("ID NOW", "nasal-swab", "a & b")
    assert row.collected.at.isoformat() == "2026-11-24T08:30:00+01:00"
    assert row.tested.at.isoformat() == "2026-11-24T08:45:00+01:00"


@pytest.mark.parametrize("kind", ["transaction", "batch", "document", "collection", "message"])
def test_each_kind_of_bundle_that_brings_results_is_read(kind):
    assert one_row(written({**bundle(), "type": kind})).accession == "F1"


def test_xml_tells_the_same_as_json():
    assert one_row(as_xml(bundle())) == one_row(written(bundle()))


def test_loose_resources_are_read_together():
    loose = [entry["resource"] for entry in bundle()["entry"]]

    assert one_row(written(loose)).accession == "F1"
    assert one_row(b"\n".join(map(written, loose))).accession == "F1"


def test_a_report_that_contains_its_resources_is_enough():
    parts = bundle()["entry"]
    contained = [{**parts[place]["resource"], "id": f"c{place}"} for place in (0, 1, 3, 4, 5)]
    contained[0] |= {"subject": {"reference": "#c1"}, "specimen": {"reference": "#c3"}}
    contained[0] |= {"performer": [{"reference": "#c4"}], "device": {"reference": "#c5"}}
    # Its references are those of the report, in which they are contained.
    report = {**parts[2]["resource"], "contained": contained, "result": [{"reference": "#c0"}]}
    report |= {"subject": {"reference": "#c1"}, "specimen": [{"reference": "#c3"}], "performer": [{"reference": "#c4"}]}

    assert one_row(written(report)).accession == "F1"


def test_one_broken_line_harms_no_other():
    first, second = bundle(), bundle(r2_identifier=[{"value": "F2"}])

    rows = rows_of(written(first) + b'\n{"resourceType":"Bund}\n' + written(second))

    assert [getattr(row, "accession", None) for row in rows] == ["F1", None, "F2"]
    assert rows[1].problems[0].code == "fhir_json"


def test_what_is_not_understood_and_not_kept_is_said():
    asked = {"resourceType": "Observation", "code": {"coding": [{"system": "http://loinc.org", "code": "95418-0"}]}}
    made = bundle(r1_maritalStatus={"text": "x"})
    made["entry"] += [{"resource": asked}, {"resource": {"resourceType": "Provenance"}}]

    file = read(written(made))

    assert (file.profile, file.count) == ("fhir-r4", 1)
    assert {"Patient.maritalStatus", "Provenance"} <= set(file.unread)
    assert file.not_kept == ("Observation 95418-0", "Patient.name[0]")


@pytest.mark.parametrize(
    ("status", "meant"),
    [
        ("amended", RowStatus.CORRECTED),
        ("corrected", RowStatus.CORRECTED),
        ("cancelled", RowStatus.CANCELLED),
        ("entered-in-error", RowStatus.CANCELLED),
    ],
)
def test_a_status_is_that_of_the_result(status, meant):
    assert one_row(written(bundle(r0_status=status))).status is meant


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
EXTENSION = [{"url": "http://example.org/not", "valueBoolean": True}]
REFUSED = [
    ({"r0_subject": {"identifier": {"value": "42"}}}, (f"{RESULT}.subject", "fhir_reference")),
    (
        {"r2_result": [{"reference": "Observation/o"}, {"reference": "Observation/lost"}]},
        (f"{REPORT}.result[1]", "fhir_reference"),
    ),
    (
        {"r0_valueCodeableConcept": {"coding": [{"system": SNOMED, "code": "260373001", "display": "Not detected"}]}},
        (f"{RESULT}.valueCodeableConcept", "values_differ"),
    ),
    ({"r0_status": "preliminary"}, (f"{RESULT}.status", "not_final")),
    ({"r0_status": "done"}, (f"{RESULT}.status", "told_status")),
    ({"r2_status": "cancelled"}, (f"{REPORT}.status", "status_differs")),
    ({"r0_modifierExtension": EXTENSION}, (f"{RESULT}.modifierExtension", "fhir_modifier")),
    (
        {"r1_name": [{"family": "Doe", "modifierExtension": EXTENSION}]},
        (f"{PATIENT}.name[0].modifierExtension", "fhir_modifier"),
    ),
    ({"r1_implicitRules": "http://x"}, (f"{PATIENT}.implicitRules", "fhir_modifier")),
    ({"r1_meta": {"tag": [{"code": "HTEST"}]}}, (f"{PATIENT}.meta.tag", "not_production")),
    ({"r0_subject": {"reference": "Patient/other"}}, (f"{RESULT}.subject", "fhir_reference")),
    ({"r2_subject": {"reference": "Patient/other"}}, (f"{REPORT}.subject", "fhir_reference")),
    ({"r0_subject": None, "r2_subject": None}, (f"{RESULT}.subject", "untold")),
    ({"r1_birthDate": "1980-02"}, (f"{PATIENT}.birthDate", "told_date")),
    ({"r1_gender": "femme?"}, (f"{PATIENT}.gender", "sex")),
    ({"r1_name": [{"use": "nickname", "family": "Doe", "given": ["J"]}]}, (f"{PATIENT}.name[0].family", "untold")),
    ({"r0_code": coded("urn:local", "COV")}, (f"{RESULT}.code", "test_system")),
    (
        {"r0_code": {"coding": [*coded(LOINC, "94534-5")["coding"], *coded(LOINC, "94558-4")["coding"]]}},
        (f"{RESULT}.code", "tests_differ"),
    ),
    ({"r3_subject": {"reference": "Patient/other"}}, (f"{SPECIMEN}.subject", "fhir_reference")),
    ({"r5_deviceName": [{"name": "ID NOW"}, {"name": "BinaxNOW COVID-19 Ag Card"}]}, (f"{DEVICE}", "values_differ")),
    ({"r1_link": [{"type": "replaced-by"}]}, (f"{PATIENT}.link", "not_in_use")),
    (
        {"r0_meta": {"tag": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0103", "code": "t"}]}},
        (f"{RESULT}.meta.tag", "not_production"),
    ),
    ({"r0_code": coded(LOINC, "883-9")}, (f"{RESULT}.code", "unknown_test")),
    ({"r0_component": [{"code": {}}]}, (f"{RESULT}.component[0].code", "untold")),
    ({"r0_valueCodeableConcept": coded(SNOMED, "1")}, (f"{RESULT}.valueCodeableConcept", "outcome")),
    ({"r0_valueString": "Negative"}, (f"{RESULT}.value", "several_values")),
    ({"r0_valueCodeableConcept": None, "r0_valueQuantity": {"value": 3}}, (f"{RESULT}.valueQuantity", "not_a_word")),
    ({"r0_valueCodeableConcept": None}, (f"{RESULT}.valueCodeableConcept", "untold")),
    (
        {"r0_interpretation": [coded("http://terminology.hl7.org/CodeSystem/v2-0078", "NEG")]},
        (f"{RESULT}.interpretation", "values_differ"),
    ),
    ({"r3_type": coded(SNOMED, "1")}, (f"{SPECIMEN}.type", "specimen")),
    ({"r4_identifier": None}, (f"{LABORATORY}.identifier", "untold")),
    ({"r5_deviceName": [{"name": "Other"}]}, (f"{DEVICE}", "unknown_device")),
    ({"r0_issued": None, "r2_issued": None}, (f"{RESULT}.issued", "untold")),
    ({"r0_issued": "2026-11"}, (f"{RESULT}.issued", "told_time")),
    ({"r0_issued": "2026-11-24T07:00:00+01:00"}, (f"{RESULT}.issued", "before_collection")),
    ({"r2_identifier": None}, (f"{REPORT}.identifier", "untold")),
]


@pytest.mark.parametrize(("changes", "problem"), REFUSED)
def test_what_cannot_be_taken_is_told_by_its_path(changes, problem):
    assert problem in problems_of(written(bundle(**changes)))


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({**bundle(), "type": "searchset"}, ("Bundle.type", "fhir_bundle")),
        ({"resourceType": "Bundle", "type": "collection"}, ("Observation", "no_result")),
        (
            {"resourceType": "Bundle", "type": "batch", "entry": [{"request": {"method": "DELETE"}}]},
            ("Bundle.entry[0].request.method", "fhir_method"),
        ),
        ({"resourceType": "Bundle", "type": "batch", "entry": [1]}, ("Bundle.entry[0].resource", "fhir_resource")),
        ({"a": 1}, ("Resource", "fhir_resource")),
    ],
)
def test_what_brings_no_results_is_told(made, problem):
    assert problem in problems_of(written(made))


ENTITIES = b'<!DOCTYPE Bundle [<!ENTITY a "x"><!ENTITY b "&a;&a;">]>'
BOMB = ENTITIES + b'<Bundle xmlns="http://hl7.org/fhir"><id value="&b;"/></Bundle>'


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"resourceType":"Bund}', "fhir_json"),
        (b'{"resourceType":"Bundle","a":' + b"[" * 500 + b"]" * 500 + b"}", "fhir_json"),
        (b'{"resourceType":' + b"[" * 100_000, "fhir_json"),
        (BOMB, "fhir_xml"),
        (b'<Bundle xmlns="http://hl7.org/fhir">', "fhir_xml"),
        (b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a>" * 5_000, "fhir_xml"),
        (b'<Bundle xmlns="http://hl7.org/fhir">' + b"<a>" * 240 + b"</a>" * 240 + b"</Bundle>", "fhir_xml"),
        (b'<html a="http://hl7.org/fhir"/>', "markup"),
        (b"<html/>", "markup"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_for_its_cause(content, code):
    with pytest.raises(FileRefusedError) as refused:
        read(content)

    assert refused.value.code == code
    assert all((refused.value.message("fr"), refused.value.remedy("en")))


def test_a_bundle_beyond_all_measure_is_refused(monkeypatch):
    monkeypatch.setattr(fhir_tree, "LARGEST_BUNDLE", 1_000)

    for content in (written(bundle()), orjson.dumps(bundle(), option=orjson.OPT_INDENT_2), as_xml(bundle())):
        with pytest.raises(FileRefusedError, match="fhir_large"):
            read(content)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["code", "coding", "reference", "value", "identifier", "name", "system", "entry"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
ELEMENTS = sorted({name for entry in FHIR_BUNDLE["entry"] for name in entry["resource"]})


@given(st.integers(0, 5), st.sampled_from(ELEMENTS), JSON)
def test_whatever_an_element_holds_is_taken_or_told(place, element, content):
    for row in rows_of(written(bundle(**{f"r{place}_{element}": content}))):
        assert isinstance(row, ResultRow) or all(one.message("fr") and one.remedy("en") for one in row.problems)


@given(
    st.one_of(
        st.binary().map(lambda tail: b"{" + tail),
        st.text().map(lambda tail: f'<Bundle xmlns="http://hl7.org/fhir">{tail}'.encode(errors="replace")),
        JSON.map(orjson.dumps),
    )
)
@example(b'{"resourceType":"Bundle","type":"batch","entry":{"resource":{"resourceType":5}}}')
@example(b"[]")
@example(b"[{}]")
def test_whatever_comes_is_taken_or_refused_and_nothing_else_happens(data):
    refused = None
    try:
        rows_of(data)
    except FileRefusedError as error:
        refused = error
    assert refused is None or refused.message("en")


def test_no_refusal_repeats_a_value():
    for row in rows_of(written(bundle(r1_name=[{"family": "Do\ufffde", "given": ["Jane"]}], r1_birthDate="Jane"))):
        assert "Jane" not in repr(row)


def addressed(base: str, subject: str) -> dict[str, Any]:
    """Return the Bundle with its patient at a server's address, and a result that names a subject."""
    made = bundle(r0_subject={"reference": subject}, r2_subject=None)
    made["entry"][1]["fullUrl"] = f"{base}/Patient/p"
    return made


def test_the_same_number_on_another_server_is_somebody_else():
    here, there = "https://a.example/fhir", "https://b.example/fhir/Patient/p"

    assert one_row(written(addressed(here, f"{here}/Patient/p"))).patient.family_name == "Doe"
    assert (f"{RESULT}.subject", "fhir_reference") in problems_of(written(addressed(here, there)))


def test_a_number_that_two_people_have_names_neither():
    made = bundle()
    made["entry"].append(
        {"fullUrl": "urn:uuid:9", "resource": {**made["entry"][1]["resource"], "birthDate": "1970-01-01"}}
    )
    again = bundle()
    again["entry"].append(again["entry"][1])

    assert (f"{RESULT}.subject", "fhir_reference") in problems_of(written(made))
    assert one_row(written(again)).patient.family_name == "Doe"


@pytest.mark.parametrize(
    "said", [{"text": "Negative"}, {"coding": [{"code": "IND"}]}, coded("http://snomed.info/sct", "260415000")]
)
def test_an_interpretation_in_any_words_must_not_contradict_the_result(said):
    made = written(bundle(r0_interpretation=[said]))

    assert (f"{RESULT}.interpretation", "values_differ") in problems_of(made)


@pytest.mark.parametrize("status", ["x", "D", "W", "annulé", "Definitif"])
def test_a_status_of_files_and_of_hl7_is_none_of_fhir(status):
    assert problems_of(written(bundle(r0_status=status))) == [(f"{RESULT}.status", "told_status")]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"r1_birthDate": ["1980-02-29", "1979-01-01"]}, f"{PATIENT}.birthDate"),
        ({"r1_gender": ["female", "male"]}, f"{PATIENT}.gender"),
        ({"r1_name": [{"family": ["Doe", "Roe"], "given": ["Jane"]}]}, f"{PATIENT}.name.family"),
        ({"r0_issued": ["2026-11-24T08:45:00Z", "2026-11-24T08:50:00Z"]}, f"{RESULT}.issued"),
    ],
)
def test_what_stands_once_and_is_told_twice_is_refused(changes, path):
    assert (path, "several_values") in problems_of(written(bundle(**changes)))
    assert ("several_values") in [code for _, code in problems_of(as_xml(bundle(**changes)))]


@pytest.mark.parametrize(
    ("plain", "bad"),
    [
        (b'<status value="final"/>', b'<status value="final">cancelled</status>'),
        (b'<status value="final"/>', b'<status value="final"/>cancelled'),
        (b'<status value="final"/>', b'<status value="final" valeur="cancelled"/>'),
    ],
    ids=["text", "text beside", "attribute"],
)
def test_xml_that_says_more_than_fhir_reads_is_refused(plain, bad):
    with pytest.raises(FileRefusedError, match="fhir_xml"):
        read(as_xml(bundle()).replace(plain, bad, 1))


def test_what_a_bundle_and_its_requests_ask_beside_is_said():
    made = {**bundle(), "total": 9, "link": [{"relation": "next", "url": "http://x/2"}]}
    made["entry"][0]["request"] = {"method": "POST", "url": "Observation", "ifNoneExist": "identifier=1"}

    assert {"Bundle.total", "Bundle.link", "Bundle.entry.request.ifNoneExist"} <= set(read(written(made)).unread)


def test_a_member_that_json_names_twice_is_refused():
    twice = written(bundle()).replace(b'"gender":"female"', b'"gender":"male","gender":"female"')

    with pytest.raises(FileRefusedError) as refused:
        rows_of(twice)

    assert refused.value.code == "fhir_json"


def test_a_number_is_the_same_however_the_identifiers_are_ordered():
    told = [
        {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"},
        {"use": "secondary", "system": "urn:a", "value": "S"},
        {"type": {"coding": [{"code": "PLAC"}]}, "system": "urn:b", "value": "P"},
        {"system": "urn:z", "value": "F1"},
    ]

    for order in (told, told[::-1]):
        file = read(written(bundle(r2_identifier=order)))
        assert [row.accession for row in file if isinstance(row, ResultRow)] == ["F1"]
        assert sum("DiagnosticReport.identifier[" in one for one in file.not_kept) == 3


def test_a_number_that_ended_is_nobodys_and_what_is_left_of_a_name_is_told():
    phones = [
        {"system": "phone", "value": "205-999-2800", "period": {"end": "2020"}},
        {"system": "phone", "value": "205-999-2801", "rank": 2},
        {"system": "phone", "value": "TEL:205-999-2802", "rank": 1},
    ]
    names = [{"family": "Doe", "given": ["Jane"], "suffix": ["Jr"], "text": "Jane Doe Jr"}]
    homes = [{"text": "12 Oak Street, Birmingham", "country": "US"}]

    file = read(written(bundle(r1_telecom=phones, r1_name=names, r1_address=homes)))
    (row,) = [row for row in file if isinstance(row, ResultRow)]

    assert row.patient.phone == "+12059992802"
    left = {"Patient.telecom[0]", "Patient.telecom[1]", "Patient.name[0].suffix"}
    assert set(file.not_kept) == left


def one_named(reason: str) -> dict[str, Any]:
    absent = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": reason}
    return bundle(r1_name=[{"family": "Suharto", "_given": [{"extension": [absent]}]}])


def test_a_person_has_one_name_only_where_a_given_one_does_not_apply():
    told = one_named("not-applicable")
    as_told = copy.deepcopy(told)
    (name,) = as_told["entry"][1]["resource"]["name"]
    name["given"] = name.pop("_given")  # which XML knows no other name for

    for file in (written(told), as_xml(as_told)):
        assert (one_row(file).patient.family_name, one_row(file).patient.given_name) == ("Suharto", "")
        assert not [one for one in read(file).not_kept if "name" in one]
    for forgotten in (one_named("unknown"), bundle(r1_name=[{"family": "Suharto"}])):
        assert problems_of(written(forgotten)) == [(f"{PATIENT}.name[0].given", "told_given_names")]


NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
PERIODS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"period": {"start": "2020", "end": "9999-12-31"}}, True),
    ({"period": {"end": "2026"}}, True),
    ({"period": {"start": "2026-11-30", "end": "2026-11-30"}}, True),
    ({"period": {"start": "2026-11-30T12:00:00Z"}}, True),
    ({"period": {"end": "2026-11-28"}}, False),
    ({"period": {"end": "2026-10"}}, False),
    ({"period": {"end": "2026-11-30T12:59:59+01:00"}}, False),
    ({"period": {"start": "2026-12-02"}}, False),
    ({"period": {"start": "2027"}}, False),
    ({"period": {"start": "2026-11-30T13:00:01+01:00"}}, False),
    ({"period": {"end": "31/12/2027"}}, False),  # nobody can say when that is
    ({"period": {"end": "2026-11-31"}}, False),
    ({"use": "old"}, False),
    ({"use": "temp"}, False),
]
OTHERS = {
    "r1_name": [{"family": "Doe", "given": ["Jane"]}, {"family": "Roe", "given": ["Jane"]}],
    "r1_telecom": [{"system": "phone", "value": "205-999-2801"}, {"system": "phone", "value": "205-999-2802"}],
    "r1_address": [{"city": "Troy", "state": "AL"}, {"city": "Birmingham", "state": "AL"}],
    "r2_identifier": [{"value": "F1", "system": "urn:a"}, {"value": "F2", "system": "urn:b"}],
}


@pytest.mark.parametrize(("said", "is_current"), PERIODS)
def test_only_what_is_current_is_used_be_it_name_number_home_or_identifier(said, is_current):
    made = bundle(**{name: [{**one, **said}, other] for name, (one, other) in OTHERS.items()})

    with frozen_at(NOW):
        file = read(written(made))
        (row,) = [row for row in file if isinstance(row, ResultRow)]

    told = (row.patient.family_name, row.patient.phone, row.patient.address.city, row.accession)
    first, second = ("Doe", "+12059992801", "Troy", "F1"), ("Roe", "+12059992802", "Birmingham", "F2")
    assert told == (first if is_current else second)
    left = int(is_current)
    unused = {f"Patient.{name}[{left}]" for name in ("name", "telecom", "address")}
    assert set(file.not_kept) == {*unused, f"DiagnosticReport.identifier[{left}]"}


def test_names_numbers_and_homes_that_ended_or_are_of_work_stand_back():
    ended, patient = {"period": {"end": "2020-01-01"}}, FHIR_BUNDLE["entry"][1]["resource"]
    names = [{"use": "official", "family": "Old", "given": ["Jane"], **ended}, *patient["name"]]
    phones = [{"system": "phone", "use": "work", "value": "205-555-0100"}, *patient["telecom"]]
    homes = [
        {"use": "work", "city": "Troy", "state": "AL"},
        {"city": "Gone", "state": "AL", **ended},
        *patient["address"],
    ]

    row = one_row(written(bundle(r1_name=names, r1_telecom=phones, r1_address=homes)))

    assert (row.patient.family_name, row.patient.phone) == ("Doe", "+12059992800")
    assert row.patient.address.city == "Birmingham"
