"""The addresses of the patient site: the page and the letter box; and what it answers when it cannot."""

from __future__ import annotations

import json
import logging
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from temoin.catalogue.patient_languages import patient_languages
from temoin.delivery.letter_box import LetterAnswer, LetterStanding, Tried, look_up, open_letter_box
from temoin.delivery.pace import charge, has_tokens
from temoin.lib.away import as_told, as_turned_away, is_away
from temoin.lib.handed import Handed
from temoin.lib.site import Site
from temoin.portal.limits import caller_buckets, letter_buckets
from temoin.portal.words import MEANINGS, MESSAGES, advice_on_page, page_words

log = logging.getLogger("temoin.portal")

SITE: Final[Handed[Site]] = Handed("addresses of the site")

BODY_LIMIT: Final = 1024
HALF_BYTES: Final = 32
REFUSAL_SECONDS: Final = 0.1
_STATUS = {
    LetterAnswer.WRONG: 403,
    LetterAnswer.NONE: 404,
    LetterAnswer.EXPIRED: 410,
    LetterAnswer.REPLACED: 410,
    LetterAnswer.LOCKED: 423,
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Return the same bytes to everyone: which letter it will open, only the browser knows."""
    return _page(request, 200)


@csrf_exempt  # nothing to forge: no cookie is read or set, and whoever knows both halves may open the letter
@require_POST
def letter(request: HttpRequest) -> HttpResponse:
    """Hand out the sealed letter to whoever proves both halves; tell the holder of its link alone why not."""
    arrived = time.monotonic()
    if request.content_type != "application/json":
        return plain("application/json only", 415)
    body = request.read(BODY_LIMIT + 1)
    if len(body) > BODY_LIMIT:
        return plain("too large", 413)
    try:
        lookup, auth = _halves(body)
    except (ValueError, RecursionError):  # brackets nested a thousand deep fit in the limit too
        return plain("lookup and auth, 32 bytes each, in base64url", 400)
    buckets = caller_buckets(address_of(request))
    standing = look_up(lookup)
    if standing is not LetterStanding.NONE:
        buckets += letter_buckets(sha256(lookup).digest())
    if standing is not LetterStanding.UNTRIED and not has_tokens(buckets):
        return plain("too many requests", 429)
    tried = open_letter_box(lookup, auth)
    if tried.answer is LetterAnswer.OPENED:
        return JsonResponse({"ciphertext": urlsafe_b64encode(tried.ciphertext).decode("ascii")})
    if tried.answer is not LetterAnswer.REPLACED:
        charge(buckets)
    return _refusal(request, arrived, tried)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 Django names it
    """Answer every other address with the page, and without repeating it: some mail programs write `#` as `%23`."""
    return _page(request, 404)


def failed(request: HttpRequest) -> HttpResponse:
    """Answer a defect without a word about it, and an outage with when to ask again."""
    error = sys.exc_info()[1]
    if not is_away(error):
        log.error("a request failed", exc_info=True)
        return as_told(plain("unavailable", 500))
    if "text/html" not in request.headers.get("Accept", ""):  # a script of ours asks: it has its own words
        return as_turned_away(plain("unavailable", 503), error)
    return as_turned_away(render(request, "portal/away.html", {"is_demo": SITE().demo}), error)


def _page(request: HttpRequest, status: int) -> HttpResponse:
    return render(request, "portal/page.html", {"is_demo": SITE().demo, **_words()}, status=status)


@cache
def _words() -> Mapping[str, object]:
    """Return what the page says, which is the same until the program is started anew."""
    words = page_words()
    return {
        "languages": patient_languages().values(),
        "w": words,
        "messages": [(name, look, words[name]) for name, look in MESSAGES.items()],
        "meanings": [(meaning, words[f"means_{meaning}"]) for meaning in MEANINGS],
        "advice": advice_on_page(),
    }


def address_of(request: HttpRequest) -> str:
    """Return who asks: the last hop the proxy wrote, where the settings say that one stands before us."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META["REMOTE_ADDR"])


def _halves(body: bytes) -> tuple[bytes, bytes]:
    match json.loads(body):
        case {"lookup": str(lookup), "auth": str(auth)}:
            return _decoded(lookup), _decoded(auth)
    raise ValueError("lookup and auth are texts")


def _decoded(text: str) -> bytes:
    half = urlsafe_b64decode(text.encode("ascii") + b"=")
    if len(half) != HALF_BYTES:
        raise ValueError("a half has 32 bytes")
    return half


def _refusal(request: HttpRequest, arrived: float, tried: Tried) -> HttpResponse:
    # A wrong code writes an event where an unknown letter writes nothing: the delay hides the difference. The server
    # waits (see `serving.answering`), not this thread: wrong tries must not use up the threads.
    request.META["temoin.not_before"] = arrived + REFUSAL_SECONDS
    left = {"tries_left": tried.tries_left} if tried.answer is LetterAnswer.WRONG else {}
    return JsonResponse({"answer": tried.answer.value, **left}, status=_STATUS[tried.answer])


def plain(text: str, status: int) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
