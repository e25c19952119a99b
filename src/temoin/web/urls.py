"""The addresses of the staff site, made from the table and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from django.urls import URLPattern, URLResolver, include, path

from temoin.web import errors
from temoin.web.access import GuardedRoute, pattern
from temoin.web.routes import ROUTES


def grouped(routes: Iterable[GuardedRoute]) -> list[URLPattern | URLResolver]:
    """Return the patterns by their first word: Django tries one after the other, and signing stood behind fifty."""
    alone: list[URLPattern | URLResolver] = []
    groups: dict[str, list[URLPattern]] = {}
    for route in routes:
        head, slash, rest = route.path.partition("/")
        if not slash or "<" in head:
            alone.append(pattern(route))
        else:
            groups.setdefault(f"{head}/", []).append(pattern(replace(route, path=rest)))
    return [*(path(head, include(patterns)) for head, patterns in groups.items()), *alone]


urlpatterns = grouped(ROUTES)

handler400 = errors.bad_request
handler403 = errors.denied
handler404 = errors.not_found
handler500 = errors.failed
handler429 = errors.too_many  # the sign-in library asks for it by this name
