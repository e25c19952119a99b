"""Each route is found under the address of its table, whatever the order in which addresses are tried."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.urls import Resolver404, URLPattern, resolve, reverse
from django.urls.converters import get_converters

from temoin.web.access import GuardedRoute
from temoin.web.routes import ROUTES
from temoin.web.urls import addresses_of

VALUES = {"uuid": UUID(int=7), "int": 7, "str": "x", "slug": "x", "path": "x"}
PART = re.compile(r"<(?:(\w+):)?(\w+)>")


def values_of(route: GuardedRoute) -> dict[str, object]:
    known = {name: VALUES.get(kind or "str", "x") for kind, name in PART.findall(route.path)}
    assert {kind or "str" for kind, _ in PART.findall(route.path)} <= set(get_converters())
    return known


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_an_address_leads_to_its_route_and_back(route: GuardedRoute):
    address = reverse(route.name, kwargs=values_of(route))

    assert address == "/" + PART.sub(lambda part: str(VALUES.get(part[1] or "str", "x")), route.path)
    assert resolve(address).url_name == route.name


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_few_addresses_are_tried_before_the_right_one(route: GuardedRoute, monkeypatch):
    address = reverse(route.name, kwargs=values_of(route)).removeprefix("/")
    tried: list[str] = []
    match = URLPattern.resolve
    monkeypatch.setattr(URLPattern, "resolve", lambda self, path: tried.append(path) or match(self, path))

    assert addresses_of(ROUTES).resolve(address).url_name == route.name
    assert len(tried) <= 2


@pytest.mark.parametrize("address", ["nowhere/", "tests/7/", "tests", "tests//sign/", "tests/<uuid:record_id>/sign/"])
def test_what_is_no_address_leads_nowhere(address: str):
    with pytest.raises(Resolver404):
        resolve(f"/{address}")
