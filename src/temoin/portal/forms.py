"""The form that patients fill in themselves: a page like any other visitor's, and the box for what it seals.

The site cannot read what passes: the browser seals it to the pharmacy's key. Whoever holds the code of a poster may
hand forms in. What they cost bounds that: work of their browser for each, and a pace for each caller and each pharmacy;
no more forms wait in a pharmacy than there are numbers to call (decision 0150).
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from hashlib import sha256
from typing import Any, Final, TypeVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from temoin.arrivals.box import BoxAnswer, HandedForm, StandingPoster, find_poster, hand_in, key_of_month
from temoin.delivery.pace import charge, has_tokens
from temoin.lib.clock import now
from temoin.portal.form_page import form_context
from temoin.portal.limits import caller_buckets, form_buckets
from temoin.portal.views import SITE, address_of, plain

TOKEN_BYTES: Final = 16
LONGEST: Final = 12_288  # of a body: two blocks of a sealed form, in base64
WORK_BITS: Final = 13  # that the hash of a stamp begins with: some 8,000 tries, a second of a telephone
PER_POSTER: Final = 30  # forms a minute: a queue at its worst hands in ten
NUMBERS: Final = range(100, 1000)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STATUS = {BoxAnswer.WAITING: 200, BoxAnswer.AGAIN: 200, BoxAnswer.NUMBER: 409, BoxAnswer.GONE: 410}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the same bytes to everyone: whose poster was read, only the browser knows."""
    return form_page(request, takes_appointments=False)


def form_page(request: HttpRequest, *, takes_appointments: bool) -> HttpResponse:
    """Return the form, for the queue or with the choice of an hour."""
    about = {"is_demo": SITE().demo, "work_bits": WORK_BITS}
    return render(request, "portal/form.html", {**about, **_words(takes_appointments=takes_appointments)})


@csrf_exempt  # nothing to forge: no cookie is read or set, and whoever holds a poster's code may ask
@require_POST
def poster(request: HttpRequest) -> HttpResponse:
    """Tell whose poster it is, to what its forms are sealed this month, and the day of their stamp."""
    token = read_asked(request, read_token)
    found = token if isinstance(token, HttpResponse) else standing_of(request, token)
    if isinstance(found, HttpResponse):
        return found
    key = key_of_month(found, f"{now():%Y-%m}")
    if key is None:
        return plain("no key", 503)
    told = {
        "pharmacy": str(found.pharmacy_id),
        "place": found.place,
        "key": str(key.key_id),
        "day": stamp_day(0),
    }  # a phone may have another
    return JsonResponse({**told, "public": urlsafe_b64encode(key.public).rstrip(b"=").decode("ascii")})


@csrf_exempt  # as above
@require_POST
def put_in(request: HttpRequest) -> HttpResponse:
    """Put a sealed form into the pharmacy's box."""
    sent = read_asked(request, _sent)
    if isinstance(sent, HttpResponse):
        return sent
    if not is_recent(sent.day):
        return another_day()
    found = standing_of(request, sent.token)
    if isinstance(found, HttpResponse):
        return found
    buckets = form_buckets(address_of(request), f"poster|{found.pharmacy_id}", PER_POSTER)
    if not has_tokens(buckets):
        return plain("too many requests", 429)
    charge(buckets)
    answer = hand_in(found, sent.form)
    return JsonResponse({"answer": answer.value}, status=_STATUS[answer])


@dataclass(frozen=True)
class SentForm:
    """What the page sends with a form."""

    token: bytes
    day: str
    form: HandedForm


Asked = TypeVar("Asked")


def read_asked(request: HttpRequest, read: Callable[[Mapping[str, Any]], Asked]) -> Asked | HttpResponse:
    """Return what is asked, or the answer to what cannot be read."""
    if request.content_type != "application/json":
        return plain("application/json only", 415)
    body = request.read(LONGEST + 1)
    if len(body) > LONGEST:
        return plain("too large", 413)
    try:
        return read(json.loads(body))
    except (KeyError, TypeError, ValueError, RecursionError):
        return plain("not as the page sends it", 400)


def read_token(given: Mapping[str, Any]) -> bytes:
    """Read the code of a poster."""
    token = decoded(given["poster"])
    if len(token) != TOKEN_BYTES:
        raise ValueError("a code has 16 bytes")
    return token


def _sent(given: Mapping[str, Any]) -> SentForm:
    return read_sent(given, NUMBERS)


def read_sent(given: Mapping[str, Any], numbers: range) -> SentForm:
    """Read a sealed form with its stamp, and a number that its kind of form may have."""
    number, sealed, arrival_id = given["number"], decoded(given["sealed"]), read_id(given["id"])
    if type(number) is not int or number not in numbers or not sealed:
        raise ValueError("a number is of its range, and a form is not empty")
    if not is_worked(given["poster"], arrival_id, given["day"], given["nonce"]):
        raise ValueError("the browser did not do the work")
    return SentForm(read_token(given), given["day"], HandedForm(arrival_id, read_id(given["key"]), number, sealed))


def read_id(text: object) -> UUID:
    """Read an identifier."""
    if not isinstance(text, str):
        raise TypeError("identifiers are texts")
    return UUID(text)


def is_worked(code: str, arrival_id: UUID, day: str, nonce: object) -> bool:
    """Tell whether a browser did the work for this form and day."""
    if type(nonce) is not int or type(day) is not str or not _DAY.fullmatch(day):
        return False
    digest = sha256(f"{code}|{arrival_id}|{day}|{nonce}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - WORK_BITS) == 0


def is_recent(day: str) -> bool:
    """Tell whether a stamp is of these days; a phone may have another day than the site."""
    return day in {stamp_day(-1), stamp_day(0), stamp_day(1)}


def another_day() -> HttpResponse:
    """Answer a stamp that is too old: the page asks for its poster again, and stamps anew."""
    return JsonResponse({"answer": "day"}, status=412)


def stamp_day(ahead: int) -> str:
    """Return the day that a stamp is of, some days from now."""
    return f"{now() + timedelta(days=ahead):%Y-%m-%d}"


def standing_of(request: HttpRequest, token: bytes) -> StandingPoster | HttpResponse:
    """Return the poster of a code; a wrong one is charged to who asks."""
    callers = caller_buckets(address_of(request))
    if not has_tokens(callers):
        return plain("too many requests", 429)
    found = find_poster(token)
    if found is None:
        charge(callers)
        return plain("no such poster", 404)
    return found


def decoded(text: object) -> bytes:
    """Read bytes that were sent as a text."""
    if not isinstance(text, str):
        raise TypeError("bytes are texts in base64url")
    return urlsafe_b64decode(text.encode("ascii") + b"==")


@cache
def _words(*, takes_appointments: bool) -> Mapping[str, object]:
    return form_context(takes_appointments=takes_appointments)
