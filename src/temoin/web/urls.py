"""The addresses of the staff site, made from the table and from nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.urls import ResolverMatch, URLPattern, URLResolver, path
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RoutePattern

from temoin.web import errors
from temoin.web.access import GuardedRoute, guarded
from temoin.web.routes import ROUTES

Shape = tuple[int, str, str]  # how many words, the first and the last of them; "" stands for any
_ANY = ""


class Addresses(URLResolver):
    """The patterns by their shape: Django tries one after the other, and there are a hundred."""

    def __init__(self, patterns: list[URLPattern]) -> None:
        super().__init__(RoutePattern("", is_endpoint=False), patterns)
        self._by_shape: dict[Shape, list[URLPattern]] = {}
        for pattern in patterns:
            self._by_shape.setdefault(_shape_of(str(pattern.pattern)), []).append(pattern)

    def resolve(self, path: str) -> ResolverMatch:
        """Return the page of an address; a word that stands in the table goes before one that may be any."""
        path = str(path)
        for pattern in self._candidates(*_shape_of(path)):
            found = pattern.resolve(path)
            if found is not None:
                return found
        raise Resolver404({"tried": [], "path": path})

    def _candidates(self, count: int, first: str, last: str) -> Iterator[URLPattern]:
        for shape in ((count, first, last), (count, first, _ANY), (count, _ANY, last), (count, _ANY, _ANY)):
            yield from self._by_shape.get(shape, ())


def _shape_of(address: str) -> Shape:
    words = address.split("/")
    first, last = words[0], words[-1] or words[-2 if len(words) > 1 else -1]
    return len(words), _ANY if "<" in first else first, _ANY if "<" in last else last


def addresses_of(routes: Iterable[GuardedRoute]) -> Addresses:
    """Return what finds these pages."""
    return Addresses([path(route.path, guarded(route), name=route.name) for route in routes])


urlpatterns = [addresses_of(ROUTES)]

handler400 = errors.bad_request
handler403 = errors.denied
handler404 = errors.not_found
handler500 = errors.failed
handler429 = errors.too_many  # the sign-in library asks for it by this name
