"""`/livez`, `/readyz` and `/healthz` of both sites: for whoever watches or balances them, before anything else looks.

No host name, no session, no limit and no log: a probe comes by address, each second, from a machine of the operator's.
The answers hold nothing but a word.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from temoin.lib.away import as_turned_away, is_away

LIVE = "/livez"
READY = frozenset({"/readyz", "/healthz"})  # the second is the older name


class SignsOfLife:
    """Middleware, just after the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe, or pass on."""
        if request.path_info != LIVE and request.path_info not in READY:
            return self._get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return _word("method not allowed", 405, Allow="GET, HEAD")
        return _word("ok") if request.path_info == LIVE else _readiness()


def _readiness() -> HttpResponse:
    """Say "ok" if this site can serve now: if its database answers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        if not is_away(error):
            raise
        return as_turned_away(_word("database away"), error)
    return _word("ok")


def _word(word: str, status: int = 200, **headers: str) -> HttpResponse:
    return HttpResponse(word, status=status, content_type="text/plain; charset=utf-8", headers=headers)
