"""The pharmacy a session works for: chosen once, bound to the session, and checked again at every request."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.lib.errors import NotFoundError
from temoin.lib.training import is_training
from temoin.lib.zones import wall_clock
from temoin.pharmacies.seat import Seat, pharmacies_of, seat_of, take_seat
from temoin.pharmacies.training import check_still_works, real_of
from temoin.pharmacies.zones import zone_of
from temoin.signin.freshness import way_in
from temoin.signin.sessions import PHARMACY, SessionStore
from temoin.signin.tries import tell_tries

# Set by a sign-in through the identity provider: the pharmacies where the national register says that one works.
PLACES = "temoin_places"

HANDED_OVER = "handed_over_in"  # the pharmacy of whoever handed the screen over


def find_seat(request: HttpRequest) -> Seat | HttpResponse:
    """Return the person's seat, or the answer that leads to one: a suspension bites at the next request."""
    chosen = request.session.get(PHARMACY)
    if chosen is None:
        return _seat_without_choice(request)
    try:
        return _seat_read(request, UUID(chosen))
    except NotFoundError:
        _leave(request)
        found = _seat_without_choice(request)
        # A form of the place that was lost is recorded in no other.
        return redirect("home") if request.method == "POST" and isinstance(found, Seat) else found


def _leave(request: HttpRequest) -> None:
    """Unbind the session: it goes on under a new key and a new token, so that no older page's form is taken."""
    del request.session[PHARMACY]
    request.session.cycle_key()
    rotate_token(request)


def _seat_read(request: HttpRequest, pharmacy_id: UUID) -> Seat:
    """Return the seat that came with the session's row, or read it where this request has just chosen it."""
    member = cast("SessionStore", request.session).member
    if member is None or member.pharmacy_id != pharmacy_id or member.person_id != person_id(request):
        seat = take_seat(person_id=person_id(request), pharmacy_id=pharmacy_id)
    else:
        seat = seat_of(member)
    if is_training(pharmacy_id):
        check_still_works(seat)
    return seat


def bind_session(request: HttpRequest, pharmacy_id: UUID) -> Seat:
    """Bind the session to a pharmacy; NotFoundError where the person has no seat. The opening is an event.

    What a page of the pharmacy that it was bound to sends afterwards is kept for that one, and recorded in neither.
    """
    place = str(real_of(pharmacy_id) if is_training(pharmacy_id) else pharmacy_id)
    if place not in request.session.get(PLACES, [place]):
        raise NotFoundError
    seat = take_seat(person_id=person_id(request), pharmacy_id=pharmacy_id)
    record_look(
        by=seat,
        kind=EventKind.SIGNED_IN,
        subject_kind="member",
        subject_id=seat.member_id,
        detail=way_in(request),
    )
    if request.session.get(PHARMACY, str(pharmacy_id)) != str(pharmacy_id):
        _leave(request)
    request.session[PHARMACY] = str(pharmacy_id)
    _tell_failed_tries(request, pharmacy_id)
    return seat


def _tell_failed_tries(request: HttpRequest, pharmacy_id: UUID) -> None:
    """Tell whoever has just signed in what was tried under their address."""
    failed = tell_tries(person_id=person_id(request))
    if failed is None:
        return
    words = ngettext(
        "%(number)s sign-in under your address failed since you last signed in, on %(day)s at %(hour)s. "
        "If that was not you, change your password or use a passkey.",
        "%(number)s sign-ins under your address failed since you last signed in, the last on %(day)s at %(hour)s. "
        "If that was not you, change your password or use a passkey.",
        failed.count,
    )
    last = wall_clock(failed.last, zone_of(pharmacy_id))
    messages.warning(request, words % {"number": failed.count, "day": f"{last:%d/%m/%Y}", "hour": f"{last:%H:%M}"})


def person_id(request: HttpRequest) -> UUID:
    return cast("UUID", cast("Any", request.user).id)  # an anonymous person never gets here


def places_of(request: HttpRequest) -> list[Any]:
    places = pharmacies_of(person_id(request))
    allowed = request.session.get(PLACES)
    return places if allowed is None else [place for place in places if str(place.id) in allowed]


def stands_for_all_places(request: HttpRequest) -> bool:
    """Tell whether this session may change the account, which opens every pharmacy of the person's.

    A sign-in through the identity provider stands on the number that its pharmacies wrote, and for them only.
    """
    return PLACES not in request.session or len(places_of(request)) == len(pharmacies_of(person_id(request)))


def _seat_without_choice(request: HttpRequest) -> Seat | HttpResponse:
    places = places_of(request)
    here = request.session.pop(HANDED_OVER, None)
    suited = [place for place in places if str(place.id) == here] or places
    if len(suited) == 1:
        return bind_session(request, suited[0].id)
    if places:
        return redirect("choose_pharmacy")
    logout(request)
    messages.error(
        request, _("Your account has no place in a pharmacy, or it was suspended. Ask the pharmacy's owner.")
    )
    return redirect("account_login")
