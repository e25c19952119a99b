"""A patient's own form as the counter sees it: the fields of a new patient, filled in, and likely records beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from temoin.arrivals.filled import FilledForm
from temoin.arrivals.queries import waiting_arrivals
from temoin.catalogue.kinds import load_kinds
from temoin.lib.days import read_day
from temoin.lib.errors import Problem
from temoin.lib.phones import region_of_postcode
from temoin.lib.zones import age_on
from temoin.patients.notice import CURRENT_NOTICE
from temoin.patients.queries import Found
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.web.fields import Field, Typed
from temoin.web.patient_facts import Fact, patient_facts
from temoin.web.patient_form import patient_groups
from temoin.web.question_forms import PREFIX, fields_of_kind
from temoin.web.record_forms import CONSENT, kind_field
from temoin.web.times import page_today

_NUMBER = re.compile("[1-9][0-9]{2,3}")  # of the queue, or of an appointment
_DOCUMENT = "identity_status"  # said by the button that accepts: a document was compared, or none was


@dataclass(frozen=True)
class AlikePerson:
    """A record that may be the person's: what it says, and in what the form says something else."""

    patient_id: UUID
    traits: Traits
    seen: str
    differing: list[tuple[Fact, str]]


def values_of(filled: FilledForm) -> dict[str, str]:
    """Return what the patient wrote as the fields of the page hold it."""
    answers = {f"{PREFIX}{name}": value for name, value in filled.answers.items()}
    consent = filled.notice if filled.notice == CURRENT_NOTICE else ""
    return {**filled.traits, **answers, "kind": filled.kind, "consent": consent}


def named_arrival(seat: Seat, text: str) -> UUID | None:
    """Return the form that waits with a number typed at the counter; None where the text is none, or nobody waits."""
    if not _NUMBER.fullmatch(text.strip()) or not has_right(by=seat, right=Right.REGISTER_TEST):
        return None
    return next((one.id for one in waiting_arrivals(by=seat) if one.number == int(text)), None)


def arrival_fields(
    request: HttpRequest, seat: Seat, values: Mapping[str, Any], problems: Sequence[Problem]
) -> dict[str, Any]:
    """Return the fields of the page in their groups."""
    typed = Typed(values, problems)
    groups = [(title, _shown(fields)) for title, fields in patient_groups(values, problems)]
    return {
        "groups": groups,
        "kind_field": kind_field(request, seat, typed),
        "questions": _questions(typed),
        "consent": typed("consent", CONSENT, "checkbox", required=True),
        "notice": CURRENT_NOTICE,
    }


def alike_people(near: Iterable[Found], traits: Traits | None) -> list[AlikePerson]:
    """Return the likely records, each with the facts that the form tells otherwise."""
    if traits is None:
        return []
    return [AlikePerson(patient_id, known, known.seen_version, _differing(known, traits)) for patient_id, known in near]


def region_of(seat: Seat) -> str:
    """Return the numbering plan in which people at this counter say their numbers."""
    return region_of_postcode(pharmacy_of(seat).postcode)


def _shown(fields: Iterable[Field]) -> list[Field]:
    return [field for field in fields if field.name != _DOCUMENT]


def _questions(typed: Typed) -> list[Field]:
    kind = load_kinds().get(typed.values.get("kind", ""))
    try:
        age = age_on(page_today(), read_day(typed.values.get("birth_date", "")))
    except ValueError:
        age = -1
    return fields_of_kind(kind, age, typed.values.get("sex", ""), typed) if kind and age >= 0 else []


def _differing(known: Traits, given: Traits) -> list[tuple[Fact, str]]:
    """Return what the record says beside what the form says, where the two differ; a form may leave things out."""
    told = {fact.label: fact.said for fact in patient_facts(given)}
    facts = [fact for fact in patient_facts(known) if fact.label in told and told[fact.label] != fact.said]
    new = [Fact(label, "–") for label in told if label not in {fact.label for fact in patient_facts(known)}]
    return [(fact, str(told[fact.label])) for fact in (*facts, *new)]
