"""Where the API leaves the road of the pages: before sessions, cookies and forms, none of which a program has."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve, set_urlconf

from temoin.api.answers import not_found
from temoin.api.outcomes import in_fhir

PREFIX = "/api/"
ADDRESSES = "temoin.api.urls"


class ApiDoor:
    """Middleware, before sessions: answers everything under /api/ itself; the pages never see it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a program, or pass a person on."""
        if not request.path_info.startswith(PREFIX):
            return self._get_response(request)
        set_urlconf(ADDRESSES)  # a defect is then answered as JSON too; Django sets it anew for each request
        try:
            found = resolve(request.path_info, ADDRESSES)
        except Resolver404:
            return in_fhir(request, not_found(request))
        return in_fhir(request, found.func(request, **found.kwargs))
