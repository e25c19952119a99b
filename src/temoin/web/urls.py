"""The addresses of the staff site, made from the table and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import URLPattern, URLResolver, include, path

from temoin.web import errors
from temoin.web.access import GuardedRoute, guarded
from temoin.web.routes import ROUTES

Pattern = URLPattern | URLResolver
Rest = tuple[str, GuardedRoute]


def grouped(routes: Iterable[Rest]) -> list[Pattern]:
    """Return the patterns word by word: Django tries one after the other, and signing stood behind fifty."""
    ends: list[Pattern] = []
    groups: dict[str, list[Rest]] = {}
    for rest, route in routes:
        head, slash, tail = rest.partition("/")
        if slash and tail:
            groups.setdefault(f"{head}/", []).append((tail, route))
        else:
            ends.append(path(rest, guarded(route), name=route.name))
    return [*ends, *(_group(head, below) for head, below in _plain_words_first(groups))]


def _plain_words_first(groups: dict[str, list[Rest]]) -> list[tuple[str, list[Rest]]]:
    return sorted(groups.items(), key=lambda group: "<" in group[0])


def _group(head: str, below: list[Rest]) -> Pattern:
    if len(below) > 1:
        return path(head, include(grouped(below)))
    tail, route = below[0]
    return path(f"{head}{tail}", guarded(route), name=route.name)


urlpatterns = grouped((route.path, route) for route in ROUTES)

handler400 = errors.bad_request
handler403 = errors.denied
handler404 = errors.not_found
handler500 = errors.failed
handler429 = errors.too_many  # the sign-in library asks for it by this name
