"""A program of a pharmacy, and its token."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from api_programs import ask_token, assertion, register
from django.conf import settings as django_settings
from people import House, open_house

from temoin.api.settings import Api


@pytest.fixture(scope="session", autouse=True)
def static_folder() -> None:
    """What serves the pages' static files looks for their folder."""
    django_settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001
    """Two pharmacies and their people."""
    return open_house()


@pytest.fixture
def program(house: House) -> str:
    """The client id of a program of `here`, with KEY."""
    return register(house.owner)


@pytest.fixture
def token(program: str) -> str:
    """A token of that program."""
    return ask_token(assertion(program)).json()["access_token"]


@pytest.fixture
def mutual_tls(settings: Any) -> Callable[..., dict[str, str]]:
    """Certificates are asked for; the answer makes the header that the proxy would send."""
    settings.TEMOIN = replace(settings.TEMOIN, api=Api(certificate_header="X-Client-Certificate", proxy="127.0.0.1"))
    return lambda der="MIIB": {"X-Client-Certificate": f":{der}:"}
