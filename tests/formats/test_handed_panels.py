"""Foreign Observations with components, and panels of others: each result is read, or refused by its element."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from handed_messages import FHIR_BUNDLE, as_xml, problems_of, read, rows_of
from hypothesis import given
from hypothesis import strategies as st
from strategies import examples

from temoin.formats.csv.rows import ResultRow

LOINC, SNOMED, NAMES = "http://loinc.org", "http://snomed.info/sct", "Sofia 2 Flu + SARS Antigen FIA"
COVID, FLU_A, FLU_B = "97097-0", "80382-5", "80383-3"
POSITIVE, NEGATIVE = "10828004", "260385009"
RESULT = "Bundle.entry[0].resource"


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def component(loinc: str, outcome: str, **more: Any) -> dict[str, Any]:
    return {"code": coded(LOINC, loinc), "valueCodeableConcept": coded(SNOMED, outcome), **more}


def combined(*components: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a Bundle whose one Observation has components, and nothing else of a result but what `changes` give it."""
    made = copy.deepcopy(FHIR_BUNDLE)
    observation, *_, device = (entry["resource"] for entry in made["entry"])
    del observation["valueCodeableConcept"]
    observation |= {"code": coded(LOINC, "95941-1"), "component": list(components), **changes}
    device["deviceName"][0]["name"] = NAMES
    return made


def panel(*members: dict[str, Any], contained: bool = False, **changes: Any) -> dict[str, Any]:
    """Return a Bundle whose report names a panel alone, which names its members, in it or beside it."""
    made = combined()
    whole = made["entry"][0]["resource"]
    del whole["component"]
    shared = {name: whole[name] for name in ("status", "subject", "issued", "performer", "specimen", "device")}
    found = [{"resourceType": "Observation", "id": f"m{place}", **shared, **one} for place, one in enumerate(members)]
    named = "#" if contained else "Observation/"
    whole |= {"hasMember": [{"reference": f"{named}{one['id']}"} for one in found]}
    if contained:
        whole["contained"] = found
    else:
        made["entry"] += [{"resource": one} for one in found]
    for name in ("note", "specimen", "device", "performer"):
        whole.pop(name, None)
    whole |= changes
    return made


def told(made: Any) -> list[tuple[str, str, str]]:
    """Return number, test and outcome of each result."""
    rows = rows_of(orjson.dumps(made))
    assert all(isinstance(row, ResultRow) for row in rows), rows
    return [(row.accession, row.device.loinc.code, row.outcome) for row in rows]


def test_each_component_is_a_result_of_its_own():
    made = combined(component(COVID, POSITIVE), component(FLU_A, NEGATIVE), component(FLU_B, NEGATIVE))

    expected = [("F1", COVID, "positive"), ("F1", FLU_A, "negative"), ("F1", FLU_B, "negative")]
    assert told(made) == expected
    assert [(row.accession, row.device.loinc.code, row.outcome) for row in rows_of(as_xml(made))] == expected


def test_an_observation_with_a_value_too_is_a_result_beside_its_components():
    made = combined(component(FLU_A, NEGATIVE), code=coded(LOINC, COVID), valueCodeableConcept=coded(SNOMED, POSITIVE))

    assert told(made) == [("F1", COVID, "positive"), ("F1", FLU_A, "negative")]


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (component("883-9", POSITIVE), ("code", "unknown_test")),
        ({**component(FLU_A, POSITIVE), "code": coded("urn:own", "A")}, ("code", "test_system")),
        ({"valueCodeableConcept": coded(SNOMED, POSITIVE)}, ("code", "untold")),
        ({"code": coded(LOINC, FLU_A)}, ("valueCodeableConcept", "untold")),
        ({"code": coded(LOINC, FLU_A), "valueQuantity": {"value": 3}}, ("valueQuantity", "not_a_word")),
        (component(FLU_A, POSITIVE, interpretation=[coded("x", "NEG")]), ("interpretation", "values_differ")),
        (component(COVID, NEGATIVE), ("code", "told_twice")),
        ("x", ("code", "untold")),
    ],
)
def test_a_component_that_cannot_be_taken_is_told_by_its_path(wrong, problem):
    place, code = problem
    made = combined(component(COVID, POSITIVE), wrong)

    assert (f"{RESULT}.component[1].{place}", code) in problems_of(orjson.dumps(made))


def test_what_no_result_keeps_of_components_is_said():
    made = combined(
        component(COVID, POSITIVE, referenceRange=[{"text": "x"}]),
        {"code": coded(LOINC, "94746-5"), "valueQuantity": {"value": 21}},
        interpretation=[coded("x", "A")],
    )

    file = read(orjson.dumps(made))
    rows = list(file)

    assert [row.device.loinc.code for row in rows] == [COVID]
    assert "Observation.component.referenceRange" in file.unread
    assert {"Observation.component 94746-5", "Observation.interpretation (component)"} <= set(file.not_kept)


@pytest.mark.parametrize("contained", [False, True])
def test_the_members_of_a_panel_are_results_under_the_number_of_its_report(contained: bool):
    made = panel(component(COVID, POSITIVE), component(FLU_A, NEGATIVE), contained=contained)

    assert told(made) == [("F1", COVID, "positive"), ("F1", FLU_A, "negative")]


def test_a_panel_of_panels_that_holds_itself_is_read_once():
    made = panel(component(COVID, POSITIVE), {"hasMember": [{"reference": "Observation/o"}]})

    assert told(made) == [("F1", COVID, "positive")]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"status": "entered-in-error"}, (f"{RESULT}.status", "status_differs")),
        ({"status": "done"}, (f"{RESULT}.status", "state")),
        ({"subject": {"reference": "Patient/x"}}, (f"{RESULT}.subject", "fhir_reference")),
        ({"hasMember": [{"reference": "Observation/lost"}]}, (f"{RESULT}.hasMember[0]", "fhir_reference")),
        ({"hasMember": ["x"]}, (f"{RESULT}.hasMember[0]", "fhir_reference")),
    ],
)
def test_what_a_panel_says_against_its_members_refuses_them(changes: dict[str, Any], problem):
    assert problem in problems_of(orjson.dumps(panel(component(COVID, POSITIVE), **changes)))


def test_what_is_told_of_a_panel_alone_is_said_as_not_kept():
    file = read(orjson.dumps(panel(component(COVID, POSITIVE), note=[{"text": "x"}])))

    assert len(list(file)) == 1
    assert "Observation.note (hasMember)" in file.not_kept


@examples(40)
@given(
    st.lists(st.tuples(st.sampled_from([COVID, FLU_A, FLU_B]), st.booleans()), min_size=1, unique_by=lambda one: one[0])
)
def test_components_members_and_plain_observations_tell_the_same(results: list[tuple[str, bool]]):
    parts = [component(loinc, POSITIVE if is_found else NEGATIVE) for loinc, is_found in results]

    assert told(combined(*parts)) == told(panel(*parts)) == told(panel(*parts, contained=True))
    assert [(code, word == "positive") for _number, code, word in told(combined(*parts))] == results
