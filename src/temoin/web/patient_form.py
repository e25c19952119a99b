"""The patient's form: identity traits in the order of the national reference (RNIV), then contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.patient_languages import patient_languages
from temoin.lib.countries import FRANCE, country_names
from temoin.lib.errors import Problem
from temoin.lib.phones import METROPOLIS, phone_as_said
from temoin.outbox.channel import Audience
from temoin.outbox.courier import couriers, is_switched_on
from temoin.outbox.open_channels import names_of
from temoin.patients.traits import EMAIL, NO_COUNTRY, PAPER, SMS, Traits, regions_of_phone
from temoin.testing.report import IdentityStatus
from temoin.web.fields import Choice, Field, Typed
from temoin.web.wording import Words

SEX = (Choice("F", _("Female")), Choice("M", _("Male")), Choice("U", _("Undetermined")))
STATUS = (
    Choice("PROV", _("Provisional"), _("No document checked")),
    Choice("VALI", _("Validated"), _("Identity document checked")),
)
SEX_WORDS: Mapping[str, Words] = {choice.value: choice.label for choice in SEX}
STATUS_WORDS: Mapping[str, Words] = {
    **{choice.value: choice.label for choice in STATUS},
    IdentityStatus.RETRIEVED: _("Retrieved"),
    IdentityStatus.QUALIFIED: _("Qualified"),
}
# The text that a patient agrees to: other words are another version of it (`patients.ways.WAY_TEXT`).
WAYS = (
    Choice(EMAIL, _("By e-mail"), _("a message with a link")),
    Choice(SMS, _("By text message"), _("a message with a link, to a mobile")),
    Choice(PAPER, _("On paper only"), _("nothing is sent")),
)
WAY_CONSENT = _(
    "Ask the patient: it holds for later results too, and they may change it. The message has no name and no word of "
    "health."
)
WAY_WORDS: Mapping[str, Words] = {choice.value: choice.label for choice in WAYS}
DAY_HINT = _("Day, month, year: 28/03/1979 or 28031979")
CORSICA = ("2A", "2B")
# Kept as they are by a form that does not show them.
UNSHOWN = ("county", "state")
DOCTOR = tuple(name for name in Traits.__dataclass_fields__ if name.startswith("doctor_"))


def patient_groups(values: Mapping[str, Any], problems: Iterable[Problem] = ()) -> list[tuple[Any, list[Field]]]:
    """Return the fields of a patient in named groups, with what was typed and what is wrong with it."""
    typed = Typed(values, problems)
    groups = [(_("Identity"), _identity(typed)), (_("To reach the patient"), _contact(typed))]
    return [*groups, (_("Treating doctor"), _doctor(typed))] if sends_to_doctors() else groups


def sends_to_doctors() -> bool:
    """Tell whether whoever runs the site lets treating doctors have results by secure health messaging."""
    known = couriers()
    return any(is_switched_on(known[name]) for name in names_of(Audience.DOCTOR) if name in known)


def typed_traits(traits: Traits, region: str = METROPOLIS) -> dict[str, str]:
    """Return known traits as a person would have typed them where numbers are meant in this plan."""
    values = {name: str(value) for name, value in traits.to_dict().items()}
    return {
        **values,
        "birth_date": traits.birth_date.strftime("%d/%m/%Y"),
        "phone": phone_as_said(traits.phone, regions_of_phone(region, traits.country)),
        "single_name": "" if traits.birth_given_names else "yes",
        "country": traits.country or NO_COUNTRY,
    }


def raw_traits(typed: Mapping[str, str], known: Traits | None = None) -> dict[str, str]:
    """Return what `check_traits` reads: the typed fields, and those the form does not show as they were."""
    unshown = UNSHOWN if sends_to_doctors() else (*UNSHOWN, *DOCTOR)
    kept = {name: getattr(known, name) for name in unshown} if known else {}
    names = [name for name in (*Traits.__dataclass_fields__, "single_name") if name not in unshown]
    return {**{name: typed.get(name, "") for name in names}, **kept}


def _identity(typed: Typed) -> list[Field]:
    name = {"autocapitalize": "characters"}
    return [
        typed("birth_family_name", _("Birth name"), required=True, attributes=name),
        typed("birth_given_names", _("Birth given names"), required=True, attributes=name),
        typed("single_name", _("This person has one name only: it stands as the birth name."), "checkbox"),
        typed(
            "birth_date",
            _("Birth date"),
            required=True,
            hint=DAY_HINT,
            attributes={"inputmode": "numeric", "maxlength": "16"},
        ),
        typed("sex", _("Sex"), "radio", required=True, choices=SEX),
        typed(
            "birth_place",
            _("Birth place (INSEE code)"),
            hint=_("5 characters; 99 and the country's number when born abroad"),
            attributes={"maxlength": "5"},
        ),
        typed(
            "nir",
            _("Social security number (NIR)"),
            hint=_("15 characters, from the patient's own card"),
            attributes={"inputmode": "numeric", "maxlength": "24"},
            inserts=CORSICA,
        ),
        typed("used_family_name", _("Used name"), hint=_("If it differs from the birth name")),
        typed("used_given_name", _("Used given name")),
        typed("identity_status", _("Identity status"), "radio", choices=STATUS, initial="PROV"),
    ]


def _contact(typed: Typed) -> list[Field]:
    return [
        typed(
            "email",
            _("E-mail"),
            "email",
            hint=_("For the link to the result; without it, the result is printed"),
            attributes={"inputmode": "email"},
        ),
        typed(
            "language",
            _("Language of the message"),
            "select",
            hint=_("Ask the patient; the message says it in French too."),
            choices=language_choices(),
        ),
        typed("phone", _("Telephone"), "tel", attributes={"inputmode": "tel"}),
        typed("way", _("How the patient wants results"), "radio", hint=WAY_CONSENT, choices=_ways(typed)),
        typed("street", _("Street")),
        typed("postcode", _("Postcode"), attributes={"maxlength": "12"}),
        typed("city", _("Town")),
        typed("country", _("Country"), "select", choices=_countries(), initial=FRANCE),
    ]


def _ways(typed: Typed) -> list[Choice]:
    """Return the ways that this site has, and the one that was chosen while it had that."""
    sms = couriers().get(SMS)
    has_sms = sms is not None and is_switched_on(sms)
    return [choice for choice in WAYS if choice.value != SMS or has_sms or typed.values.get("way") == SMS]


def language_choices() -> list[Choice]:
    """Return the languages in which a patient can be written to, each as who speaks it calls it."""
    return [Choice(language.code, language.name) for language in patient_languages().values()]


def _countries() -> list[Choice]:
    """Return France and "nowhere known" first, then every country by name."""
    names = country_names(get_language() or "fr")
    others = [Choice(code, name) for code, name in names.items() if code != FRANCE]
    return [Choice(FRANCE, names[FRANCE]), Choice(NO_COUNTRY, _("Not known, or no fixed address")), *others]


def _doctor(typed: Typed) -> list[Field]:
    # Ticked for a doctor who is written down for the first time, and as it was left afterwards.
    usual = "" if "doctor_mailbox" in typed.values else "yes"
    return [
        typed("doctor_family_name", _("Doctor's name"), attributes={"autocapitalize": "characters"}),
        typed("doctor_given_name", _("Doctor's given name")),
        typed("doctor_rpps", _("Doctor's RPPS number"), attributes={"inputmode": "numeric", "maxlength": "14"}),
        typed(
            "doctor_mailbox",
            _("Secure health address"),
            "email",
            hint=_("It ends in mssante.fr; an ordinary address cannot receive results"),
            attributes={"inputmode": "email"},
        ),
        typed(
            "doctor_copy",
            _("Send this patient's results to this doctor: the patient was told and does not object."),
            "checkbox",
            initial=usual,
        ),
    ]
