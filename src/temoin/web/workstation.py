"""The workstation: the name that people gave the computer they stand at, and its habits, kept in its browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from temoin.catalogue.kinds import load_kinds
from temoin.lib.errors import InvalidError
from temoin.lib.typed import typed_line

LIFE = timedelta(days=400)  # browsers keep a cookie no longer
YES = "yes"


class Paper(StrEnum):
    """On what a workstation prints its tickets."""

    ROLL = "roll"
    LABEL = "label"
    A4 = "a4"
    NONE = "none"  # it prints none by itself


@dataclass(frozen=True)
class Habits:
    """What a workstation does unless told otherwise. It is of the place, never of a person or a patient."""

    kind: str = ""  # of the last test that was registered there
    paper: Paper = Paper.ROLL
    symptoms_first: bool = False  # those with symptoms stand first among the waiting


def workstation(request: HttpRequest) -> str:
    """Return the name of the workstation; "" when it has none, or its cookie was played with."""
    try:
        return typed_line("opened_where", unquote(request.COOKIES.get(settings.WORKSTATION_COOKIE_NAME, "")), of="Lot")
    except InvalidError:
        return ""


def name_workstation(response: HttpResponseBase, name: str) -> None:
    """Have the browser remember the name; InvalidError when it is none."""
    _keep(response, settings.WORKSTATION_COOKIE_NAME, quote(typed_line("opened_where", name, of="Lot")))


def habits_of(request: HttpRequest) -> Habits:
    """Return the habits of the workstation; the usual ones in place of what no workstation has."""
    told = dict(parse_qsl(request.COOKIES.get(settings.HABITS_COOKIE_NAME, "")[:200]))
    return Habits(
        kind=told.get("kind", "") if told.get("kind") in load_kinds() else "",
        paper=read_paper(told.get("paper", "")),
        symptoms_first=told.get("symptoms_first") == YES,
    )


def read_paper(text: str) -> Paper:
    """Return the paper of this name, the usual one for any other text."""
    return Paper(text) if text in set(Paper) else Paper.ROLL


def remember(request: HttpRequest, response: HttpResponseBase, **changed: Any) -> None:
    """Have the browser remember a habit."""
    habits = replace(habits_of(request), **changed)
    told = asdict(habits) | {"symptoms_first": YES if habits.symptoms_first else ""}
    _keep(response, settings.HABITS_COOKIE_NAME, urlencode(told))


def _keep(response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=LIFE, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict"
    )
