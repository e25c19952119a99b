"""One name for a site on one's own machine, which has two: a passkey and a session belong to the name they began at."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.http.request import split_domain_port

Answer = Callable[[HttpRequest], HttpResponseBase]


class OneAddress:
    """Middleware behind what programs ask for: it leads a page of the other name to the address that is told."""

    def __init__(self, get_response: Answer) -> None:
        if not settings.OTHER_NAMES:  # any real site, whose one name is the allowed one
            raise MiddlewareNotUsed
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Lead away from the other name, or answer."""
        name, port = split_domain_port(request.META.get("HTTP_HOST", ""))
        if name not in settings.OTHER_NAMES or request.method not in {"GET", "HEAD"}:
            return self._get_response(request)
        told = f"{settings.TOLD_NAME}:{port}" if port else settings.TOLD_NAME
        return HttpResponseRedirect(f"{request.scheme}://{told}{request.get_full_path()}")
