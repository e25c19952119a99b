"""Reading what a program sends: JSON in UTF-8, of the shape that the operation says, with every problem found."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel, ValidationError

from temoin.api.bodies import Nothing
from temoin.lib.errors import InvalidError, Problem, refuse
from temoin.lib.json_names import names_twice

MOST_PROBLEMS = 50  # told at once
LARGEST = 1_000_000  # bytes of an ordinary body; `temoin web` reads no more
JSON = "application/json"

Told = TypeVar("Told", bound=BaseModel)

# By the kinds of error that pydantic names; nothing of the value that was sent is told.
_WORDS: dict[str, tuple[str, str | Promise]] = {
    "missing": ("required", _("This field is required.")),
    "extra_forbidden": ("unknown_field", _("There is no such field here: take it out, or check how it is written.")),
    "json_invalid": ("malformed", _("This is not JSON in UTF-8.")),
    "too_long": ("too_many", _("There are too many of these: send fewer at a time.")),
    "string_too_long": ("too_long", _("This text is too long.")),
    "too_short": ("required", _("This field is required.")),
    "no_day": ("malformed", _("Give the day as ISO 8601 has it, for instance 2026-11-29.")),
    "no_instant": ("malformed", _("Give the time with its offset, for instance 2026-11-29T09:30:00+01:00.")),
    "literal_error": ("unknown", _("This value is not one of those that the specification names.")),
}
_READ_AS = {"charset": ("utf-8", "utf8", "us-ascii"), "fhirVersion": ("4.0",)}  # of a body of JSON
_NAME = re.compile(r"[a-z0-9_-]{1,40}", re.ASCII)
_MALFORMED = ("malformed", _("This value is not of the type that the specification names."))


class WrongTypeError(InvalidError):
    """What was sent does not say that it is JSON."""


class NotWantedError(InvalidError):
    """What would be answered is of no form that the program takes."""


def read_body(request: HttpRequest, shape: type[BaseModel]) -> BaseModel:
    """Return what a request holds; InvalidError with every problem, by its path in the body.

    Numbers are not read as texts, nor texts as numbers: days, times and identifiers are texts of their own form.
    """
    return read_shape(read_raw(request, (JSON,)), shape)


def read_shape(data: bytes, shape: type[Told]) -> Told:
    """Return what JSON of a shape holds, as `read_body` does."""
    try:
        if names_twice(data):
            raise refuse("", "malformed", _("A field stands twice in one object: send each once."))
        return shape.model_validate_json(data, strict=True)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
    raise InvalidError([_problem(one["loc"], one["type"]) for one in found[:MOST_PROBLEMS]])


def read_raw(request: HttpRequest, media: Sequence[str], largest: int = LARGEST) -> bytes:
    """Return what a request holds, of one of these media types."""
    if request.content_type not in media:
        message = _("Send %(media)s.") % {"media": ", ".join(media)}
        raise WrongTypeError([Problem("Content-Type", "unsupported", message)])
    _check_plain(request)
    try:
        # What is larger than ordinary is read past Django, whose bound is one for all: nothing of it is kept twice.
        return request.body if largest == LARGEST else request.read(largest)
    except RequestDataTooBig:
        raise refuse("", "too_large", _("This is too much for one request: send fewer at a time.")) from None


def read_nothing(request: HttpRequest) -> None:
    """Refuse a body that says something where none is read: it would be lost without a word."""
    if request.META.get("CONTENT_LENGTH") not in {None, "", "0"}:
        read_body(request, Nothing)


def check_asked(request: HttpRequest, known: Collection[str]) -> None:
    """Refuse what stands after the question mark and is not understood, or is told twice."""
    if not set(request.GET) <= set(known):
        message = _("Only these parameters are understood here: %(names)s.") % {"names": ", ".join(known) or "–"}
        raise refuse("", "unknown_parameter", message)
    for name in request.GET:
        if len(request.GET.getlist(name)) > 1:
            raise refuse(name, "repeated", _("Give each parameter once."))


def _check_plain(request: HttpRequest) -> None:
    """Refuse a body that is said to be packed, or to be of another character set or version than is read."""
    if request.headers.get("Content-Encoding", "").strip().lower() not in {"", "identity"}:
        plain = _("Send the body as it is, not compressed.")
        raise WrongTypeError([Problem("Content-Encoding", "unsupported", plain)])
    for name, read in _READ_AS.items():
        told = (request.content_params or {}).get(name.lower(), "").strip('"').lower()
        if "json" in (request.content_type or "") and told not in {"", *read}:
            only = _("Only this is read here: %(read)s.") % {"read": f"{name}={read[0]}"}
            raise WrongTypeError([Problem("Content-Type", "unsupported", only)])


def check_accepted(request: HttpRequest, media: str) -> None:
    """Raise NotWantedError where a program takes none of the names of a media type of JSON."""
    ranges = [part.replace(" ", "").lower().split(";") for part in request.headers.get("Accept", "*/*").split(",")]
    taken = {name for name, *rest in ranges if "q=0" not in rest}
    asked = request.GET.get("_format", media)
    if not taken & {"*/*", "application/*", JSON, media} or asked not in {"json", JSON, media}:
        message = _("Only %(media)s is answered here.") % {"media": media}
        raise NotWantedError([Problem("Accept", "unsupported", message)])


def _problem(place: Sequence[Any], kind: str) -> Problem:
    code, message = _WORDS.get(kind, _MALFORMED)
    # The name of a field that nobody knows is the sender's own word: it is not told again.
    named = place[:-1] if kind == "extra_forbidden" else place
    told = [str(part) for part in named if isinstance(part, int) or _NAME.fullmatch(part)]
    return Problem(".".join(told), code, message)
