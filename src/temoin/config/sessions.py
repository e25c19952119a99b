"""How long a session lives: 15 minutes without a request, 12 hours in all.

The database row's expiry is the idle limit. Saving it at every request would cost a round trip each; it is
moved on once a minute at most, so that a session ends between 14 and 15 minutes after the last request.
"""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from temoin.lib.clock import now

IDLE = 15 * 60  # seconds
ABSOLUTE = 12 * 60 * 60
STEP = 60
BEGAN = "temoin_began"
SEEN = "temoin_seen"


class SessionLimits:
    """Middleware, after authentication: ends an old session and keeps a used one alive."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Judge the session before the page sees it."""
        if request.user.is_authenticated:
            self._limit(request)
        return self._get_response(request)

    def _limit(self, request: HttpRequest) -> None:
        instant = int(now().timestamp())
        session = request.session
        if instant - session.get(BEGAN, instant) >= ABSOLUTE or instant - session.get(SEEN, instant) >= IDLE:
            logout(request)
            return
        if BEGAN not in session:
            session[BEGAN] = instant
        if instant - session.get(SEEN, 0) >= STEP:
            session[SEEN] = instant
