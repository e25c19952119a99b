"""How long a session lives: by default 15 minutes without a request, 12 hours in all (`settings.session_times`).

The database row's expiry is the idle limit. Saving it at every request would cost a round trip each; it is
moved on once a minute at most, so that a session ends at most a minute early. The page is told the exact end.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from temoin.lib.clock import now
from temoin.signin.open_sessions import BEGAN, DEVICE, NETWORK, SEEN, device_of, network_of
from temoin.signin.sessions import owner_of

STEP = 60  # seconds
# What a page asks by itself (how long its session lasts, whether its list changed) keeps no session alive.
ASKS_ONLY = frozenset({"/session/", "/counter/changes/", "/counter/list/"})


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
        if (
            instant - session.get(BEGAN, instant) >= settings.SESSION_ABSOLUTE_AGE
            or instant - session.get(SEEN, instant) >= settings.SESSION_COOKIE_AGE
        ):
            cast("Any", request).ended_owner = owner_of(session)
            logout(request)
            return
        if BEGAN not in session:
            session[BEGAN] = instant
            session[DEVICE] = device_of(request.headers.get("User-Agent", ""))
            session[NETWORK] = network_of(get_adapter(request).get_client_ip(request))
            type(session).clear_expired()  # once per sign-in: the rows of sessions that nobody ended
        asks_only = request.method == "GET" and request.path_info in ASKS_ONLY
        if instant - session.get(SEEN, 0) >= STEP and not asks_only:
            session[SEEN] = instant
