"""Transmissions: the work list of what has not arrived, one sending's history, and the statement of a day."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError
from temoin.lib.zones import LAST_DAY
from temoin.outbox.actions import MOST_AT_ONCE, release_alike, release_parcel, withdraw_parcel
from temoin.outbox.open_channels import destination_named, destinations
from temoin.outbox.open_parcels import Heap, OpenFilter, OpenParcel, Portion
from temoin.outbox.queries import AttemptView
from temoin.outbox.states import ParcelState
from temoin.oversight.restores import look_into_restore, read_restore
from temoin.oversight.statement import DayCount, StatementLine, read_day, read_statement
from temoin.oversight.work_list import Sending, read_answers, read_sending, read_work_list
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import page_zone
from temoin.retention.cases import due_cases
from temoin.transmission.queries import DifferenceView, read_differences
from temoin.web.fields import Choice, Field, Typed
from temoin.web.journal_words import event_words, profession_words
from temoin.web.pages import page_links, page_number, show
from temoin.web.raw import show_bytes
from temoin.web.rights_words import due_line
from temoin.web.sending_ways import ways_of
from temoin.web.settings import WEB
from temoin.web.times import page_today
from temoin.web.times import read_day as read_day_of
from temoin.web.transmission_words import DIFFERENCE_WORDS, PORTION_WORDS, VERDICT, WITHDRAWAL_WORDS
from temoin.web.wording import (
    Mark,
    ParcelLine,
    Words,
    destination_words,
    goes_to_an_address,
    mark_of,
    parcel_line,
    reason_words,
)


@dataclass(frozen=True)
class Pile:
    """Parcels that one sentence is about."""

    heap: Heap
    destination: Words
    reason: Words
    remedy: Words
    count: int

    @property
    def is_one(self) -> bool:
        """Tell whether the button says "it" rather than "all of them"."""
        return self.count == 1


@dataclass(frozen=True)
class SendingRow:
    """An open parcel in words."""

    parcel: OpenParcel
    line: ParcelLine

    @property
    def sends_again(self) -> bool:
        """Tell whether sending it again makes sense, and is theirs to do."""
        return self.line.sends_again and not self.parcel.is_overtaken

    @property
    def is_overtaken(self) -> bool:
        """Tell whether nothing but to withdraw it is left."""
        return self.parcel.is_overtaken and self.line.is_refused

    @property
    def goes_to_an_address(self) -> bool:
        """Tell whether mending an address is what lets it go: no result is corrected for that."""
        return goes_to_an_address(self.parcel.view.destination)


@dataclass(frozen=True)
class Bar:
    """A destination's day: its counts, and the drawing of them as (tone, start, width) of a hundred."""

    destination: Words
    count: DayCount
    parts: list[tuple[str, float, float]]


@dataclass(frozen=True)
class StatementRow:
    """A version at a destination, as the paper shows it; without a mark it was to be sent to nobody."""

    line: StatementLine
    destination: Words
    mark: Mark | None
    reason: Words

    @property
    def is_acknowledged(self) -> bool:
        """Tell whether there is a receipt, whose time is the one that counts."""
        return self.line.state is ParcelState.ACCEPTED

    @property
    def ended_at(self) -> datetime | None:
        """Return when it ended without a receipt."""
        return None if self.is_acknowledged else self.line.settled_at


def work_list(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what has not arrived, and where the results of the day are."""
    wanted, page = _filter(request), page_number(request)
    found, restore = read_work_list(by=seat, wanted=wanted, page=page), read_restore(by=seat)
    today = page_today()
    is_plain = wanted == OpenFilter(late_before=wanted.late_before, zone=wanted.zone) and page == 0
    releases = Right.RELEASE_PARCEL in seat.rights
    return show(
        request,
        seat,
        "transmissions.html",
        work=found,
        refused=[_pile(heap) for heap in found.heaps if heap.state is ParcelState.REFUSED],
        late=_late_piles(found.heaps),
        differences=_differences(seat),
        restore=restore,
        references=[(one, destination_words(one.destination)) for one in restore.references] if restore else [],
        requests=[due_line(one, today) for one in due_cases(by=seat)],
        rows=[SendingRow(one, parcel_line(one.view, releases=releases)) for one in found.parcels],
        bars=[_bar(one) for one in read_day(by=seat, day=today)],
        fields=_fields(wanted),
        portion=PORTION_WORDS[wanted.portion],
        today=today,
        is_plain=is_plain,
        shows_list=found.to_handle > 0 or not is_plain,
        shows_way_to_rest=is_plain and found.to_handle == 0 and found.on_the_way > 0,
        pages=page_links(reverse("transmissions"), page, _asked(wanted), has_more=found.has_more),
    )


def _differences(seat: Seat) -> list[tuple[DifferenceView, Words, Words, Words]]:
    """Return what reconciliation found: the difference, its destination, what differs, what to do."""
    return [(one, destination_words(one.destination), *DIFFERENCE_WORDS[one.kind]) for one in read_differences(by=seat)]


def look_into(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Take off the list what a restore lost, once somebody has looked into it."""
    try:
        look_into_restore(by=seat, seen=request.POST.get("seen", ""))
    except ConflictError:
        messages.info(request, _("Nothing was changed: a colleague was first, or there is something new to look into."))
    else:
        messages.success(request, _("Noted: what the restore lost is looked into."))
    return redirect("transmissions")


def release_all(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Send again all that one destination refused for one reason."""
    destination, code = request.POST.get("destination", ""), request.POST.get("code", "")
    count = release_alike(by=seat, destination=destination, code=code)
    if count:
        words = ngettext("%(count)d sending is on its way again.", "%(count)d sendings are on their way again.", count)
        messages.success(request, words % {"count": count})
        if count >= MOST_AT_ONCE:
            messages.warning(request, _("There may be more of the same kind: send again those that still stand below."))
    else:
        messages.info(request, _("It is already on its way."))
    return redirect("transmissions")


def release_one(request: HttpRequest, seat: Seat, parcel_id: UUID) -> HttpResponse:
    try:
        release_parcel(by=seat, parcel_id=parcel_id, expected_version=request.POST.get("seen", ""))
    except ConflictError:
        messages.info(
            request,
            _("Nothing was sent: it is already on its way, was answered meanwhile, or a newer version took its place."),
        )
    else:
        messages.success(request, _("It is on its way again."))
    return redirect("transmissions")


def withdraw(request: HttpRequest, seat: Seat, parcel_id: UUID) -> HttpResponse:
    """Take a refused parcel off the list for good, with a reason."""
    try:
        seen, reason = request.POST.get("seen", ""), request.POST.get("reason", "")
        withdraw_parcel(by=seat, parcel_id=parcel_id, expected_version=seen, reason=reason)
    except InvalidError as error:
        return _show_sending(request, seat, read_sending(by=seat, parcel_id=parcel_id), error)
    except ConflictError:
        messages.info(request, _("It was no longer to be withdrawn: here is where it stands."))
        return redirect("sending", parcel_id)
    messages.success(request, _("The sending is withdrawn: it stays in the history and in the statement of its day."))
    return redirect("transmissions")


def sending(request: HttpRequest, seat: Seat, parcel_id: UUID) -> HttpResponse:
    """Show one sending's history, and what can be done."""
    return _show_sending(request, seat, read_sending(by=seat, parcel_id=parcel_id))


def _show_sending(request: HttpRequest, seat: Seat, found: Sending, error: InvalidError | None = None) -> HttpResponse:
    choices = [Choice(reason, words) for reason, words in WITHDRAWAL_WORDS.items()]
    problems, line = (
        error.problems if error else [],
        parcel_line(found.view, releases=Right.RELEASE_PARCEL in seat.rights),
    )
    return show(
        request,
        seat,
        "sending.html",
        status=400 if error else 200,
        sending=found,
        line=line,
        ways=ways_of(seat, found, line),
        attempts=[_attempt(one) for one in reversed(found.attempts)],
        decisions=[(event.at, event_words(event.kind), profession_words(event)) for event in found.decisions],
        problems=problems,
        why=Typed(request.POST, problems)("reason", _("Reason"), "radio", choices=choices, required=True),
    )


def _attempt(one: AttemptView) -> tuple[AttemptView, Mark, Words]:
    is_refused = one.verdict == "refused"
    words = "" if one.verdict in {"accepted", "replaced"} else reason_words(one.code, is_refused=is_refused)[0]
    return one, VERDICT[one.verdict], words


def answers(request: HttpRequest, seat: Seat, parcel_id: UUID) -> HttpResponse:
    """Show what each try left, in the destination's own words; looking is an event."""
    contents = [
        (one, [(name, show_bytes(data)) for name, data in ((_("Sent"), one.sent), (_("Came back"), one.came)) if data])
        for one in reversed(read_answers(by=seat, parcel_id=parcel_id))
    ]
    return show(request, seat, "answers.html", contents=contents, parcel_id=parcel_id)


def statement(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the statement of a day, made to be printed; showing it is an event."""
    day = min(read_day_of(request.GET.get("day", "")) or LAST_DAY, page_today())
    page = page_number(request)
    found = read_statement(by=seat, day=day, page=page)
    checkpoint = found.checkpoint
    return show(
        request,
        seat,
        "statement.html",
        statement=found,
        tallies=[(destination_words(one.destination), one) for one in found.tallies if one.destination],
        page=page + 1,
        pages=page_links(reverse("statement"), page, {"day": day.isoformat()}, has_more=page + 1 < found.pages),
        rows=[_statement_row(line) for line in found.lines],
        differences=[one for one, *_ in _differences(seat) if one.day == day],
        checkpoint=checkpoint,
        root=b64encode(checkpoint.root).decode() if checkpoint else "",
        printed_at=now(),
        fields=[_day_field(day)],
    )


def _statement_row(line: StatementLine) -> StatementRow:
    mark = mark_of(line.destination, line.state) if line.state else None
    return StatementRow(line, destination_words(line.destination), mark, WITHDRAWAL_WORDS.get(line.reason, ""))


def _pile(heap: Heap) -> Pile:
    is_refused = heap.state is ParcelState.REFUSED
    reason, remedy = reason_words(heap.code, is_refused=is_refused, is_matter=heap.is_matter)
    return Pile(heap, destination_words(heap.destination), reason, remedy, heap.count)


def _late_piles(heaps: list[Heap]) -> list[Pile]:
    """Return one pile for each thing there is to say, the oldest heap first: answers differ where words do not."""
    piles: dict[tuple[Words, Words, bool], Pile] = {}
    for heap in heaps:
        if (heap.is_late or heap.is_matter) and heap.state is not ParcelState.REFUSED:
            pile = _pile(heap)
            same = pile.destination, pile.reason, heap.is_matter
            alike = piles.get(same)
            piles[same] = replace(alike, count=alike.count + heap.count) if alike else pile
    return list(piles.values())


def _bar(count: DayCount) -> Bar:
    parts, start = [], 0.0
    shown = (("done", count.accepted), ("busy", count.on_the_way), ("warn", count.refused), ("over", count.ended))
    for tone, number in shown:
        width = 100 * number / count.signed
        if number:
            parts.append((tone, round(start, 2), round(width, 2)))
        start += width
    return Bar(destination_words(count.destination), count, parts)


def _filter(request: HttpRequest) -> OpenFilter:
    asked = request.GET
    portion, destination = asked.get("portion", ""), asked.get("destination", "")
    return OpenFilter(
        zone=page_zone(),
        late_before=WEB().alarms.late_before(),
        portion=Portion(portion) if portion in set(Portion) else Portion.TO_HANDLE,
        destination=destination if destination_named(destination) else "",
        day=read_day_of(asked.get("day", "")),
    )


def _asked(wanted: OpenFilter) -> dict[str, Any]:
    return {"portion": wanted.portion.value, "destination": wanted.destination, "day": wanted.day}


def _fields(wanted: OpenFilter) -> list[Field]:
    typed = Typed({"portion": wanted.portion.value, "destination": wanted.destination, "day": wanted.day or ""})
    portions = [Choice(portion.value, words) for portion, words in PORTION_WORDS.items()]
    known = [Choice(each.name, destination_words(each.name)) for each in destinations()]
    return [
        typed("portion", _("State"), "select", choices=portions, required=True),
        typed("destination", _("Destination"), "select", choices=known),
        typed("day", _("Signed on"), "date"),
    ]


def _day_field(day: date) -> Field:
    return Typed({"day": day.isoformat()})("day", _("Day"), "date", required=True)
