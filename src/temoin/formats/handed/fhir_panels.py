"""Foreign Observations that are not one result each: a result for each component, and panels of other Observations.

A component shares everything with its Observation but code, value and interpretation (FHIR R4, 10.1.3). A member of a
panel stands for itself: of its panel it takes the report that names the panel, and what the panel says against it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from temoin.formats.handed.fhir_resources import Resources
from temoin.formats.handed.fhir_tree import MOST_ALIKE, Placed, many, text
from temoin.formats.handed.hl7 import Passed
from temoin.formats.handed.told import ToldResult

_OF_COMPONENT = frozenset({"code", "interpretation", "id"})
_OF_PANEL = frozenset({"status", "code", "subject", "category", "hasMember"})
_STATUSES = frozenset({"registered", "preliminary", "final", "amended", "corrected", "unknown", ""})
_ENDED = frozenset({"cancelled", "entered-in-error"})


def has_value(placed: Placed) -> bool:
    return any(name.startswith("value") for name in placed.node)


def is_panel(observation: Placed) -> bool:
    """Tell whether an Observation only holds others together."""
    holds = {name for name in ("component", "hasMember") if many(observation.node, name)}
    return holds == {"hasMember"} and not has_value(observation)


@dataclass(frozen=True, slots=True)
class ResultPart:
    """Where one result stands: test and value in `at`, all else in the Observation; and the panels over it."""

    observation: Placed
    at: Placed
    over: list[Placed]

    @property
    def name(self) -> str:
        """Return what holds the result, as FHIR calls it."""
        return "Observation" if self.at is self.observation else "Observation.component"


def parts_of(observation: Placed, over: list[Placed]) -> list[ResultPart]:
    """Return where the results of an Observation stand: in itself, in each of its components, or in both."""
    found = [
        Placed(f"{observation.path}.component[{place}]", one if isinstance(one, dict) else {})
        for place, one in enumerate(many(observation.node, "component"))
    ]
    if not found or has_value(observation):
        found = [observation, *found]
    return [ResultPart(observation, one, over) for one in found]


@dataclass(slots=True)
class Panels:
    """Which panels name an Observation, and the references of panels that lead nowhere."""

    over: dict[str, list[Placed]] = field(default_factory=dict)  # by the path of a member
    lost: list[str] = field(default_factory=list)

    def all_over(self, member: Placed) -> list[Placed]:
        """Return every panel over a member, the nearest first; one that holds itself is there once."""
        found: dict[str, Placed] = {}
        waiting = [member]
        for each in waiting:
            new = [one for one in self.over.get(each.path, ()) if one.path not in found]
            found |= {one.path: one for one in new}
            waiting += new
            if len(found) > MOST_ALIKE:
                break
        return list(found.values())


def find_panels(resources: Resources) -> Panels:
    """Return the panels of what was sent; a member that is contained in its panel becomes a result too."""
    panels, known = Panels(), {one.path for one in resources.placed}
    waiting = [one for one in resources.of("Observation") if many(one.node, "hasMember")]
    for panel in waiting:
        for place, reference in enumerate(many(panel.node, "hasMember")):
            member = resources.at(reference, panel) if isinstance(reference, dict) else None
            if member is None or member.kind != "Observation":
                panels.lost.append(f"{panel.path}.hasMember[{place}]")
                continue
            panels.over.setdefault(member.path, []).append(panel)
            if member.path not in known:
                known.add(member.path)
                resources.placed.append(member)
                waiting += [member] if many(member.node, "hasMember") else []
    return panels


def judge_panels(told: ToldResult, over: list[Placed]) -> None:
    """Refuse a result that a panel over it takes back, or that stands in more of them than are looked through."""
    for panel in over:
        status = text(panel.node, "status")
        if status not in _STATUSES | _ENDED:
            told.refuse(f"{panel.path}.status", "state")
        elif status in _ENDED and not told.is_cancelled:
            told.refuse(f"{panel.path}.status", "status_differs")
    if len(over) > MOST_ALIKE:
        told.refuse(f"{over[0].path}.hasMember", "several_values")


def note_left(observation: Placed, read: frozenset[str], passed: Passed) -> None:
    """Note what of components is not read, and what of a panel, or of one with components alone, no result keeps."""
    for component in many(observation.node, "component"):
        names = component if isinstance(component, dict) else {}
        others = (name for name in names if name not in _OF_COMPONENT and not name.startswith("value"))
        passed.unread |= dict.fromkeys(
            f"Observation.component.{name}" for name in others if name.isascii() and name.isalnum()
        )
    if is_panel(observation):
        left = (name for name in observation.node if name in read - _OF_PANEL)
        passed.not_kept |= dict.fromkeys(f"Observation.{name} (hasMember)" for name in left)
    elif (
        many(observation.node, "component") and not has_value(observation) and many(observation.node, "interpretation")
    ):
        passed.not_kept["Observation.interpretation (component)"] = None
