"""Who may reach a page: the row of the table that each page has, and the guard that applies it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.timezone import override
from django.utils.translation import gettext as _

from temoin.journal.act import record_denial
from temoin.lib.errors import DeniedError, TemoinError
from temoin.lib.unreadable import unreadable_gathered
from temoin.lib.zones import HOUSE
from temoin.oversight.reading import reads_much
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import zone_of
from temoin.signin.freshness import is_fresh
from temoin.web.confirmation import lead_to_confirmation
from temoin.web.errors import error_page
from temoin.web.seats import find_seat, stands_for_all_places


class Access(StrEnum):
    """Who may see a page that no particular right guards."""

    PUBLIC = "public"
    PASSWORD = "password"  # noqa: S105 signed in, perhaps without the second factor: what completes the sign-in
    SIGNED_IN = "signed-in"  # with the second factor, before a pharmacy is chosen
    SEATED = "seated"  # at work in a pharmacy, whatever the profession


@dataclass(frozen=True, kw_only=True)
class GuardedRoute:
    """One page: its name, its address, its view, who may reach it and by which methods."""

    name: str
    path: str
    view: Callable[..., HttpResponseBase]
    access: Access | Right
    methods: tuple[str, ...] = ("GET",)
    shows_patients: bool = False  # the page opens, lists or finds patients: a pace is kept (`oversight.reading`)
    step_up: bool = False  # a factor shown in the last five minutes, or the person is asked for one first

    @property
    def needs_seat(self) -> bool:
        """Tell whether the view receives the seat of the person."""
        return self.access is Access.SEATED or isinstance(self.access, Right)


def guarded(route: GuardedRoute) -> Callable[..., HttpResponseBase]:
    """Wrap a view: seat, right and step-up are checked here, and every error of a room becomes its page."""

    def view(request: HttpRequest, **places: Any) -> HttpResponseBase:
        try:
            with unreadable_gathered():
                return _answer(route, request, places)
        except TemoinError as error:
            return error_page(request, error)

    view.__name__ = route.name
    cast("Any", view).access = route.access
    cast("Any", view).needs_seat = route.needs_seat
    cast("Any", view).methods = route.methods  # checked by `MethodMiddleware`, before anything else
    cast("Any", view).login_required = route.access is not Access.PUBLIC
    return view


def _answer(route: GuardedRoute, request: HttpRequest, places: dict[str, Any]) -> HttpResponseBase:
    given: list[Seat] = []
    if route.needs_seat:
        seat = find_seat(request)
        if not isinstance(seat, Seat):
            return seat
        given = [seat]
    try:
        with override(_zone_of(request, given)):  # templates show every time on the pharmacy's clock
            return _answer_to(route, request, given, places)
    except DeniedError as error:
        for seat in given:
            record_denial(by=seat, right=str(error))
        raise


def _zone_of(request: HttpRequest, given: list[Seat]) -> ZoneInfo:
    """Return the zone of the pharmacy at work, or that the session is bound to; before one is chosen, the house's."""
    if given:
        return zone_of(given[0].pharmacy_id)
    member = getattr(request.session, "member", None)
    return zone_of(member.pharmacy_id) if member is not None else HOUSE


def _answer_to(
    route: GuardedRoute, request: HttpRequest, given: list[Seat], places: dict[str, Any]
) -> HttpResponseBase:
    if isinstance(route.access, Right):
        # The action checks again: this one only answers before anything of the pharmacy is read.
        check_right(by=given[0], right=route.access)
    if _asks_factor(route, request, given) and not is_fresh(request):
        return lead_to_confirmation(request)
    if route.step_up and not route.needs_seat and not stands_for_all_places(request):
        raise DeniedError("own_account")
    answer = route.view(request, *given, **places)
    return _watched(answer, given[0]) if route.shows_patients and route.step_up else answer


def _watched(answer: HttpResponseBase, seat: Seat) -> HttpResponseBase:
    """Have it told at once when a file, or letters, showed unusually much: no other page may ever be asked for."""
    sent = cast("Any", answer)
    if sent.streaming:
        sent.streaming_content = _then_told(sent.streaming_content, seat)
    else:
        reads_much(by=seat)
    return answer


def _then_told(parts: Iterable[bytes], seat: Seat) -> Iterator[bytes]:
    try:
        yield from parts
    finally:  # whoever broke it off saw what was sent
        reads_much(by=seat)


def _asks_factor(route: GuardedRoute, request: HttpRequest, given: list[Seat]) -> bool:
    """Tell whether the page asks for a fresh factor: always, or because this person has read unusually much."""
    if route.shows_patients and reads_much(by=given[0]):
        if not is_fresh(request):
            messages.info(request, _("You opened or searched much this hour. Confirm that it is you to go on."))
        return True
    return route.step_up
