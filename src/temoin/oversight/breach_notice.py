"""What the controller must tell of a breach: facts counted here, and French words for the CNIL's form and for persons.

What nobody but people can know stands as a gap between brackets: cause, measures, risk. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import resources

from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.lib.clock import now
from temoin.lib.countries import country_abroad
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import wall_clock
from temoin.oversight.concerned import Extent, count_persons, searches_of
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.policies import Holder
from temoin.testing.models import Record

# What a letter calls the traits of a person; it says nothing of a category of which nothing is held.
DATA: Mapping[str, tuple[str, ...]] = {
    "votre nom": ("birth_family_name", "birth_given_names", "used_family_name", "used_given_name"),
    "votre sexe": ("sex",),
    "votre date de naissance": ("birth_date",),
    "votre lieu de naissance": ("birth_place",),
    "votre numéro de sécurité sociale (NIR)": ("nir",),
    "votre téléphone": ("phone",),
    "votre adresse e-mail": ("email",),
    "la langue dans laquelle vous écrire": ("language",),
    "comment vous souhaitez recevoir vos résultats": ("way", "way_text"),
    "votre adresse": ("street", "postcode", "city", "county", "state"),
    "le nom et les coordonnées de votre médecin traitant": (
        "doctor_family_name",
        "doctor_given_name",
        "doctor_rpps",
        "doctor_mailbox",
        "doctor_copy",
    ),
}


@dataclass(frozen=True)
class BreachFacts:
    """What is known here of a breach in one pharmacy."""

    pharmacy: Pharmacy
    extent: Extent
    at: datetime
    persons: int
    tests: int
    searches: int  # of the period, of which nobody can say whom they showed
    erased: int  # patients deleted since the breach began


def breach_facts(*, by: Holder, pharmacy: Pharmacy, extent: Extent) -> BreachFacts:
    """Count what is known: identifiers and times, of which no key opens anything."""
    persons = count_persons(by=by, extent=extent)
    with tenant_scope(by.pharmacy_id):
        erased = Event.objects.filter(kind=EventKind.PATIENT_ERASED.value)
        if extent.since is not None:
            erased = erased.filter(at__gte=extent.since)
        return BreachFacts(
            pharmacy=pharmacy,
            extent=extent,
            at=now(),
            persons=persons,
            tests=Record.objects.count(),
            searches=searches_of(extent),
            erased=erased.count(),
        )


def notice_text(facts: BreachFacts) -> str:
    """Return what the form of the CNIL asks, in its order, as far as it is known here."""
    limits = _counted("searches", facts.searches) + _counted("erased", facts.erased)
    return _words("notice").format(**_told(facts), persons=facts.persons, tests=facts.tests, limits=limits)


def letter_text(facts: BreachFacts, traits: Traits) -> str:
    """Return the letter to a person, whose gaps the owner fills in; it names what is held of this person."""
    town = "\n".join(filter(None, [f"{traits.postcode} {traits.city}".strip(), country_abroad(traits.country, "fr")]))
    held = [words for words, fields in DATA.items() if any(getattr(traits, field) for field in fields)]
    data = "\n".join(f"– {words}" for words in held)
    return _words("letter").format(**_told(facts), name=traits.name, street=traits.street, town=town, data=data)


def _counted(name: str, count: int) -> str:
    """Return a sentence about so many; "" about none."""
    if not count:
        return ""
    return _words(name).format(count=count) if count > 1 else _words(f"{name}_one")


def _words(name: str) -> str:
    """Return French words with gaps for what is known; what stands between brackets is for people to fill in."""
    return resources.files("temoin.oversight").joinpath("words", f"breach_{name}.txt").read_text("utf-8")


def _told(facts: BreachFacts) -> dict[str, str]:
    pharmacy = facts.pharmacy
    return {
        "pharmacy": pharmacy.name,
        "finess": pharmacy.finess,
        "address": f"{pharmacy.street}, {pharmacy.postcode} {pharmacy.city}",
        "phone": pharmacy.phone,
        "since": _moment(facts, facts.extent.since),
        "until": _moment(facts, facts.extent.until),
        "at": _moment(facts, facts.at),
        "date": f"{wall_clock(facts.at, pharmacy.zone):%d/%m/%Y}",
    }


def _moment(facts: BreachFacts, moment: datetime | None) -> str:
    return "[à préciser]" if moment is None else f"{wall_clock(moment, facts.pharmacy.zone):%d/%m/%Y à %H:%M}"
