"""The pharmacy's results: the list that is searched and filtered, and the file that an owner carries away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kinds import load_kinds
from temoin.lib.errors import UNREADABLE, Problem
from temoin.lib.text import is_clean
from temoin.lib.zones import wall_clock
from temoin.oversight.results import NamedTest, export_results, list_results, names_of_signers
from temoin.oversight.signed_tests import LetterStands, NoticeStands, Place, ResultFilter, ResultSays
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.testing.states import RecordState
from temoin.web.csv_file import csv_answer
from temoin.web.fields import Choice, Field, Typed
from temoin.web.findings import ReadTarget, findings_of
from temoin.web.pages import PageLinks, show
from temoin.web.period import period_fields, period_links, read_period
from temoin.web.result_words import LETTER, NOTICE, SAYS
from temoin.web.wording import STATE, Mark, Words

DAYS = 7
LONGEST_LOT = 20  # characters of a lot's number in GS1
COLUMNS = (
    *("test", "first_signed_at", "sampled_at", "read_at", "version", "status", "kind", "title", "result"),
    *("findings", "family_name", "given_names", "birth_date", "sex", "kit", "lot", "expiry", "signed_by", "rpps"),
    *("letter", "authorities", "source"),
)


@dataclass(frozen=True)
class SignedRow:
    """A result as the list shows it."""

    named: NamedTest
    birth_date: object
    findings: list[ReadTarget]
    signer: str
    lot: str
    is_void: bool
    corrected: Mark | None
    letter: Mark
    notice: Mark

    @property
    def record_id(self) -> UUID:
        """Return the test."""
        return self.named.test.record_id


def results(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show a page of the results that were asked for."""
    wanted, problems = read_filter(request.GET)
    after = _place(request.GET.get("after", ""))
    page = None if problems else list_results(by=seat, wanted=wanted, after=after)
    asked = asked_of(wanted)
    return show(
        request,
        seat,
        "results.html",
        status=400 if problems else 200,
        problems=problems,
        fields=_fields(Typed(request.GET, problems), wanted, names_of_signers(by=seat)),
        periods=period_links(wanted),
        page=page,
        rows=[_row(one) for one in page.found] if page else [],
        pages=_links(asked, after, page.after) if page else None,
        query=urlencode(asked),
    )


def export(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    """Stream the filter's results as CSV."""
    wanted, problems = read_filter(request.GET)
    if problems:
        return results(request, seat)
    found = export_results(by=seat, wanted=wanted)
    name = f"results-{wanted.since.isoformat()}-{wanted.until.isoformat()}"
    return csv_answer(name, COLUMNS, _file_rows(found, get_language() or "fr", page_zone()))


def read_filter(asked: Mapping[str, str]) -> tuple[ResultFilter, list[Any]]:
    """Return what an address asks for; an unknown word of a list asks for nothing."""
    wanted, problems = read_period(asked, days=DAYS)
    kind, lot = asked.get("kind", ""), asked.get("lot", "").strip()
    if not is_clean(lot):
        lot, problems = "", [*problems, Problem("lot", "unreadable", UNREADABLE)]
    return (
        replace(
            wanted,
            kind=kind if kind in load_kinds() else "",
            says=_one_of(ResultSays, asked.get("says", "")),
            lot=lot[:LONGEST_LOT],
            signer_id=_id(asked.get("signer", "")),
            letter=_one_of(LetterStands, asked.get("letter", "")),
            notice=_one_of(NoticeStands, asked.get("notice", "")),
        ),
        problems,
    )


def asked_of(wanted: ResultFilter) -> dict[str, str]:
    """Return the address's words for a filter."""
    asked = {
        "since": wanted.since.isoformat(),
        "until": wanted.until.isoformat(),
        "kind": wanted.kind,
        "says": wanted.says or "",
        "lot": wanted.lot,
        "signer": str(wanted.signer_id or ""),
        "letter": wanted.letter or "",
        "notice": wanted.notice or "",
    }
    return {name: str(value) for name, value in asked.items() if value}


def _one_of(kind: Any, text: str) -> Any:
    return kind(text) if text in set(kind) else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _place(text: str) -> Place | None:
    """Return where an address goes on: the hour since 1970 and a version; None for anything else."""
    hours, _dot, version = text.partition(".")
    version_id = _id(version)
    if version_id is None or not (hours.isascii() and hours.isdigit() and len(hours) < 7):
        return None
    return Place(datetime.fromtimestamp(int(hours) * 3600, UTC), version_id)


def _links(asked: dict[str, str], came: Place | None, after: Place | None) -> PageLinks | None:
    if came is None and after is None:
        return None
    first = f"?{urlencode(asked)}" if came else ""
    if after is None:
        return PageLinks(first, "")
    place = f"{int(after.hour.timestamp()) // 3600}.{after.version_id}"
    return PageLinks(first, f"?{urlencode({**asked, 'after': place})}")


def _row(one: NamedTest) -> SignedRow:
    report = one.test.report
    return SignedRow(
        named=one,
        birth_date=one.traits.birth_date if one.traits else report.patient.birth_date,
        findings=findings_of(report, one.test.kind),
        signer=f"{report.signer.given_name} {report.signer.family_name}",
        lot=report.device.lot,
        is_void=one.test.says is ResultSays.VOID,
        corrected=_version_mark(one),
        letter=LETTER[one.test.letter],
        notice=NOTICE[one.test.notice],
    )


def _version_mark(one: NamedTest) -> Mark | None:
    if one.test.says is ResultSays.VOID:
        return STATE[RecordState.CANCELLED]
    return STATE[RecordState.CORRECTED] if one.test.is_corrected else None


def _fields(typed: Typed, wanted: ResultFilter, names: Mapping[UUID, str]) -> list[Field]:
    language = get_language() or "fr"
    kinds = [Choice(kind.code, kind.label(language)) for kind in load_kinds().values()]
    people = sorted((Choice(str(one), name) for one, name in names.items()), key=lambda choice: str(choice.label))
    return [
        *period_fields(typed, wanted),
        _asks(typed, "kind", _("Test"), choices=kinds),
        _asks(typed, "says", _("Result"), choices=_choices(SAYS)),
        typed("lot", _("Lot"), is_one_of=True, attributes={"maxlength": str(LONGEST_LOT)}),
        _asks(typed, "signer", _("Signed by"), choices=people),
        _asks(typed, "letter", _("Patient’s letter"), choices=_marked(LETTER)),
        _asks(typed, "notice", _("Authorities"), choices=_marked(NOTICE)),
    ]


def _asks(typed: Typed, name: str, label: Words, choices: list[Choice]) -> Field:
    """Return a list of which one may be chosen; a filter says of none of its fields that it is optional."""
    return typed(name, label, "select", choices=choices, is_one_of=True)


def _choices(words: Mapping[Any, Words]) -> list[Choice]:
    return [Choice(str(value), label) for value, label in words.items()]


def _marked(marks: Mapping[Any, Mark]) -> list[Choice]:
    return _choices({value: mark.words for value, mark in marks.items()})


def _file_rows(found: Iterable[NamedTest], language: str, zone: ZoneInfo) -> Iterator[tuple[object, ...]]:
    """Yield the file's rows, in the words of whoever asked: they are made once the page's own language is over."""
    for one in found:
        with translation.override(language):
            yield _cells(one, language, zone)


def _cells(one: NamedTest, language: str, zone: ZoneInfo) -> tuple[object, ...]:
    report = one.test.report
    patient = report.patient
    return (
        one.test.record_id,
        *(_minute(at, zone) for at in (one.test.first_signed_at, report.sampled_at, report.read_at)),
        *(report.version, report.status.value, report.kind, one.test.kind.label(language), one.test.says.value),
        "; ".join(f"{read.label}: {read.words}" for read in findings_of(report, one.test.kind)),
        one.traits.birth_family_name if one.traits else patient.birth_family_name,
        one.traits.birth_given_names if one.traits else patient.birth_given_names,
        (one.traits or patient).birth_date.isoformat(),
        patient.sex.value,
        *(f"{report.device.manufacturer} {report.device.name}", report.device.lot, report.device.expiry),
        *(f"{report.signer.given_name} {report.signer.family_name}", report.signer.rpps),
        *(one.test.letter.value, one.test.notice.value, report.source),
    )


def _minute(at: datetime, zone: ZoneInfo) -> str:
    return wall_clock(at, zone).isoformat(timespec="minutes")
