"""The owner's pages on the journal: who looked at what, the daily review, the export, and a patient's list of looks."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from temoin.journal.events import EventKind
from temoin.journal.queries import EventFilter, EventRow
from temoin.lib.clock import now
from temoin.lib.zones import wall_clock
from temoin.oversight.journal import export_journal, names_of_members, read_journal
from temoin.oversight.looks import list_looks
from temoin.oversight.review import review_reading
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.web.csv_file import csv_answer
from temoin.web.fields import Choice, Field, Typed
from temoin.web.journal_words import ODDITY_WORDS, ORIGIN_WORDS, SUBJECT_WORDS, event_words, profession_words
from temoin.web.pages import page_links, page_number, show
from temoin.web.times import page_today, read_day
from temoin.web.wording import RIGHT_WORDS

COLUMNS = (
    "at",
    "kind",
    "actor_id",
    "profession",
    "origin",
    "subject_kind",
    "subject_id",
    "outcome",
    "reason",
    "detail",
)


def events(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show a day's events, the latest first."""
    wanted, page = _filter(request), page_number(request)
    rows, has_more = read_journal(by=seat, wanted=wanted, page=page)
    names = names_of_members(by=seat)
    return show(
        request,
        seat,
        "journal.html",
        lines=[_line(seat, row, names) for row in rows],
        day=wanted.day,
        fields=_fields(request, wanted, names),
        pages=page_links(page, _asked(wanted), has_more=has_more),
        export=urlencode({name: value for name, value in _asked(wanted).items() if value}),
        only_day=urlencode({"day": wanted.day.isoformat()}),
    )


def review(request: HttpRequest, seat: Seat) -> HttpResponse:
    wanted, names = _filter(request), names_of_members(by=seat)
    remarks = [
        {
            "name": names.get(remark.actor_id, str(remark.actor_id)),
            "words": ODDITY_WORDS[remark.oddity],
            "count": remark.count,
            "events": urlencode({"day": wanted.day.isoformat(), "person": str(remark.actor_id)}),
        }
        for remark in review_reading(by=seat, wanted=wanted)
    ]
    fields = _fields(request, wanted, names)[:1]
    return show(request, seat, "journal_review.html", remarks=remarks, day=wanted.day, fields=fields)


def export(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    """Stream the filter's events as CSV: identifiers, as in the journal; nothing is written to disk."""
    wanted = _filter(request)
    rows = export_journal(by=seat, wanted=wanted)
    return csv_answer(f"journal-{wanted.day.isoformat()}", COLUMNS, (_cells(row, wanted.zone) for row in rows))


def looks(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Show who saw a result, to be printed for the patient: professions, no names of staff."""
    found = list_looks(by=seat, record_id=record_id)
    lines = [
        {
            "event": look.event,
            "what": event_words(look.event.kind),
            "who": profession_words(look.event),
            "person": str(look.event.actor_id)[:8] if look.event.actor_id else "",
            "proof": look.proof,
        }
        for look in found.looks
    ]
    checkpoint = found.checkpoint
    return show(
        request,
        seat,
        "looks.html",
        lines=lines,
        lost=found.lost,
        record_id=record_id,
        checkpoint=checkpoint,
        root=b64encode(checkpoint.root).decode() if checkpoint else "",
        today=now(),
    )


def looks_file(_request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Return the same list with its proofs, for the independent verifier."""
    answer = JsonResponse(list_looks(by=seat, record_id=record_id).as_json())
    answer["Content-Disposition"] = 'attachment; filename="looks.json"'
    return answer


def _filter(request: HttpRequest) -> EventFilter:
    asked = request.GET
    kind = asked.get("kind", "")
    return EventFilter(
        day=read_day(asked.get("day", "")) or page_today(),
        zone=page_zone(),
        actor_id=_id(asked.get("person", "")),
        kind=kind if kind in set(EventKind) else "",
        subject_id=_id(asked.get("object", "")),
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _asked(wanted: EventFilter) -> dict[str, Any]:
    day = wanted.day.isoformat()
    return {"day": day, "person": wanted.actor_id, "kind": wanted.kind, "object": wanted.subject_id}


def _line(seat: Seat, row: EventRow, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "event": row,
        "what": event_words(row.kind),
        "who": names.get(row.actor_id, str(row.actor_id)) if row.actor_id else profession_words(row),
        "profession": profession_words(row) if row.actor_id else "",
        "reason": RIGHT_WORDS.get(row.reason, row.reason),
        "object": SUBJECT_WORDS.get(row.subject_kind, row.subject_kind) if row.subject_id else "",
        "origin": ORIGIN_WORDS.get(row.origin, row.origin),
        "opens_test": row.subject_kind == "record" and row.subject_id is not None and Right.READ_TEST in seat.rights,
    }


def _fields(request: HttpRequest, wanted: EventFilter, names: dict[UUID, str]) -> list[Field]:
    typed = Typed(request.GET)
    people = sorted((Choice(str(member_id), name) for member_id, name in names.items()), key=lambda one: str(one.label))
    kinds = sorted((Choice(kind, event_words(kind)) for kind in EventKind), key=lambda one: str(one.label))
    return [
        typed("day", _("Day"), "date", initial=wanted.day.isoformat(), required=True),
        typed("person", _("Person"), "select", choices=people),
        typed("kind", _("What was done"), "select", choices=kinds),
        typed("object", _("Number of the test or the patient"), attributes={"maxlength": "36"}),
    ]


def _cells(row: EventRow, zone: ZoneInfo) -> list[object]:
    return [wall_clock(row.at, zone) if name == "at" else getattr(row, name) for name in COLUMNS]
