"""Each rule of the authority, broken one at a time in a document that is otherwise right."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_documents import concept, copy_of, document, moment, resource_of

from temoin_sandbox.codes import has_finess_key, is_ins, is_loinc, is_snomed, read_date_time
from temoin_sandbox.issues import RULES, is_refused
from temoin_sandbox.outcomes import OUTCOMES
from temoin_sandbox.validate import validate

Damage = Callable[[dict[str, Any]], object]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 when it runs, not when it was read: a long suite is minutes later


def issues_of(bundle: dict[str, Any], expected: str = "") -> dict[str, str]:
    return {issue.rule: issue.severity for issue in validate(bundle, expected, _now())}


def put(name: str, /, **values: Any) -> Damage:
    return lambda bundle: resource_of(bundle, name).update(values)


def drop(name: str, *elements: str) -> Damage:
    return lambda bundle: [resource_of(bundle, name).pop(element) for element in elements]


def remove(name: str) -> Damage:
    return lambda bundle: bundle["entry"].remove(
        next(e for e in bundle["entry"] if e["resource"]["resourceType"] == name)
    )


def repeat(name: str) -> Damage:
    def damage(bundle: dict[str, Any]) -> None:
        entry = copy_of(next(e for e in bundle["entry"] if e["resource"]["resourceType"] == name))
        bundle["entry"].append({**entry, "fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001"})

    return damage


def add_maker() -> Damage:
    maker = {"resourceType": "Organization", "name": "Fabricant"}
    entry = {"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001", "resource": maker}
    return lambda bundle: bundle["entry"].append(copy_of(entry))


def ids(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"system": system, "value": value} for system, value in pairs]


INS = "urn:oid:1.2.250.1.213.1.4."
FINESS = "https://finess.esante.gouv.fr"
RPPS = "https://rpps.esante.gouv.fr"

ERRORS: list[tuple[str, Damage]] = [
    ("bundle-type", lambda b: b.update(type="collection")),
    ("bundle-identifier", lambda b: b.pop("identifier")),
    ("bundle-identifier", lambda b: b.update(identifier={"value": "x"})),
    ("bundle-timestamp", lambda b: b.pop("timestamp")),
    ("bundle-timestamp", lambda b: b.update(timestamp="2024-01-01")),
    ("bundle-search-parts", lambda b: b.update(total=1)),
    ("bundle-search-parts", lambda b: b["entry"][1].update(request={"method": "POST"})),
    ("date-future", lambda b: b.update(timestamp=moment(days=-1))),
    ("date-future", put("Observation", effectiveDateTime=moment(hours=-1))),
    ("date-future", put("Composition", date=moment(hours=-1))),
    ("date-future", put("DiagnosticReport", issued=moment(hours=-1))),
    ("date-future", put("Specimen", collection={"collectedDateTime": moment(hours=-1)})),
    ("date-future", put("Patient", birthDate="2999-01-01")),
    ("date-format", put("Patient", birthDate="28/03/1979")),
    ("date-format", put("Observation", effectiveDateTime="2024-01-01T10:00:00")),
    ("date-format", put("Patient", birthDate="1979-02-30")),
    ("entry-resource", lambda b: b["entry"].append({"fullUrl": "urn:uuid:00000000-0000-4000-8000-000000000001"})),
    ("full-url", lambda b: b["entry"][5].update(fullUrl="http://example.org/Device/1")),
    ("full-url", lambda b: b["entry"][5].pop("fullUrl")),
    ("full-url-unique", lambda b: b["entry"].append(b["entry"][5])),
    ("reference-unresolved", put("Observation", specimen={"reference": "Specimen/1"})),
    ("reference-unresolved", remove("Device")),
    ("narrative", put("Patient", text={"status": "generated", "div": "<div><SCRIPT>x</SCRIPT></div>"})),
    ("narrative", put("Patient", text={"status": "generated", "div": "words"})),
    ("json-empty", put("Patient", telecom=[])),
    ("json-empty", put("Patient", deceasedBoolean=None)),
    ("json-empty", put("Patient", telecom=[{"value": ""}])),
    ("composition-first", lambda b: b["entry"].reverse()),
    ("composition-first", lambda b: b.pop("entry")),
    ("composition-one", remove("Composition")),
    ("composition-one", repeat("Composition")),
    ("composition-status", put("Composition", status="preliminary")),
    ("composition-identifier", drop("Composition", "identifier")),
    ("composition-type", put("Composition", type=concept("http://loinc.org", "11502-3"))),
    ("composition-date", drop("Composition", "date")),
    ("composition-author", drop("Composition", "author")),
    ("composition-title", put("Composition", title=" ")),
    ("composition-section", drop("Composition", "section")),
    ("composition-report", drop("Composition", "extension")),
    (
        "amended-without-former",
        lambda b: [put("Composition", status="amended")(b), put("DiagnosticReport", status="amended")(b)],
    ),
    ("status-inconsistent", put("DiagnosticReport", status="corrected")),
    ("report-one", remove("DiagnosticReport")),
    ("report-one", repeat("DiagnosticReport")),
    ("report-status", put("DiagnosticReport", status="partial")),
    ("report-type", put("DiagnosticReport", code=concept("http://loinc.org", "96173-0"))),
    ("report-category", put("DiagnosticReport", category=[concept("http://loinc.org", "26436-6")])),
    ("report-identifier", put("DiagnosticReport", identifier=ids(("a", "b")))),
    ("subject", put("DiagnosticReport", subject={"display": "somebody"})),
    ("subject", drop("Composition", "subject")),
    ("subject", drop("Observation", "subject")),
    ("subject", put("Specimen", subject={"display": "somebody"})),
    ("patient-one", remove("Patient")),
    ("patient-one", repeat("Patient")),
    ("patient-identifier", drop("Patient", "identifier")),
    ("patient-ins", put("Patient", identifier=ids((f"{INS}8", "295109912611199")))),
    ("patient-name", put("Patient", name=[{"family": "A"}])),
    ("patient-name", put("Patient", name="A B")),
    ("patient-gender", put("Patient", gender="F")),
    ("patient-birth-date", drop("Patient", "birthDate")),
    ("practitioner-name", drop("Practitioner", "name")),
    ("practitioner-identifier", put("Practitioner", identifier=ids((RPPS, "123")))),
    ("practitioner-identifier", put("Practitioner", identifier=ids(("urn:oid:1.2.250.1.71.4.2.1", "10003879623")))),
    ("organization-finess", drop("Organization", "identifier")),
    ("organization-finess", put("Organization", identifier=ids((FINESS, "75071218")))),
    ("organization-finess", remove("Organization")),
    ("device-missing", remove("Device")),
    ("device-identity", drop("Device", "manufacturer")),
    ("device-identity", drop("Device", "lotNumber", "modelNumber")),
    ("specimen-missing", remove("Specimen")),
    ("specimen-type", put("Specimen", type=concept("http://snomed.info/sct", "258500002"))),
    ("specimen-type", put("Specimen", type={"text": "nose"})),
    ("observation-missing", remove("Observation")),
    ("observation-orphan", lambda b: [drop("DiagnosticReport", "result")(b), put("Composition", section=[])(b)]),
    ("observation-status", put("Observation", status="preliminary")),
    ("observation-category", put("Observation", category=[concept("x", "laboratory")])),
    ("observation-code", put("Observation", code=concept("http://loinc.org", "94558-5"))),
    ("observation-code", put("Observation", code={"text": "test"})),
    ("observation-effective", drop("Observation", "effectiveDateTime")),
    ("observation-performer", drop("Observation", "performer")),
    ("observation-value", drop("Observation", "valueCodeableConcept")),
    ("observation-value", put("Observation", valueCodeableConcept=concept("http://snomed.info/sct", "112144000"))),
    ("observation-value", put("Observation", valueString="positif")),
    ("observation-value", put("Observation", component=[{"code": concept("http://loinc.org", "94558-4")}])),
    (
        "observation-value",
        lambda b: [
            drop("Observation", "valueCodeableConcept")(b),
            put("Observation", valueQuantity={"value": True})(b),
        ],
    ),
]


@pytest.mark.parametrize(("rule", "damage"), ERRORS, ids=[f"{n}-{rule}" for n, (rule, _) in enumerate(ERRORS)])
def test_one_damage_is_refused_by_its_name(rule, damage):
    bundle = document()

    damage(bundle)

    assert issues_of(bundle).get(rule) == "error"


WARNINGS: list[tuple[str, Damage]] = [
    ("bundle-profile", lambda b: b.pop("meta")),
    ("practitioner-unidentified", drop("Practitioner", "identifier")),
    ("check-digit", put("Practitioner", identifier=ids((RPPS, "10003879624")))),
    ("check-digit", put("Organization", identifier=ids((FINESS, "750712185")))),
    ("organization-unidentified", add_maker()),
    ("observation-device", drop("Observation", "device")),
]


@pytest.mark.parametrize(("rule", "damage"), WARNINGS)
def test_a_doubt_is_told_but_not_refused(rule, damage):
    bundle = document()

    damage(bundle)

    assert issues_of(bundle) == {rule: "warning"}


ACCEPTED: list[Damage] = [
    lambda b: None,
    put("Patient", identifier=ids((f"{INS}10", "279035121518989"))),
    put("Patient", identifier=[{"system": f"{INS}8", "value": "1", "type": concept("v2", "NH")}]),
    lambda b: [drop("Device", "manufacturer")(b), put("Device", udiCarrier=[{"carrierAIDC": "MDE="}])(b)],
    put("Composition", relatesTo=[{"code": "appends", "targetIdentifier": {"system": "a", "value": "b"}}]),
    put("Organization", identifier=ids(("urn:oid:1.2.250.1.71.4.2.2", "1750712184"))),
    lambda b: [drop("Device", "manufacturer")(b), put("Device", udiCarrier=[{"carrierHRF": "(01)00686597200018"}])(b)],
    lambda b: [
        drop("Observation", "valueCodeableConcept")(b),
        put("Observation", valueQuantity={"value": 5.5, "system": "http://unitsofmeasure.org", "code": "mmol/L"})(b),
    ],
    lambda b: [
        drop("Observation", "valueCodeableConcept")(b),
        put(
            "Observation", dataAbsentReason=concept("http://terminology.hl7.org/CodeSystem/data-absent-reason", "error")
        )(b),
    ],
    lambda b: [
        drop("Observation", "effectiveDateTime")(b),
        put("Observation", effectivePeriod={"start": "2024-01-01"})(b),
    ],
    lambda b: b["entry"][0]["resource"]["section"].__setitem__(
        0, {"section": b["entry"][0]["resource"]["section"][:1]}
    ),
]


@pytest.mark.parametrize("change", ACCEPTED)
def test_what_is_right_passes_without_a_word(change):
    bundle = document()

    change(bundle)

    assert issues_of(bundle) == {}


def test_the_key_of_the_document_must_be_the_key_of_the_request():
    bundle = document("one")

    assert issues_of(bundle, f"{bundle['identifier']['system']}|two") == {"bundle-identifier-mismatch": "error"}


def test_an_amended_document_passes_and_a_withdrawn_one_needs_no_value():
    amended = document(replaces="former")
    put("DiagnosticReport", status="cancelled")(amended)
    put("Observation", status="cancelled")(amended)
    drop("Observation", "valueCodeableConcept")(amended)

    assert issues_of(amended) == {}


def test_a_document_cannot_replace_itself():
    assert issues_of(document("same", replaces="same")) == {"former-itself": "error"}


def test_an_identity_without_a_status_raises_no_doubt():
    bundle = document()
    url = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
    extensions = [{"url": "other"}, {"url": url, "extension": [{"url": "comment"}]}]
    put("Patient", identifier=ids((f"{INS}8", "279035121518989")), extension=extensions)(bundle)

    assert issues_of(bundle) == {}


@pytest.mark.parametrize(("status", "told"), [("VALI", {"patient-ins-unqualified": "warning"}), ("QUAL", {})])
def test_a_real_matricule_is_expected_of_a_qualified_identity_only(status, told):
    bundle = document()
    reliability = {"url": "identityStatus", "valueCoding": {"code": status}}
    url = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
    put(
        "Patient", identifier=ids((f"{INS}8", "279035121518989")), extension=[{"url": url, "extension": [reliability]}]
    )(bundle)

    assert issues_of(bundle) == told


def test_every_rule_is_tested_or_belongs_to_the_door():
    tested = {rule for rule, _ in ERRORS + WARNINGS} | {"bundle-identifier-mismatch", "former-itself"}
    door = {
        "json-malformed",
        "resource-type",
        "content-type",
        "accept",
        "search-parameter",
        "if-none-exist",
        "several-matches",
        "not-found",
        "method",
        "too-large",
        "request",
        "accepted",
        "json-deep",
        "former-unknown",
        "patient-ins-unqualified",
    }

    assert set(RULES) == tested | door | {rule for rule in RULES if rule.startswith("fault-")}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(0, 7), st.data(), ANYTHING)
def test_any_value_anywhere_never_breaks_the_validator(index, data, value):
    bundle = document()
    resource = bundle["entry"][index]["resource"]
    resource[data.draw(st.sampled_from(sorted(resource)))] = value

    is_refused(validate(bundle, "", _now()))


@given(ANYTHING)
def test_any_entries_never_break_the_validator(value):
    assert is_refused(validate({"resourceType": "Bundle", "entry": value}, "", _now()))


@pytest.mark.parametrize("code", ["94558-4", "80382-5", "80383-3", "78012-2", "5799-2", "5802-4", "18725-2", "96173-0"])
def test_loinc_codes_in_use_have_a_right_key(code):
    assert is_loinc(code)
    assert not is_loinc(code[:-1] + str((int(code[-1]) + 1) % 10))


@pytest.mark.parametrize("code", [*OUTCOMES, "258500001", "461911000124106", "119342007", "122575003"])
def test_snomed_codes_in_use_have_a_right_key(code):
    assert is_snomed(code)
    assert not is_snomed(code[:-1] + str((int(code[-1]) + 1) % 10))


@pytest.mark.parametrize(
    ("number", "right"),
    [
        ("279035121518989", True),
        ("253072B07300470", True),
        ("253072A07300443", True),
        ("295109912611193", True),
        ("295109912611199", False),
        ("253072C07300443", False),
        ("27903512151898", False),
        ("2790351215189٣٣", False),
    ],
)
def test_ins_numbers_are_checked_by_their_key(number, right):
    assert is_ins(number) is right


@pytest.mark.parametrize("number", ["750712184", "690781810", "2A0000014", "2B0000020"])
def test_known_finess_numbers_have_a_right_key(number):
    assert has_finess_key(number)


@pytest.mark.parametrize("value", ["", "2024-1-1", "20240101", "2024-01-01T10:00Z", "2024-01-01\n", "٢٠٢٤", 5, None])
def test_malformed_dates_are_not_read(value):
    assert read_date_time(value) is None
