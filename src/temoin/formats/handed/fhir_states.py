"""What the elements of foreign FHIR that change the meaning of their resource say of a result, value by value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from temoin.formats.handed.fhir_tree import Node, Placed, many, text
from temoin.formats.handed.told import ToldResult

# Of a value: the result is taken; the resource is not used, which is said; or the code by which the result is refused.
TAKEN, ASIDE = "", "aside"
# Refused unless the result is cancelled too; refused unless the result says nothing of the specimen.
_ENDED, _UNFIT = "status_differs", "specimen_unfit"

_ORDER = dict.fromkeys(("order", "original-order", "reflex-order", "filler-order", "instance-order"), TAKEN)
# Elements that change a meaning, as FHIR R4 names them, of the resources that are read: each with all of its values. Of
# what is lost since (`unavailable`, `inactive`) a result was made while it was there; of a report each result has a
# status of its own. `Observation.status` is the status of the result.
JUDGED: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "DiagnosticReport": {
        "status": {
            **dict.fromkeys(("partial", "preliminary", "final", "amended", "corrected", "appended", "unknown"), TAKEN),
            "registered": "not_final",
            "cancelled": _ENDED,
            "entered-in-error": _ENDED,
        },
    },
    "Composition": {
        "status": {"final": TAKEN, "amended": TAKEN, "preliminary": "not_final", "entered-in-error": _ENDED}
    },
    "Specimen": {
        "status": {"available": TAKEN, "unavailable": TAKEN, "unsatisfactory": _UNFIT, "entered-in-error": _ENDED}
    },
    "ServiceRequest": {
        "status": {
            **dict.fromkeys(("active", "completed", "unknown"), TAKEN),
            **dict.fromkeys(("draft", "on-hold"), ASIDE),
            **dict.fromkeys(("revoked", "entered-in-error"), _ENDED),
        },
        "intent": {**_ORDER, **dict.fromkeys(("proposal", "plan", "directive", "option"), ASIDE)},
        "doNotPerform": {"false": TAKEN, "true": _ENDED},
    },
    "Device": {"status": {"active": TAKEN, "inactive": TAKEN, "unknown": TAKEN, "entered-in-error": _ENDED}},
    "Patient": {"active": {"true": TAKEN, "false": "not_in_use"}},
    "Organization": {"active": {"true": TAKEN, "false": "not_in_use"}},
    "PractitionerRole": {"active": {"true": TAKEN, "false": ASIDE}},
    "Practitioner": {"active": {"true": TAKEN, "false": ASIDE}},
}


def put_aside(placed: Placed) -> str:
    """Return why a resource is not used, as element and value; "" where it is."""
    told = ((name, _value(placed.node, name), known) for name, known in JUDGED.get(placed.kind, {}).items())
    return next((f"{placed.kind}.{name} {value}" for name, value, known in told if known.get(value) == ASIDE), "")


def judge_states(told: ToldResult, used: Iterable[Placed]) -> None:
    """Refuse a result by what the resources that it is read from say of themselves."""
    for placed in used:
        for name, code in _problems(placed):
            is_told = {_ENDED: not told.is_cancelled, _UNFIT: told.is_read}.get(code, True)
            if is_told:
                told.refuse(f"{placed.path}.{name}", code)


def _problems(placed: Placed) -> Iterator[tuple[str, str]]:
    for name, known in JUDGED.get(placed.kind, {}).items():
        if many(placed.node, name) and (code := known.get(_value(placed.node, name), "state")):
            yield name, code
    if placed.kind == "Patient" and any(text(one, "type") == "replaced-by" for one in many(placed.node, "link")):
        yield "link", "not_in_use"


def _value(node: Node, name: str) -> str:
    """Return a code, or a truth as JSON or XML writes it."""
    found = next(iter(many(node, name)), "")
    return str(found).lower() if isinstance(found, bool) else text(node, name)
