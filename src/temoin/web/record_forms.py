"""The forms of a test: kind and consent, sample, result; and how what was typed becomes a Sample or a Reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.actions import lots_in_stock
from temoin.catalogue.kinds import Kind, Target, load_kinds
from temoin.catalogue.kits import kit
from temoin.lib.errors import refuse
from temoin.lib.lengths import LONGEST
from temoin.lib.zones import age_on
from temoin.pharmacies.policies import has_right, may_sign
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import TestView
from temoin.testing.report import Report
from temoin.testing.sample import SAMPLED, STARTED, Reading, Sample, Start
from temoin.web.fields import Choice, Field, Typed
from temoin.web.sampled_now import ReadySample, ready_samples
from temoin.web.times import FIRST, SECOND, TWICE, local_minute, page_today, read_moment
from temoin.web.workstation import habits_of, station_of

KEYS = "123456789"
OUTCOME, UNIT = "outcome-", "unit-"  # of a target: what was read, and the unit of a value typed without it
CONSENT = _("The patient (or their legal representative) has given consent to the test.")
_ONLY_GOOD = _("Expired, closed and recalled lots are not in this list: the page of the lots says why.")


def kind_field(
    request: HttpRequest, seat: Seat, typed: Typed, *, ready: Mapping[str, ReadySample] | None = None
) -> Field:
    """Return the choice of the test, as cards; the last one of the workstation is chosen unless another was."""
    language = get_language() or "fr"
    offered = [kind for kind in load_kinds().values() if kind.offered_at == "counter"]
    station, last = station_of(request), habits_of(request).kind
    if ready is None:
        ready = ready_samples(seat, station) if has_right(by=seat, right=Right.TAKE_SAMPLE) else {}
    choices = [
        Choice(kind.code, kind.label(language), _kind_hint(seat, kind, language, ready.get(kind.code)))
        for kind in offered
    ]
    return typed("kind", _("Which test?"), "cards", choices=choices, required=True, initial=last)


def _kind_hint(seat: Seat, kind: Kind, language: str, ready: ReadySample | None) -> str:
    """Return what the test looks for, who must be called to sign it, and what it would be sampled with now."""
    targets = ", ".join(target.label(language) for target in kind.targets)
    signers = "" if may_sign(by=seat, signers=kind.signers) else f". {signer_words(kind)}"
    lot = gettext(". Lot %(lot)s") % {"lot": ready.words} if ready else ""
    return f"{targets}{signers.removesuffix('.') if lot else signers}{lot}"


def signer_words(kind: Kind) -> str:
    """Return who may sign a kind of test, as words of one line."""
    words = {"pharmacist": gettext("a pharmacist"), "biologist": gettext("a medical biologist")}
    who = gettext(" or ").join(words[signer] for signer in kind.signers)
    return gettext("To be signed by %(who)s.") % {"who": who}


def age_warnings(kind: Kind, birth_date: date, sex: str) -> list[str]:
    """Return the limits of age or sex that this patient is outside of: the pharmacist decides."""
    age = age_on(page_today(), birth_date)
    language = get_language() or "fr"
    return [rule.label(language) for rule in kind.rules if rule.warns(age=age, sex=sex)]


def sample_fields(seat: Seat, test: TestView, typed: Typed) -> list[Field]:
    """Return the fields of a sample: lots of this kind of test that may be used, the open ones first."""
    language = get_language() or "fr"
    lots = [
        Choice(str(lot.id), f"{lot.number} · {kit(lot.kit).label(language)}", _expiry(lot.expiry))
        for lot in lots_in_stock(by=seat, kind=test.kind.code)
    ]
    specimens = [Choice(specimen.code, specimen.label(language)) for specimen in test.kind.specimens]
    only = lots[0].value if len(lots) == 1 else ""
    return [
        typed("lot", _("Kit lot"), "select", choices=lots, required=True, initial=only, hint=_ONLY_GOOD),
        typed("specimen", _("Specimen"), "select", choices=specimens, initial=specimens[0].value, required=True),
        typed(
            "sampled_at",
            _("Sampled at"),
            "datetime-local",
            hint=_("Leave empty when it is taken just now"),
            now_button=True,
        ),
        *_which_hour(typed, "sampled_at"),
    ]


def _which_hour(typed: Typed, name: str) -> list[Field]:
    """Return the choice between the two times that the clock showed a typed hour, where it was asked for."""
    if not any(problem.field == name and problem.code == TWICE for problem in typed.problems):
        return []
    choices = [Choice(FIRST, _("the first, in summer time")), Choice(SECOND, _("the second, in winter time"))]
    return [typed(f"{name}-which", _("This hour came twice: which one?"), "radio", choices=choices, required=True)]


def _expiry(expiry: date) -> str:
    return gettext("expires on %(day)s") % {"day": expiry.strftime("%d/%m/%Y")}


def read_sample(typed: Mapping[str, str]) -> Sample:
    """Read a sample from its form; the action judges it."""
    moment = read_moment(typed, SAMPLED)
    return Sample(
        specimen=typed.get("specimen", ""),
        sampled_at=moment.at,
        is_typed=moment.is_typed,
        lot_id=_lot_id(typed.get("lot", "")),
    )


def start_fields(typed: Typed) -> list[Field]:
    """Return the field of the moment at which the sample was put on the kit."""
    label, hint = _("Clock started at"), _("Leave empty when it starts now")
    return [typed(STARTED, label, "datetime-local", hint=hint, now_button=True), *_which_hour(typed, STARTED)]


def read_start(typed: Mapping[str, str]) -> Start:
    """Read the start of the reading clock from its form; the action judges it."""
    moment = read_moment(typed, STARTED)
    return Start(moment.at, is_typed=moment.is_typed)


def _lot_id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise refuse("lot", "unknown", _("Choose a lot in the list.")) from None


def result_fields(kind: Kind, typed: Typed) -> list[Field]:
    """Return one group of big buttons per target, then the reading time and the comment."""
    return [
        *outcome_fields(kind, typed, takes_focus=not typed.problems),
        typed(
            "read_at",
            _("Read at"),
            "datetime-local",
            hint=_("Leave empty when you read it just now"),
            now_button=True,
        ),
        *_which_hour(typed, "read_at"),
        typed("comment", _("Comment"), "textarea", attributes={"maxlength": str(LONGEST["RecordVersion.comment"])}),
    ]


def outcome_fields(kind: Kind, typed: Typed, *, takes_focus: bool = False, row: str = "") -> list[Field]:
    """Return one group of buttons per target; `row` tells apart those of a list."""
    return [
        field
        for place, target in enumerate(kind.targets)
        for field in _fields_of(target, typed, {"required": True, "row": row}, takes_focus=takes_focus and place == 0)
    ]


def _fields_of(target: Target, typed: Typed, options: Mapping[str, Any], *, takes_focus: bool) -> Iterator[Field]:
    """Yield the buttons of a target, or the value and the unit of what is measured."""
    language = get_language() or "fr"
    name, label = f"{OUTCOME}{target.code}", target.label(language)
    if target.measure is None:
        choices = [Choice(outcome.code, capfirst(outcome.label(language))) for outcome in target.outcomes]
        yield typed(name, label, "outcome", choices=choices, autofocus=takes_focus, **options)
        return
    units = [Choice(unit.code, unit.code) for unit in target.measure.units]
    value, unit = _parts_of(typed, target)
    hint = "" if options["row"] else _("As the device shows it, with its unit; LO or HI where it shows that.")
    attributes = {"inputmode": "decimal", "maxlength": "12"}
    shown = typed(name, label, hint=hint, autofocus=takes_focus, attributes=attributes, **options)
    yield replace(shown, value=value)
    yield replace(typed(f"{UNIT}{target.code}", _("Unit"), "radio", choices=units, **options), value=unit)


def _parts_of(typed: Typed, target: Target) -> tuple[str, str]:
    """Return value and unit as they were typed, or of a reading that holds both."""
    whole = str(typed.values.get(f"{OUTCOME}{target.code}") or "")
    value, _space, unit = whole.rpartition(" ")
    if target.measure and unit in {one.code for one in target.measure.units}:
        return value, unit
    return whole, str(typed.values.get(f"{UNIT}{target.code}") or "")


def read_reading(typed: Mapping[str, str]) -> Reading:
    """Read a result from its form; the action judges it."""
    read = {name.removeprefix(OUTCOME): value for name, value in typed.items() if name.startswith(OUTCOME) and value}
    outcomes = {name: f"{value} {typed.get(f'{UNIT}{name}') or ''}".strip() for name, value in read.items()}
    moment = read_moment(typed, "read_at")
    comment = typed.get("comment", "").strip()
    return Reading(
        outcomes=outcomes,
        read_at=moment.at,
        is_typed=moment.is_typed,
        comment=comment,
        medicine=typed.get("medicine", ""),
    )


def typed_reading(report: Report) -> dict[str, str]:
    """Return a signed result as a person would have typed it, to be corrected."""
    outcomes = {f"{OUTCOME}{finding.target}": finding.read for finding in report.findings}
    return {**outcomes, "read_at": local_minute(report.read_at), "comment": report.comment}


def reason_field(typed: Typed, label: Any) -> Field:
    hint = _("Kept with the new version. The patient reads it, on paper and in the message’s letter.")
    return typed(
        "reason",
        label,
        "textarea",
        required=True,
        hint=hint,
        attributes={"maxlength": str(LONGEST["RecordVersion.reason"])},
    )
