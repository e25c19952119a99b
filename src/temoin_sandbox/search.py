"""Reads FHIR search parameters on Bundle and finds the documents they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlencode

from temoin_sandbox.codes import read_date_time
from temoin_sandbox.store import Store, StoredDocument

DEFAULT_COUNT, MAX_COUNT = 50, 1000
FORMATS = frozenset({"json", "application/json", "application/fhir+json", "application/fhir json"})
SUMMARIES = frozenset({"false", "true", "count"})
ELEMENTS = frozenset({"id", "identifier", "meta", "type"})  # what a summary holds


_PREFIXED = re.compile(r"(eq|ge|gt|le|lt)?(.*)")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SearchError(ValueError):
    """A search parameter is unknown or malformed."""


@dataclass(frozen=True, slots=True)
class Search:
    """One search on Bundle, its parameters understood."""

    tokens: tuple[str, ...] | None  # None: any identifier
    since_ms: int
    until_ms: int
    count: int
    summary: str
    cursor: int
    newest_first: bool
    parameters: tuple[tuple[str, str], ...]  # as given, for the links

    def link(self, base: str, cursor: int | None = None) -> str:
        """Write the address of this page, or of the one that starts at `cursor`."""
        kept = [pair for pair in self.parameters if cursor is None or pair[0] != "_cursor"]
        if cursor is not None:
            kept.append(("_cursor", str(cursor)))
        return f"{base}/Bundle?{urlencode(kept, safe='|:')}" if kept else f"{base}/Bundle"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a search: how many there are in all, the documents of the page, where the next one starts."""

    total: int
    documents: tuple[StoredDocument, ...]
    next_cursor: int | None


def read_conditional(header: str) -> str:
    """Read If-None-Exist, which must name one whole identifier; return its token."""
    pairs = parse_qsl(header.strip(), keep_blank_values=True)
    if len(pairs) != 1 or pairs[0][0] != "identifier":
        raise SearchError("If-None-Exist")
    system, bar, value = pairs[0][1].partition("|")
    if not (system and bar and value):
        raise SearchError("If-None-Exist")
    return f"{system}|{value}"


def read_search(parameters: Iterable[tuple[str, str]]) -> Search:
    """Read the parameters of a search; an unknown one is refused rather than ignored."""
    given = tuple(parameters)
    since, until = 0, 2**62
    single: dict[str, str] = {}
    tokens: set[str] | None = None
    for name, value in given:
        if name == "identifier":
            asked = {item for item in value.split(",") if item}
            tokens = asked if tokens is None else tokens & asked
        elif name == "_lastUpdated":
            low, high = _read_period(value)
            since, until = max(since, low), min(until, high)
        elif (
            name in {"_count", "_summary", "_elements", "_sort", "_cursor", "_format", "_total"} and name not in single
        ):
            single[name] = value
        else:
            raise SearchError(name)
    return Search(
        tokens=None if tokens is None else tuple(sorted(tokens)),
        since_ms=since,
        until_ms=until,
        count=min(_read_number(single.get("_count", str(DEFAULT_COUNT)), "_count"), MAX_COUNT),
        summary=_read_summary(single),
        cursor=_read_number(single.get("_cursor", "0"), "_cursor"),
        newest_first=_read_word(single, "_sort", {"_lastUpdated", "-_lastUpdated"}, "_lastUpdated").startswith("-"),
        parameters=_checked_format(given),
    )


def _checked_format(given: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    for name, value in given:
        if name == "_format" and value not in FORMATS:
            raise SearchError("_format")
    return given


def _read_word(single: dict[str, str], name: str, known: Iterable[str], default: str) -> str:
    word = single.get(name, default)
    if word not in known:
        raise SearchError(name)
    return word


def _read_summary(single: dict[str, str]) -> str:
    """Read how much of each document is wanted; `_elements` never names more than a summary holds."""
    if "_elements" not in single:
        return _read_word(single, "_summary", SUMMARIES, "false")
    if "_summary" in single or not set(single["_elements"].split(",")) <= ELEMENTS:
        raise SearchError("_elements")
    return "true"


def _read_number(value: str, name: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}", value) is None:
        raise SearchError(name)
    return int(value)


def _read_period(value: str) -> tuple[int, int]:
    """Turn a prefixed date into a half-open span of milliseconds, by the precision it is written with."""
    match = _PREFIXED.fullmatch(value)
    prefix, written = (match[1] or "eq", match[2]) if match else ("eq", "")
    # A `+` of a time zone that was not encoded arrives as a space.
    start = read_date_time(written.replace(" ", "+"))
    if start is None:
        raise SearchError("_lastUpdated")
    low = (start - _EPOCH) // timedelta(milliseconds=1)
    high = low + _precision(start, written)
    spans = {"eq": (low, high), "ge": (low, 2**62), "gt": (high, 2**62), "lt": (0, low), "le": (0, high)}
    return spans[prefix]


def _precision(start: datetime, written: str) -> int:
    if "T" in written:
        return 1 if "." in written else 1000
    days = {4: 366 if start.year % 4 == 0 else 365, 7: 31}.get(len(written), 1)
    if len(written) == 7:
        following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
        days = (following - start).days
    return days * 86_400_000


def find_page(store: Store, search: Search) -> Page:
    """Find one page of documents, in order of receipt."""
    if search.tokens is not None:
        return _page_of(_matching(store, search), search)
    low, high = store.position_at(search.since_ms), store.position_at(search.until_ms)
    return _page_of(_Span(store.documents, low, max(low, high)), search)


def _matching(store: Store, search: Search) -> list[StoredDocument]:
    found: list[StoredDocument] = []
    for token in search.tokens or ():
        found.extend(store.with_identifier(token) if "|" in token else _with_value(store, token))
    unique = {document.id: document for document in found}.values()
    within = [item for item in unique if search.since_ms <= item.received_ms < search.until_ms]
    return sorted(within, key=lambda item: item.received_ms)


def _with_value(store: Store, value: str) -> Iterable[StoredDocument]:
    return [item for item in store.documents if item.identifier.partition("|")[2] == value]


class _Span:
    """A stretch of the list, so that counting a million documents copies none."""

    def __init__(self, documents: list[StoredDocument], low: int, high: int) -> None:
        self._documents, self._low, self._high = documents, low, high

    def __len__(self) -> int:
        return self._high - self._low

    def __getitem__(self, part: slice) -> list[StoredDocument]:
        start, stop, _ = part.indices(len(self))
        return self._documents[self._low + start : self._low + max(start, stop)]


def _page_of(found: list[StoredDocument] | _Span, search: Search) -> Page:
    total = len(found)
    if search.summary == "count" or search.count == 0:
        return Page(total, (), None)
    first, last = search.cursor, search.cursor + search.count
    following = last if last < total else None
    if search.newest_first:
        return Page(total, tuple(reversed(found[max(total - last, 0) : max(total - first, 0)])), following)
    return Page(total, tuple(found[first:last]), following)
