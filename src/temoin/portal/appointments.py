"""Appointments by the pharmacy's page: its free hours, and the taking, moving and cancelling of one without an account.

The form is that of the queue, sealed in the browser. What is asked bounds abuse as it does there, with a pace of its
own for each pharmacy: a flood of appointments closes no queue. See decision 0175.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from temoin.arrivals.appointments import (
    OfferedHours,
    Taking,
    Wish,
    calendar_of_poster,
    give_up,
    put_off,
    take_place,
)
from temoin.delivery.pace import charge, has_tokens
from temoin.portal.forms import (
    SentForm,
    another_day,
    decoded,
    form_page,
    is_recent,
    read_asked,
    read_id,
    read_sent,
    read_token,
    stamp_day,
    standing_of,
)
from temoin.portal.limits import caller_buckets, form_buckets
from temoin.portal.views import address_of, plain

PER_PHARMACY: Final = 10  # appointments a minute
NUMBERS: Final = range(1000, 10_000)
PROOF_BYTES: Final = 32  # of what is made of a code
LINK_BYTES: Final = 16  # of a reminder: it cancels, and no more
DEVICE_BYTES: Final = 16
LAST_MINUTE: Final = 2**31 // 60  # since 1970: beyond, no calendar goes
_STATUS = {
    Taking.TAKEN: 200,
    Taking.AGAIN: 200,
    Taking.HELD: 403,
    Taking.NONE: 404,
    Taking.NUMBER: 409,
    Taking.GONE: 410,
    Taking.FAR: 422,
    Taking.FULL: 423,
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the same bytes to everyone: whose page it is, only the browser knows."""
    return form_page(request, takes_appointments=True)


@csrf_exempt  # nothing to forge: no cookie is read or set, and whoever holds a poster's code may ask
@require_POST
def offer(request: HttpRequest) -> HttpResponse:
    """Tell the hours that a pharmacy offers and the places left, and to which keys their forms are sealed."""
    token = read_asked(request, read_token)
    found = token if isinstance(token, HttpResponse) else standing_of(request, token)
    if isinstance(found, HttpResponse):
        return found
    calendar = calendar_of_poster(found)
    if calendar is None:
        return plain("no appointments", 404)
    about = {"pharmacy": str(found.pharmacy_id), "place": found.place, "day": stamp_day(0)}
    return JsonResponse({**about, **_told(calendar)})


@csrf_exempt  # as above
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take a place of an hour for a sealed form."""
    asked = read_asked(request, _asked_place)
    if isinstance(asked, HttpResponse):
        return asked
    if not is_recent(asked.sent.day):
        return another_day()
    found = standing_of(request, asked.sent.token)
    if isinstance(found, HttpResponse):
        return found
    buckets = form_buckets(address_of(request), f"appointments|{found.pharmacy_id}", PER_PHARMACY)
    if not has_tokens(buckets):
        return plain("too many requests", 429)
    charge(buckets)
    return _answer(take_place(found, asked.sent.form, asked.wish))


@csrf_exempt  # as above
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move the appointment of a secret; a wrong one is charged to who asks."""
    asked = read_asked(request, _asked_move)
    if isinstance(asked, HttpResponse):
        return asked
    found = standing_of(request, asked.token)
    if isinstance(found, HttpResponse):
        return found
    return _charged(request, put_off(found, asked.secret, asked.starts_at))


@csrf_exempt  # as above
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Cancel the appointment of a secret, and tell its hour; a wrong one is charged to who asks."""
    asked = read_asked(request, _asked_end)
    if isinstance(asked, HttpResponse):
        return asked
    if not has_tokens(caller_buckets(address_of(request))):
        return plain("too many requests", 429)
    changed = give_up(asked.pharmacy_id, asked.secret)
    if changed is None:
        return _charged(request, Taking.NONE)
    return JsonResponse({"starts": _minute(changed.starts_at), "zone": changed.zone})


@dataclass(frozen=True)
class _AskedPlace:
    sent: SentForm
    wish: Wish


@dataclass(frozen=True)
class _AskedMove:
    token: bytes
    secret: bytes
    starts_at: datetime


@dataclass(frozen=True)
class _AskedEnd:
    pharmacy_id: UUID
    secret: bytes


def _asked_place(given: Mapping[str, Any]) -> _AskedPlace:
    device, remind = decoded(given["device"]), given["remind"]
    if len(device) != DEVICE_BYTES or type(remind) is not bool:
        raise ValueError("a device has 16 bytes, and asks to be reminded or not")
    return _AskedPlace(read_sent(given, NUMBERS), Wish(_instant(given), _secret(given, PROOF_BYTES), device, remind))


def _asked_move(given: Mapping[str, Any]) -> _AskedMove:
    return _AskedMove(read_token(given), _secret(given, PROOF_BYTES), _instant(given))


def _asked_end(given: Mapping[str, Any]) -> _AskedEnd:
    return _AskedEnd(read_id(given["pharmacy"]), _secret(given, PROOF_BYTES, LINK_BYTES))


def _secret(given: Mapping[str, Any], *sizes: int) -> bytes:
    secret = decoded(given["secret"])
    if len(secret) not in sizes:
        raise ValueError("a secret has 16 or 32 bytes")
    return secret


def _instant(given: Mapping[str, Any]) -> datetime:
    minute = given["starts"]
    if type(minute) is not int or not 0 <= minute <= LAST_MINUTE:
        raise ValueError("an hour is a number of minutes since 1970")
    return datetime.fromtimestamp(minute * 60, tz=UTC)


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60


def _charged(request: HttpRequest, answer: Taking) -> HttpResponse:
    if answer is Taking.NONE:
        charge(caller_buckets(address_of(request)))
    return _answer(answer)


def _answer(answer: Taking) -> HttpResponse:
    return JsonResponse({"answer": answer.value}, status=_STATUS[answer])


def _told(calendar: OfferedHours) -> Mapping[str, Any]:
    """Return the hours in few bytes: the minute, the places left, and the places of kind and key in their lists."""
    keys = list(dict.fromkeys(offer.key for offer in calendar.offers))
    kinds = list(dict.fromkeys(offer.kind for offer in calendar.offers))
    hours = [(_minute(one.starts_at), one.left, kinds.index(one.kind), keys.index(one.key)) for one in calendar.offers]
    told = [{"key": str(one.key_id), "public": _text(one.public)} for one in keys]
    return {"zone": calendar.zone.key, "minutes": calendar.hours.minutes, "kinds": kinds, "keys": told, "hours": hours}


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
