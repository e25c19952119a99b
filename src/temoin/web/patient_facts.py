"""What a patient's record says, fact by fact, as pages show it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.patient_languages import patient_languages
from temoin.lib.countries import country_abroad
from temoin.lib.phones import phone_as_said
from temoin.patients.traits import Traits, masked_nir
from temoin.testing.reaching import way_to_patient
from temoin.web.patient_form import SEX_WORDS, STATUS_WORDS, WAY_WORDS
from temoin.web.wording import Words


class Fact(NamedTuple):
    label: Words
    said: Words


def patient_facts(traits: Traits) -> list[Fact]:
    """Return what is known of a patient, and that a thing is not known where somebody has to know that."""
    return [*_identity(traits), *_contact(traits)]


def _identity(traits: Traits) -> Iterator[Fact]:
    yield Fact(_("Birth name"), traits.birth_family_name)
    yield Fact(_("Birth given names"), traits.birth_given_names or "–")
    if used := _joined(traits.used_family_name, traits.used_given_name):
        yield Fact(_("Used name"), used)
    yield Fact(_("Birth date"), f"{traits.birth_date:%d/%m/%Y}")
    yield Fact(_("Sex"), SEX_WORDS[traits.sex])
    if traits.birth_place:
        yield Fact(_("Birth place (INSEE code)"), traits.birth_place)
    yield Fact(_("NIR"), masked_nir(traits.nir) if traits.nir else _("not known"))
    yield Fact(_("Identity status"), STATUS_WORDS[traits.identity_status])


def _contact(traits: Traits) -> Iterator[Fact]:
    yield Fact(_("E-mail"), traits.email or _in_its_place(traits))
    if traits.way:
        yield Fact(_("How the patient wants results"), WAY_WORDS[traits.way])
    if traits.language:
        yield Fact(_("Language of the message"), patient_languages()[traits.language].name)
    if traits.phone:
        yield Fact(_("Telephone"), phone_as_said(traits.phone))
    if traits.city:
        country = country_abroad(traits.country, get_language() or "fr")
        yield Fact(_("Address"), _joined(traits.street, traits.postcode, traits.city, country))
    if traits.doctor_mailbox:
        name = _joined(traits.doctor_family_name, traits.doctor_given_name)
        objects = "" if traits.doctor_copy else f" · {_('results are not sent: the patient objects')}"
        yield Fact(_("Treating doctor"), f"{name}, {traits.doctor_mailbox}{objects}")


def _in_its_place(traits: Traits) -> Words:
    return _("none: a text message is sent") if way_to_patient(traits) else _("none: the result is printed")


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
