"""Sections of the settings file: what each holds is a typed class, and what is wrong with one is told in sentences.

A room defines its section with `@section`: pydantic checks it. All that is wrong is told at once, by key and section,
and never with what was written there: it may be a secret in the wrong place.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    NoReturn,
    TypeVar,
    Union,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
)
from pydantic.dataclasses import dataclass, is_pydantic_dataclass
from pydantic_core import ErrorDetails, PydanticCustomError

from temoin.lib.config_error import ConfigError

T = TypeVar("T")
FILE = "temoin.toml"
PORTS = range(1, 65_536)
FAULT = "fault"  # kind of an error whose sentence is ours

# What pydantic finds, in our words; the others are said by the place.
_WORDS = {
    "string_type": "must be a text between quotes",
    "string_too_short": "is empty",
    "int_type": "must be a whole number",
    "bool_type": "must be a true or false",
    "tuple_type": "must be a list of texts",
    "date_type": "must be a date like 2027-12-31",
    "missing": "is missing",
}
_UNKNOWN = {"unexpected_keyword_argument", "extra_forbidden"}
_NO_TABLE = {"dataclass_type", "dict_type"}
# Never a value in an error: `hide_input_in_errors` keeps it from whoever prints one of pydantic's own.
_CONFIG = ConfigDict(extra="forbid", hide_input_in_errors=True, arbitrary_types_allowed=True)


@dataclass_transform(kw_only_default=True, frozen_default=True)
def section(kind: type[T]) -> type[T]:
    """Make a class a section: a frozen value that holds no unknown key, whoever makes it."""
    made: type[T] = dataclass(frozen=True, kw_only=True, config=_CONFIG)(kind)  # type: ignore[assignment] # it is
    return made


def read_section(kind: type[T], name: str, content: object, *, file: str = FILE, **context: Any) -> T:
    """Return the section, or raise a ConfigError with a line for each fault.

    `context` is for validators: `folder`, from which relative paths count, and whatever a room's own ask for.
    """
    try:
        value: T = _adapter(cast("Any", kind)).validate_python(content, context=context)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise ConfigError("\n".join(_sentence(fault, kind, name, file) for fault in faults)) from None
    return value


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def refuse_setting(reason: str, key: str = "") -> NoReturn:
    """Refuse a setting from a validator; one that looks at a whole section names the key."""
    raise PydanticCustomError(FAULT, "{reason}", {"reason": reason, "key": key})


def setting_fault(file: str, name: str, key: str, reason: str) -> ConfigError:
    """Return the sentence about one key."""
    place = f" in [{name}]" if name else ""
    return ConfigError(f"{file}: {key}{place} {reason}.")


def missing_section(file: str, name: str) -> ConfigError:
    """Return the sentence about a section that is not there, or is none."""
    return ConfigError(f"{file}: the section [{name}] is missing: add it.")


def unknown_setting(file: str, name: str, key: str, known: Sequence[str]) -> ConfigError:
    """Return the sentence about a key that nobody reads."""
    return setting_fault(file, name, key, f"is not a setting; the settings there are {', '.join(sorted(known))}")


def _sentence(fault: ErrorDetails, kind: Any, name: str, file: str) -> str:
    place = [str(part) for part in fault["loc"]]
    found, told = fault["type"], fault.get("ctx", {})
    if found in _NO_TABLE or (found == "missing" and is_pydantic_dataclass(_kind_at(kind, place))):
        return str(missing_section(file, ".".join([name, *place])))
    *above, key = [*place, *([str(told["key"])] if told.get("key") else [])] or [""]
    if not key:  # of the section as a whole, and not in words of ours
        return f"{file}: the section [{name}] cannot be read: compare it with the example in the documentation."
    full = ".".join([name, *above])
    if found in _UNKNOWN:
        return str(unknown_setting(file, full, key, _keys(_kind_at(kind, above))))
    if found == "enum":
        return str(setting_fault(file, full, key, f"must be one of {_enum_words(_kind_at(kind, [*above, key]))}"))
    reason = str(told["reason"]) if found == FAULT else _WORDS.get(found, "cannot be read")
    return str(setting_fault(file, full, key, reason))


def _kind_at(kind: Any, place: Sequence[str]) -> Any:
    """Return the type that stands at a place of a section."""
    for part in place:
        kind = get_type_hints(kind)[part] if isinstance(kind, type) and part in _keys(kind) else get_args(kind)[-1]
        kind = _present(kind)
    return kind


def _present(kind: Any) -> Any:
    """Return a type without `| None` and what else is said about it."""
    if get_origin(kind) is Annotated:
        return _present(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        return _present(next(one for one in get_args(kind) if one is not NoneType))
    return kind


def _keys(kind: Any) -> list[str]:
    return [each.name for each in fields(kind)] if is_dataclass(kind) else list(getattr(kind, "__annotations__", {}))


def _enum_words(kind: Any) -> str:
    return ", ".join(str(word) for word in kind)


# Types of settings --------------------------------------------------------------------------------------


CREDENTIALS = "CREDENTIALS_DIRECTORY"  # where systemd, and others after it, hands a process its own copies of secrets


def _placed(value: object, info: ValidationInfo) -> object:
    context: dict[str, Any] = info.context or {}
    if not isinstance(value, str) or not value:
        return value
    place = context.get("folder", Path()) / value
    return _handed(place, context.get("handed", {})) or place


def _handed(place: Path, taken: dict[str, str]) -> Path | None:
    """Return the copy of a file that this process was handed; the settings are the same with one and without.

    A copy has its file's name alone: `taken` says which file of these settings took it, and another is refused.
    """
    folder = os.environ.get(CREDENTIALS)
    if not folder or not place.name or not (Path(folder) / place.name).is_file():
        return None
    written = os.path.normpath(place)
    if taken.setdefault(place.name, written) != written:
        refuse_setting(
            f"names a second file {place.name}, and this process was handed one copy of that name: give each a name of "
            "its own"
        )
    return Path(folder) / place.name


def is_handed(path: Path) -> bool:
    """Tell whether a file is such a copy, whose readers are whoever handed it out's to choose."""
    folder = os.environ.get(CREDENTIALS)
    return bool(folder) and path.parent == Path(folder or "")


def _checked_place(value: object) -> object:
    if value == "":
        refuse_setting("is empty")
    if not isinstance(value, Path):
        refuse_setting(_WORDS["string_type"])
    return value


def _said(text: str, info: ValidationInfo) -> str:
    if not text and info.context is not None:  # from a file
        refuse_setting("is empty")
    return text


def _checked_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        named = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        named = None
    if not named or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
        refuse_setting("must be an address like https://temoin.example.fr")
    return value.rstrip("/")


def encrypted(reason: str) -> AfterValidator:
    """Have an address begin with https, unless it is this very machine's."""
    return fitting(lambda url: not url.startswith("http://") or is_loopback(url), f"must be https: {reason}")


def fitting(fits: Callable[[Any], object], reason: str) -> AfterValidator:
    """Have a value answer a question: what answers false or None is refused with the reason."""

    def check(value: T) -> T:
        if not fits(value):
            refuse_setting(reason)
        return value

    return AfterValidator(check)


def within(bounds: range) -> AfterValidator:
    """Have a number lie in a range."""
    return fitting(bounds.__contains__, f"must be between {bounds[0]} and {bounds[-1]}")


Text = Annotated[str, Strict(), Field(min_length=1)]
# One that may be left out, and is "" then: nobody writes an empty one.
TextIfAny = Annotated[str, Strict(), AfterValidator(_said)]
Number = Annotated[int, Strict()]  # true is an int to Python, not to a reader of the file
Switch = Annotated[bool, Strict()]
Day = Annotated[date, Strict()]
Port = Annotated[int, Strict(), within(PORTS)]
Url = Annotated[str, Strict(), Field(min_length=1), AfterValidator(_checked_url)]
# A path; one that is relative counts from the folder of the settings file.
Place = Annotated[Path, BeforeValidator(_checked_place), BeforeValidator(_placed)]


def is_loopback(url: str) -> bool:
    """Tell whether the address is this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def by_each_name(url: str) -> list[str]:
    """Return the address, and for one of this machine what else is typed for it: the address told is the first."""
    parts = urlsplit(url)
    others = {"localhost", "127.0.0.1"} - {parts.hostname} if is_loopback(url) else set[str]()
    return [url, *(parts._replace(netloc=parts.netloc.replace(parts.hostname or "", name)).geturl() for name in others)]


def origin(url: str) -> tuple[str | None, int | None]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
