"""Faults on demand: what can go wrong at the authority or the mailbox, how often, and by which dice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from random import Random
from typing import Any, TypeVar

MAX_SECONDS = 600.0
MAX_NUMBER = 10**9
Choice = TypeVar("Choice", bound=StrEnum)
TRUE_WORDS = frozenset({"1", "true", "on", "yes", "oui"})
FALSE_WORDS = frozenset({"0", "false", "off", "no", "non", ""})


class FaultError(ValueError):
    """A setting of the faults is unknown or out of range; the message is its name."""


class Down(StrEnum):
    OFF = "off"
    UNAVAILABLE = "503"
    CLOSE = "close"


class Redirect(StrEnum):
    """Where the authority sends those who ask: to another host, or nowhere."""

    OFF = "off"
    MOVED = "301"
    TEMPORARY = "307"


class Shown(StrEnum):
    """The certificate shown to those who come by TLS."""

    RIGHT = "right"
    WRONG_HOST = "wrong-host"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """The faults in force; everything off by default. Where a protocol has no such thing, its fault does nothing."""

    down: Down = Down.OFF
    slow: float = 0.0  # seconds before each answer
    trickle: float = 0.0  # seconds between two bytes of an answer
    redirect: Redirect = Redirect.OFF  # HTTP: every request is sent to another host
    certificate: Shown = Shown.RIGHT
    inner_error: float = 0.0  # rate of answers that say 200 or AA with an error inside; nothing is stored
    error_before_store: float = 0.0  # rate of 500 with nothing stored
    error_after_store: float = 0.0  # rate of 500 after storing
    drop_answer: float = 0.0  # rate of connections cut after storing
    reject: float = 0.0  # rate of 422
    reject_every: int = 0  # 422 for one post in N
    throttle: float = 0.0  # rate of 429
    other_answer: float = 0.0  # rate of answers that name another message
    half_answer: float = 0.0  # rate of answers cut in the middle
    double_answer: float = 0.0  # rate of answers given twice
    retry_after: int = 5  # seconds told with a 429 or a 503
    bounce: float = 0.0  # secure messaging: rate of messages taken, then returned by a delivery notice
    mail_down: bool = False  # 421 to every client of the mailbox
    mail_reject_recipient: bool = False  # 550 for addresses whose local part starts with "refuse"
    seed: int = 0  # of the dice


def _rate(value: object) -> float:
    return _within(_number(value), 1.0)


def _seconds(value: object) -> float:
    return _within(_number(value), MAX_SECONDS)


def _whole(value: object) -> int:
    number = _within(_number(value), MAX_NUMBER)
    if number != int(number):
        raise FaultError("whole")
    return int(number)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise FaultError("number")
    try:
        return float(str(value).replace(",", ".").strip() or "0")
    except ValueError as error:
        raise FaultError("number") from error


def _within(number: float, most: float) -> float:
    if not 0 <= number <= most:
        raise FaultError("range")
    return number


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise FaultError("flag")
    return word in TRUE_WORDS


def _down(value: object) -> Down:
    word = str(value).strip().lower()
    if word in {mode.value for mode in Down}:
        return Down(word)
    return Down.UNAVAILABLE if _flag(value) else Down.OFF


def _redirect(value: object) -> Redirect:
    return _one_of(Redirect, value)


def _shown(value: object) -> Shown:
    return _one_of(Shown, value)


def _one_of(choices: type[Choice], value: object) -> Choice:
    try:
        return choices(str(value).strip().lower())
    except ValueError:
        raise FaultError("choice") from None


READERS: dict[str, Callable[[object], Any]] = {
    "down": _down,
    "slow": _seconds,
    "trickle": _seconds,
    "redirect": _redirect,
    "certificate": _shown,
    "inner_error": _rate,
    "error_before_store": _rate,
    "error_after_store": _rate,
    "drop_answer": _rate,
    "reject": _rate,
    "reject_every": _whole,
    "throttle": _rate,
    "other_answer": _rate,
    "half_answer": _rate,
    "double_answer": _rate,
    "retry_after": _whole,
    "bounce": _rate,
    "mail_down": _flag,
    "mail_reject_recipient": _flag,
    "seed": _whole,
}
ALIASES = {"429": "throttle"}


def changed_faults(faults: Faults, values: Mapping[str, object]) -> Faults:
    """Return the faults with some settings changed; `off` clears all of them first."""
    settings = dict(values)
    base = Faults(seed=faults.seed) if _read("off", _flag, settings.pop("off", False)) else faults
    known: dict[str, Any] = {}
    for name, value in settings.items():
        field_name = ALIASES.get(name, name)
        if field_name not in READERS:
            raise FaultError(name)
        known[field_name] = _read(name, READERS[field_name], value)
    return replace(base, **known)


def _read(name: str, reader: Callable[[object], Any], value: object) -> Any:
    try:
        return reader(value)
    except FaultError as error:
        raise FaultError(name) from error


@dataclass(slots=True)
class FaultDesk:
    """Holds the faults in force and throws the dice; each fault has its own, so that one never shifts another."""

    faults: Faults = field(default_factory=Faults)
    fired: Counter[str] = field(default_factory=Counter)
    _dice: dict[str, Random] = field(default_factory=dict)
    _posts: int = 0

    def change(self, values: Mapping[str, object]) -> None:
        """Change some settings; naming the seed, or `off`, starts the dice anew."""
        self.faults = changed_faults(self.faults, values)
        if "seed" in values or "off" in values:
            self._dice.clear()
            self._posts = 0

    def strikes(self, name: str) -> bool:
        rate: float = getattr(self.faults, name)
        if rate <= 0:
            return False
        dice = self._dice.get(name)
        if dice is None:
            # Drill dice must repeat, not be secret.
            dice = self._dice[name] = Random(f"{self.faults.seed}/{name}")  # noqa: S311
        return self.record(name) if dice.random() < rate else False

    def rejects(self) -> bool:
        """Tell whether this post is refused by the dice or by its turn."""
        self._posts += 1
        every = self.faults.reject_every
        if every and self._posts % every == 0:
            return self.record("reject")
        return self.strikes("reject")

    def record(self, name: str) -> bool:
        self.fired[name] += 1
        return True

    def to_dict(self) -> dict[str, Any]:
        """Return the settings and how often each fault has happened."""
        return {**asdict(self.faults), "fired": dict(self.fired)}


def fault_names() -> list[str]:
    """Return the names of all settings, in the order of the page."""
    return [item.name for item in fields(Faults)]
