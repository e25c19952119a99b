"""A result in the language that its patient asked for, on paper: the words of the letter, before the French page.

Dates have the form that Django knows of each language; the time is the pharmacy's own, as in the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.utils import translation
from django.utils.formats import date_format

from temoin.catalogue.advice import Advice
from temoin.catalogue.patient_languages import RIGHT_TO_LEFT, PatientLanguage, Words, advice_in_each, patient_languages
from temoin.delivery.content import advice_of, letter_content
from temoin.formats.pdf import OwnPage
from temoin.lib.phones import phone_as_said
from temoin.lib.zones import offset_words
from temoin.testing.report import Device, Report, ReportStatus

_FRENCH = "fr"
ISOLATE, END_OF_ISOLATE = "\u2068", "\u2069"
_DATES = {"en": "j F Y"}  # as in the letter, whose English is British; of the other languages Django knows the form
_SMALL_MONTHS = "pt"  # Django writes them with capitals, as before the reform of 1990


def spoken_beside_french(language: str) -> PatientLanguage | None:
    """Return the language of a page before the French one; None where French is enough."""
    return None if language in {"", _FRENCH} else patient_languages()[language]


def own_page(report: Report, language: str) -> OwnPage | None:
    """Return the page in a language; None for French, and where nobody asked for one."""
    spoken = spoken_beside_french(language)
    if spoken is None:
        return None
    words, told, is_void = spoken.page, letter_content(report), report.status is ReportStatus.CANCELLED
    place = report.organisation
    findings = [] if is_void else told["findings"]
    return OwnPage(
        lang=language,
        is_right_to_left=spoken.direction == RIGHT_TO_LEFT,
        title=_in(told["kind"] if is_void else told["headline"], language),
        place=_apart(place.name),
        address=_apart(*told["pharmacy"]["address"], phone_as_said(place.phone)),
        patient=_apart(told["patient"]["name"]),
        patient_lines=[words["born"].format(birth_date=_day(report.patient.birth_date, language))],
        notices=_notices(report, words, language),
        results=[(_in(each["target"], language), _in(each["label"], language)) for each in findings],
        remarks=_remarks(report, words, [each["means"] for each in findings]),
        facts_title=words["test_title"],
        facts=_facts(report, words, language),
        advice_title=words["advice_title"],
        advice=[] if is_void else [_advice(each, words, language) for each in advice_of(report)],
        warning=words["limits"],
    )


def _apart(*lines: str) -> str:
    """Return typed lines, each in the direction of its own letters whatever stands around it."""
    return "\n".join(f"{ISOLATE}{line}{END_OF_ISOLATE}" for line in lines if line)


def _in(each: Mapping[str, str], language: str) -> str:
    return each.get(language, each[_FRENCH])


def _notices(report: Report, words: Words, language: str) -> list[str]:
    changed = {ReportStatus.CORRECTED: "corrected", ReportStatus.CANCELLED: "cancelled"}.get(report.status)
    notice = words[changed] if changed else ""
    signed_at = _moment(report.signed_at, language)
    told = [
        words["demo_letter"] if report.is_demo else "",
        notice.replace("*", "").format(signed_at=signed_at, version=report.version),
        f"{words['reason']} {_apart(report.reason)}" if report.reason else "",
    ]
    return list(filter(None, told))


def _remarks(report: Report, words: Words, means: list[str]) -> list[str]:
    """Return what was found in a sentence, and the pharmacy's comment, which stays in its own words."""
    known = (words.get(f"means_{each}") for each in means)  # a number or a grade means no more than it says
    told = list(filter(None, dict.fromkeys(known)))
    comment = "\n".join([words["comment_title"], _apart(*report.comment.split("\n"))])
    return [*told, comment] if report.comment else told


def _facts(report: Report, words: Words, language: str) -> list[tuple[str, str]]:
    signer, device = report.signer, report.device
    maker = " · ".join(filter(None, [device.manufacturer, device.reference]))
    name, lot = f"{signer.given_name} {signer.family_name}".strip(), _lot(device, words, language)
    return [
        (words["sampled"], _moment(report.sampled_at, language)),
        (words["signer"], f"{_apart(name)}\n{_moment(report.signed_at, language)}"),
        (words["device"], _apart(device.name, maker)),
        *([(words["lot"], lot)] if lot else []),
    ]


def _lot(device: Device, words: Words, language: str) -> str:
    if not device.lot or device.expiry is None:
        return _apart(device.lot)
    return f"{_apart(device.lot)} {words['use_before'].format(expiry=_day(device.expiry, language))}"


def _advice(advice: Advice, words: Words, language: str) -> list[tuple[str, str]]:
    told = [(words[f"advice_{part}"], _in(each, language)) for part, each in advice_in_each(advice).items()]
    return [*told, (words["advice_source"], _apart(advice.source))]


def _day(value: date, language: str) -> str:
    with translation.override(language):
        day = date_format(value, _DATES.get(language, "DATE_FORMAT"))
    return day.lower() if language == _SMALL_MONTHS else day


def _moment(value: datetime, language: str) -> str:
    offset = offset_words(value)
    return f"{_day(value, language)}, {value:%H:%M}" + (f" ({offset})" if offset else "")
