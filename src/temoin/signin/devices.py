"""Browsers where somebody signed in before: strangers' wrong tries never make their people wait (a counter apart).

The cookie is sealed under the platform key and names, for each person, a number of the browser and nothing else. It
opens nothing: whoever holds it still needs password and second factor, and has the same few tries.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import salted_hmac

from temoin.crypto.envelope import SealBrokenError
from temoin.crypto.platform import open_platform_secret, seal_platform_secret
from temoin.lib.clock import now
from temoin.signin.freshness import has_second_factor, person

LIFE = timedelta(days=180)
MOST = 12  # persons of one browser: a shared post at the counter
_MARKED = "temoin_device_known"
_PURPOSE = "known browser"

Known = dict[str, tuple[str, float]]  # by the person's hash: the number of the browser for them, and since when


class KnownDevices:
    """Middleware, last in the list: remembers the browser once its person has shown a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and set the cookie once a session."""
        response = self._get_response(request)
        if request.user.is_authenticated and _MARKED not in request.session and has_second_factor(request):
            request.session[_MARKED] = True
            _remember(request, response)
        return response


def known_device(request: HttpRequest, email: str) -> str:
    """Return the number under which this browser is known for the person of an address; "" when it is not."""
    number, since = _read(request).get(_hash(email), ("", 0.0))
    return number if since > (now() - LIFE).timestamp() else ""


def _remember(request: HttpRequest, response: HttpResponseBase) -> None:
    known, mine = _read(request), _hash(person(request).email)
    number = known.pop(mine, ("", 0.0))[0] or secrets.token_hex(8)
    kept = dict([*known.items()][-(MOST - 1) :]) | {mine: (number, now().timestamp())}
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        seal_platform_secret(_PURPOSE, json.dumps(kept)),
        max_age=LIFE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )


def _read(request: HttpRequest) -> Known:
    try:
        found: dict[str, Any] = json.loads(
            open_platform_secret(_PURPOSE, request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""))
        )
    except (SealBrokenError, ValueError):
        return {}
    return {one: (str(number), float(since)) for one, (number, since) in found.items()}


def _hash(email: str) -> str:
    return salted_hmac("temoin.device", email.strip().lower(), algorithm="sha256").hexdigest()[:24]
