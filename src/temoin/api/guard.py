"""Who reaches a resource: the row of the table that each one has, and the guard that applies it. Deny by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path

from temoin.api.answers import bad_token, error_answer, method_not_allowed, reads_too_much, unvouched_token
from temoin.api.certificate import presented
from temoin.lib.errors import DeniedError, TemoinError
from temoin.oversight.reading import reads_much
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.programs import ProgramRefusedError, ProgramSeat, UnvouchedError, take_program_seat
from temoin.pharmacies.refused_calls import note_denied_call, note_refused_token


class Open(StrEnum):
    """What a resource asks for when no particular right guards it."""

    NOTHING = "nothing"  # the token's own address: the assertion is judged there
    TOKEN = "token"  # noqa: S105 any program with a token


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One address: its name, its path, its view, what it asks for and by which methods."""

    name: str
    path: str
    view: Callable[..., HttpResponseBase]
    asks: Open | Right
    methods: tuple[str, ...] = ("GET",)


def pattern(resource: Resource) -> URLPattern:
    return path(resource.path, guarded(resource), name=resource.name)


def guarded(resource: Resource) -> Callable[..., HttpResponseBase]:
    """Wrap a view: method, token and scope are checked here, and every error of a room becomes its answer."""

    def view(request: HttpRequest, **places: Any) -> HttpResponseBase:
        method = "GET" if request.method == "HEAD" else request.method
        if method not in resource.methods:
            return method_not_allowed(resource.methods)
        try:
            if resource.asks is Open.NOTHING:
                return resource.view(request, **places)
            return _answer(resource, request, _seat(request), places)
        except ProgramRefusedError as refused:
            if refused.pharmacy_id:
                note_refused_token(pharmacy_id=refused.pharmacy_id, program_id=refused.program_id)
            return bad_token()
        except UnvouchedError:
            return unvouched_token()
        except TemoinError as error:
            return error_answer(error)

    view.__name__ = resource.name
    return view


def _answer(resource: Resource, request: HttpRequest, seat: ProgramSeat, places: dict[str, Any]) -> HttpResponseBase:
    try:
        if isinstance(resource.asks, Right):
            # The action checks again: this one only answers before anything of the pharmacy is read.
            check_right(by=seat, right=resource.asks)
            if reads_much(by=seat):
                return reads_too_much()
        return resource.view(request, seat, **places)
    except DeniedError as error:
        note_denied_call(by=seat, right=str(error))
        raise


def _seat(request: HttpRequest) -> ProgramSeat:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ProgramRefusedError
    return take_program_seat(token=token.strip(), certificate=presented(request))
