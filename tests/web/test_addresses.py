"""Each route is found under the address of its table, whatever the order in which addresses are tried."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from django.urls import resolve, reverse
from django.urls.converters import get_converters

from temoin.web.access import GuardedRoute
from temoin.web.routes import ROUTES
from temoin.web.urls import urlpatterns

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


def test_few_addresses_are_tried_before_the_right_one():
    assert len(urlpatterns) < len(ROUTES) / 2
