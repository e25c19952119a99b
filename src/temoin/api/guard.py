"""Who reaches an operation: the row of the table that each one has, and the guard that applies it. Deny by default."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from pydantic import BaseModel

from temoin.api.answers import answer, bad_token, error_answer, method_not_allowed, reads_too_much, unvouched_token
from temoin.api.bodies import Nothing
from temoin.api.certificate import presented
from temoin.api.near import TELLING, tell_no_further
from temoin.api.paging import PAGING, list_asked, page_answer
from temoin.api.reading import LARGEST, check_accepted, check_asked, read_body, read_nothing, read_raw
from temoin.api.versions import MatchNeededError, check_match, is_known, quoted
from temoin.api.write_pace import spend_write, tell_budget
from temoin.lib.errors import DeniedError, TemoinError
from temoin.oversight.reading import reads_much
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.program_calls import answered_once, check_key
from temoin.pharmacies.programs import ProgramRefusedError, ProgramSeat, UnvouchedError, take_program_seat
from temoin.pharmacies.refused_calls import note_denied_call, note_refused_token

# Asked before a large body is read, where nothing but that it may come is answered (`serving.reading`).
UNREAD, ADMITTED = "temoin.unread", HTTPStatus.NO_CONTENT
LEFT = "ETag"  # in what is kept of an answer, beside the fields of its shape


class Open(StrEnum):
    """What an operation asks for when no particular right guards it."""

    NOTHING = "nothing"  # the token's own address, where the assertion is judged; and the specification
    TOKEN = "token"  # noqa: S105 any program with a token


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address: its view, what it asks for, what it takes and what it answers.

    What is done for a program is done once, under the key that it sends; `is_once` is false for an operation that
    keeps to this by itself.
    """

    name: str
    path: str
    view: Callable[..., Any]
    asks: Open | Right
    summary: str
    method: str = "GET"
    body: type[BaseModel] | None = None
    media: tuple[str, ...] = ()  # of a body that its view takes as bytes, to answer by itself
    largest: int = LARGEST  # bytes of such a body
    answers: type[BaseModel] = Nothing
    speaks: str = ""  # the media type of an answer that is no shape of ours
    status: int = 200
    asked: tuple[tuple[str, str], ...] = ()  # what may stand after the question mark: name and pattern
    passed: tuple[str, ...] = ()  # likewise, and of no effect
    form: tuple[tuple[str, str], ...] = ()  # what may stand in a form
    needs: tuple[str, ...] = ()  # which of these must
    twice: tuple[str, ...] = ()  # which of these may come two times
    is_paged: bool = False
    version: Callable[..., str] | None = None  # of the one thing it is about; a call that changes it holds its row
    replaces: Callable[..., bool] | None = None  # whether it would replace something: then `If-Match` is needed
    is_once: bool = True
    takes_key: bool = False
    is_look: bool = False  # although what is asked stands in a body
    is_told: bool = True  # in the specification

    @property
    def is_write(self) -> bool:
        """Tell whether a call is work that a program has a pace for; a search is a look, and has that of looks."""
        return self.method == "POST" and isinstance(self.asks, Right) and not self.is_look

    @property
    def parameters(self) -> tuple[str, ...]:
        """Return what may stand after the question mark."""
        return tuple(name for name, _pattern in (*self.asked, *(PAGING if self.is_paged else ()))) + self.passed

    @property
    def is_keyed(self) -> bool:
        """Tell whether the guard does a call once under its key."""
        return self.method == "POST" and self.is_once and self.asks is not Open.NOTHING


class AddressView:
    """The view of one address: method, token and scope are checked here, and every error becomes its answer."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations = tuple(operations)
        self._by_method = {operation.method: operation for operation in self.operations}

    def __call__(self, request: HttpRequest, **places: Any) -> HttpResponseBase:
        operation = self._by_method.get("GET" if request.method == "HEAD" else request.method or "")
        if operation is None:
            return method_not_allowed(tuple(self._by_method))
        if operation.asks is Open.NOTHING:
            return _without_token(operation, request, places)
        with translation.override(translation.get_language_from_request(request)):
            told = _with_token(operation, request, places)
        tell_budget(request, told)
        return told


def _without_token(operation: Operation, request: HttpRequest, places: dict[str, Any]) -> HttpResponseBase:
    try:
        found: HttpResponseBase = operation.view(request, **places)
    except TemoinError as error:
        return error_answer(error)
    return found


def _with_token(operation: Operation, request: HttpRequest, places: dict[str, Any]) -> HttpResponseBase:
    try:
        return _answer(operation, request, _seat(request), places)
    except ProgramRefusedError as refused:
        if refused.pharmacy_id:
            note_refused_token(pharmacy_id=refused.pharmacy_id, program_id=refused.program_id)
        return bad_token()
    except UnvouchedError:
        return unvouched_token()
    except TemoinError as error:
        return error_answer(error)


def _answer(operation: Operation, request: HttpRequest, seat: ProgramSeat, places: dict[str, Any]) -> HttpResponseBase:
    try:
        if isinstance(operation.asks, Right):
            # The action checks again: this one only answers before anything of the pharmacy is read.
            check_right(by=seat, right=operation.asks)
            if reads_much(by=seat):
                return reads_too_much()
            if operation.is_write:
                spend_write(request, seat)
        if request.META.get(UNREAD):
            return HttpResponse(status=ADMITTED)
        return _done(operation, request, seat, places)
    except DeniedError as error:
        note_denied_call(by=seat, right=str(error))
        raise
    except TELLING as error:
        tell_no_further(seat, error)
        raise


def _done(operation: Operation, request: HttpRequest, seat: ProgramSeat, places: dict[str, Any]) -> HttpResponseBase:
    if operation.speaks:  # FHIR has parameters for every address, and judges those that choose by itself
        return _spoken(operation, request, seat, places)
    check_asked(request, operation.parameters)
    if operation.media:
        told: HttpResponseBase = operation.view(
            request, seat, body=read_raw(request, operation.media, operation.largest), **places
        )
        return told
    if operation.is_paged:
        find = partial(operation.view, request, seat, **places)
        return page_answer(list_asked(seat, request, operation.name, operation.asked), request, find)
    if operation.version is not None:
        return _versioned(operation, request, seat, places)
    return answer(_content(operation, request, seat, places), operation.status)


def _spoken(operation: Operation, request: HttpRequest, seat: ProgramSeat, places: dict[str, Any]) -> HttpResponse:
    """Answer in another language than ours, with a weak tag of the version (FHIR R4, 3.1.0.1.3)."""
    check_accepted(request, operation.speaks)
    given = {"body": read_raw(request, operation.media)} if operation.media else {}
    tag = {} if operation.version is None else {"ETag": f"W/{quoted(version := operation.version(seat, **places))}"}
    if tag and is_known(request, version):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=tag)
    content = orjson.dumps(operation.view(request, seat, **given, **places))
    return HttpResponse(content, content_type=operation.speaks, headers=tag)


def _versioned(operation: Operation, request: HttpRequest, seat: ProgramSeat, places: dict[str, Any]) -> HttpResponse:
    """Answer with a tag: of what is told, taken before it is read; or of what a call left, kept with its answer."""
    version = "" if operation.is_keyed or operation.version is None else operation.version(seat, **places)
    if version and is_known(request, version):
        return HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": quoted(version)})
    content = _content(operation, request, seat, places)
    version = content.pop(LEFT, version)
    response = answer(content, operation.status)
    if version:
        response["ETag"] = quoted(version)
    return response


def _content(operation: Operation, request: HttpRequest, seat: ProgramSeat, places: dict[str, Any]) -> dict[str, Any]:
    given = {"body": read_body(request, operation.body)} if operation.body else {}
    if operation.body is None and operation.method == "POST":
        read_nothing(request)
    do = partial(_told, operation, request, seat, given | places)
    if not operation.is_keyed:
        return do()
    if operation.replaces is not None:
        do = partial(_replacing, request, partial(operation.replaces, seat, **places), do)
    if operation.version is not None:
        do = partial(_matched, request, partial(operation.version, seat, **places), do)
    key = request.headers.get("Idempotency-Key", "")
    check_key(key)
    asked = f"{operation.name} {sorted((name, str(place)) for name, place in places.items())} ".encode() + request.body
    return answered_once(seat, key=key, asked=asked, do=do)


def _told(operation: Operation, request: HttpRequest, seat: ProgramSeat, given: dict[str, Any]) -> dict[str, Any]:
    told: BaseModel = operation.view(request, seat, **given)
    return told.model_dump(mode="json")


def _matched(request: HttpRequest, version: Callable[[], str], do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do a call if the thing is as the program saw it, in the transaction that holds its row; tell how it was left."""
    check_match(request, version())
    return do() | {LEFT: version()}


def _replacing(request: HttpRequest, replaces: Callable[[], bool], do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    if "If-Match" not in request.headers and replaces():
        raise MatchNeededError
    return do()


def _seat(request: HttpRequest) -> ProgramSeat:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ProgramRefusedError
    return take_program_seat(token=token.strip(), certificate=presented(request))
