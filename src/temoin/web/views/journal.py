"""The owner's pages on the journal: who looked at what, the daily review, the export, and a patient's list of looks."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from temoin.journal.events import EventKind
from temoin.journal.queries import EventFilter, EventPlace, EventRow
from temoin.lib.clock import now
from temoin.lib.zones import day_of, read_instant, wall_clock
from temoin.oversight.journal import export_journal, names_of_members, read_journal
from temoin.oversight.looks import list_looks
from temoin.oversight.review import review_reading
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.web.csv_file import csv_answer
from temoin.web.fields import Choice, Field, Typed
from temoin.web.journal_words import ODDITY_WORDS, ORIGIN_WORDS, SUBJECT_WORDS, event_words, profession_words
from temoin.web.pages import PageLinks, show
from temoin.web.times import page_today, read_day
from temoin.web.wording import RIGHT_WORDS

ALL = "all"  # in the address: the machine's events too
MOST = timedelta(days=91)  # from the first day to the last
DAYS_OF_OBJECT = timedelta(days=29)  # that are looked back for a test or a patient, unless told
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
    """Show events of the days asked for, the latest first: people's, and the machine's counted apart."""
    wanted, after = _filter(request), _place(request.GET.get("after", ""))
    found = read_journal(by=seat, wanted=wanted, after=after)
    names = names_of_members(by=seat)
    return show(
        request,
        seat,
        "journal.html",
        days=[(day, list(lines)) for day, lines in groupby(_lines(seat, found.rows, names), lambda one: one["day"])],
        machine=[(event_words(kind), times) for kind, times in found.machine],
        with_machine="?" + urlencode({**_asked(wanted), "who": ALL}),
        fields=_fields(request, wanted, names),
        pages=_links(_asked(wanted), after, found.after),
        export=urlencode(_asked(wanted)),
        only_day=urlencode({"day": (wanted.until or wanted.day).isoformat()}),
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
    fields = [Typed(request.GET)("day", _("Day"), "date", initial=wanted.day.isoformat(), required=True)]
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
    actor_id, subject_id = _id(asked.get("person", "")), _id(asked.get("object", ""))
    today = page_today()
    usual = today - (DAYS_OF_OBJECT if subject_id else timedelta(0))
    first = read_day(asked.get("day", "")) or usual
    last = read_day(asked.get("until", "")) or (today if first == usual else first)
    return EventFilter(
        day=min(max(first, last - MOST), last),
        until=last,
        zone=page_zone(),
        actor_id=actor_id,
        kind=kind if kind in set(EventKind) else "",
        subject_id=subject_id,
        only_people=asked.get("who") != ALL and not actor_id and kind not in set(EventKind),
    )


def _id(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None


def _asked(wanted: EventFilter) -> dict[str, Any]:
    asked = {
        "day": wanted.day.isoformat(),
        "until": (wanted.until or wanted.day).isoformat(),
        "person": wanted.actor_id,
        "kind": wanted.kind,
        "object": wanted.subject_id,
        "who": "" if wanted.only_people else ALL,
    }
    return {name: str(value) for name, value in asked.items() if value}


def _place(text: str) -> EventPlace | None:
    """Return where an address goes on: an instant and an event; None for anything else."""
    at, _mark, event = text.partition("_")
    event_id = _id(event)
    try:
        instant = read_instant(at)
    except ValueError:
        return None
    return EventPlace(instant, event_id) if event_id else None


def _links(asked: dict[str, str], came: EventPlace | None, after: EventPlace | None) -> PageLinks | None:
    if came is None and after is None:
        return None
    place = {"after": f"{after.at.astimezone(UTC).isoformat()}_{after.event_id}"} if after else {}
    return PageLinks(f"?{urlencode(asked)}" if came else "", f"?{urlencode(asked | place)}" if after else "")


def _lines(seat: Seat, rows: list[EventRow], names: dict[UUID, str]) -> list[dict[str, Any]]:
    return [_line(seat, row, names) for row in rows]


def _line(seat: Seat, row: EventRow, names: dict[UUID, str]) -> dict[str, Any]:
    return {
        "event": row,
        "day": day_of(row.at, page_zone()),
        "what": event_words(row.kind),
        "who": names.get(row.actor_id, str(row.actor_id)) if row.actor_id else profession_words(row),
        "profession": profession_words(row) if row.actor_id else "",
        "reason": RIGHT_WORDS.get(row.reason, row.reason),
        "object": SUBJECT_WORDS.get(row.subject_kind, row.subject_kind) if row.subject_id else "",
        "origin": ORIGIN_WORDS.get(row.origin, row.origin),
        "opens_test": row.subject_kind == "record" and row.subject_id is not None and Right.READ_TEST in seat.rights,
    }


def _fields(request: HttpRequest, wanted: EventFilter, names: dict[UUID, str]) -> list[Field]:
    # The days that are shown, which may be fewer than were asked for.
    shown = {"day": wanted.day.isoformat(), "until": (wanted.until or wanted.day).isoformat()}
    typed = Typed({**request.GET.dict(), **shown})
    people = sorted((Choice(str(member_id), name) for member_id, name in names.items()), key=lambda one: str(one.label))
    kinds = sorted((Choice(kind, event_words(kind)) for kind in EventKind), key=lambda one: str(one.label))
    return [
        typed("day", _("From"), "date", required=True),
        typed("until", _("To"), "date", required=True),
        typed("person", _("Person"), "select", choices=people, is_one_of=True),
        typed("kind", _("What was done"), "select", choices=kinds, is_one_of=True),
        typed("object", _("Number of the test or the patient"), is_one_of=True, attributes={"maxlength": "36"}),
    ]


def _cells(row: EventRow, zone: ZoneInfo) -> list[object]:
    return [wall_clock(row.at, zone) if name == "at" else getattr(row, name) for name in COLUMNS]
