"""One table of the settings file, which remembers the keys asked for and refuses the others."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from temoin.lib.config_error import ConfigError

Value = TypeVar("Value", str, int, bool, date)
Word = TypeVar("Word", bound=StrEnum)

_WORDS: Mapping[type, str] = {
    str: "text between quotes",
    int: "whole number",
    bool: "true or false",
    date: "date like 2027-12-31",
}
PORTS = range(1, 65_536)


class Section:
    """One table of the file, which remembers the keys asked for and refuses the others."""

    def __init__(self, file: str, name: str, content: Mapping[str, object]) -> None:
        self._file = file
        self._name = name
        self._content = content
        self._asked: set[str] = set()
        self._looked_for: set[str] = set()  # optional settings, named to who mistyped one

    def section(self, name: str) -> Section:
        self._asked.add(name)
        content = self._content.get(name)
        full = f"{self._name}.{name}".lstrip(".")
        if not isinstance(content, dict):
            raise ConfigError(f"{self._file}: the section [{full}] is missing: add it.")
        return Section(self._file, full, content)

    def sections(self) -> dict[str, Section]:
        return {name: self.section(name) for name, value in self._content.items() if isinstance(value, dict)}

    def names(self) -> list[str]:
        return list(self._content)

    def texts(self) -> dict[str, str]:
        return {key: self.required(key, str) for key in self._content}

    def optional(self, key: str, kind: type[Value]) -> Value | None:
        self._asked.add(key)
        value = self._content.get(key)
        if value is None:
            return None
        if type(value) is not kind:  # exactly: True is an int to Python, not to a reader of the file
            raise self.wrong(key, f"must be a {_WORDS[kind]}")
        if isinstance(value, str) and not value:
            raise self.wrong(key, "is empty")
        return value

    def required(self, key: str, kind: type[Value]) -> Value:
        value = self.optional(key, kind)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def number(self, key: str, within: range, default: int) -> int:
        """Return a whole number of the range, or the default where the file says none."""
        value = self.optional(key, int)
        return default if value is None else self._bounded(key, value, within)

    def port(self) -> int:
        """Return the number of a TCP port, which the file must say."""
        return self._bounded("port", self.required("port", int), PORTS)

    def _bounded(self, key: str, value: int, within: range) -> int:
        if value not in within:
            raise self.wrong(key, f"must be between {within[0]} and {within[-1]}")
        return value

    def path(self, key: str, folder: Path) -> Path:
        return folder / self.required(key, str)

    def url(self, key: str) -> str:
        return self._checked_url(key, self.required(key, str))

    def optional_url(self, key: str) -> str | None:
        value = self.optional(key, str)
        return None if value is None else self._checked_url(key, value)

    def _checked_url(self, key: str, value: str) -> str:
        try:
            parts = urlsplit(value)
            named = parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            named = None
        if not named or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
            raise self.wrong(key, "must be an address like https://temoin.example.fr")
        return value.rstrip("/")

    def word(self, key: str, words: type[Word]) -> Word:
        try:
            return words(self.required(key, str))
        except ValueError:
            raise self.wrong(key, f"must be one of {', '.join(words)}") from None

    def has(self, key: str) -> bool:
        self._looked_for.add(key)
        return key in self._content

    def wrong(self, key: str, reason: str) -> ConfigError:
        place = f" in [{self._name}]" if self._name else ""
        return ConfigError(f"{self._file}: {key}{place} {reason}.")

    def end(self) -> None:
        for key in self._content:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked | self._looked_for))
                raise self.wrong(key, f"is not a setting; the settings there are {known}")


def is_loopback(url: str) -> bool:
    """Tell whether the address is this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
