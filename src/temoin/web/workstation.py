"""The workstation: the name that people gave the computer they stand at, and its habits, kept in its browser."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from temoin.catalogue.kinds import load_kinds
from temoin.lib.errors import InvalidError
from temoin.lib.typed import typed_line

MOST_LOTS = 8  # one for each kind of test, and some to spare
_LONGEST = 600  # characters of the cookie of habits
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
    lots: tuple[UUID, ...] = ()  # whose boxes were scanned there, the latest first


@dataclass(frozen=True)
class Station:
    """A workstation as samples are taken there: its name, "" without one, and the lots scanned there, latest first."""

    name: str = ""
    lots: tuple[UUID, ...] = ()


def workstation(request: HttpRequest) -> str:
    """Return the name of the workstation; "" when it has none, or its cookie was played with."""
    try:
        return typed_line("opened_where", unquote(request.COOKIES.get(settings.WORKSTATION_COOKIE_NAME, "")), of="Lot")
    except InvalidError:
        return ""


def name_workstation(response: HttpResponseBase, name: str) -> None:
    """Have the browser remember the name; InvalidError when it is none."""
    _keep(response, settings.WORKSTATION_COOKIE_NAME, quote(typed_line("opened_where", name, of="Lot")))


def station_of(request: HttpRequest) -> Station:
    """Return the workstation with the lots in use there."""
    return Station(workstation(request), habits_of(request).lots)


def habits_of(request: HttpRequest) -> Habits:
    """Return the habits of the workstation; the usual ones in place of what no workstation has."""
    told = dict(parse_qsl(request.COOKIES.get(settings.HABITS_COOKIE_NAME, "")[:_LONGEST]))
    return Habits(
        kind=told.get("kind", "") if told.get("kind") in load_kinds() else "",
        paper=read_paper(told.get("paper", "")),
        symptoms_first=told.get("symptoms_first") == YES,
        lots=_read_lots(told.get("lots", "")),
    )


def read_paper(text: str) -> Paper:
    """Return the paper of this name, the usual one for any other text."""
    return Paper(text) if text in set(Paper) else Paper.ROLL


def remember(request: HttpRequest, response: HttpResponseBase, **changed: Any) -> None:
    """Have the browser remember a habit."""
    habits = replace(habits_of(request), **changed)
    told = asdict(habits) | {"symptoms_first": YES if habits.symptoms_first else ""}
    told["lots"] = ".".join(lot.hex for lot in habits.lots)
    _keep(response, settings.HABITS_COOKIE_NAME, urlencode(told))


def use_lot(request: HttpRequest, response: HttpResponseBase, lot_id: UUID) -> None:
    """Have the browser remember that a lot is in use here, before those of boxes scanned earlier."""
    others = (lot for lot in habits_of(request).lots if lot != lot_id)
    remember(request, response, lots=(lot_id, *others)[:MOST_LOTS])


def _read_lots(text: str) -> tuple[UUID, ...]:
    try:
        return tuple(UUID(hex=part) for part in text.split(".")[:MOST_LOTS] if part)
    except ValueError:
        return ()


def _keep(response: HttpResponseBase, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=LIFE, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Strict"
    )
