"""What a FHIR server holds: a search over Bundle, page after page (FHIR R4 http.html#paging)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote

from temoin.formats.fhir import REPORT_KEY_SYSTEM
from temoin.formats.fhir.custodian import custodian_finess
from temoin.formats.fhir.questions import ASKING, Question, paged
from temoin.lib.foreign_address import join_address, split_address
from temoin.outbox.courier import Holding
from temoin.transmission.channels.fhir.exchange import NoAnswerError, NotSentError, read_json, tells_error

if TYPE_CHECKING:
    from temoin.transmission.channels.fhir.http_line import HttpLine

MOST_PAGES = 20_000
LARGEST_PAGE = 50_000_000  # bytes
PAUSES = (0.5, 2.0, 8.0)  # seconds before a page is asked for again; one lost page must not lose a day


class IncompleteError(OSError):
    """The server did not answer wholly; `args[0]` is the code."""


async def search_holdings(line: HttpLine, asked: Question) -> AsyncIterator[Holding]:
    """Give each document under a key of ours; IncompleteError when one page does not come or is none."""
    address: str | None = f"{line.base}/Bundle?{paged(asked)}"
    visited: set[str] = set()
    while address is not None:
        if address in visited or len(visited) == MOST_PAGES:
            raise IncompleteError("endless_pages")
        visited.add(address)
        page = await _page(line, address)
        for holding in _holdings(page):
            yield holding
        address = _next(page, line.base, address)


async def _page(line: HttpLine, address: str) -> dict[str, Any]:
    for pause in PAUSES:
        try:
            return await _asked(line, address)
        except IncompleteError:
            await asyncio.sleep(pause)
    return await _asked(line, address)


async def _asked(line: HttpLine, address: str) -> dict[str, Any]:
    try:
        reply = await line.ask_at("GET", address, largest=LARGEST_PAGE, headers=ASKING)
    except (NotSentError, NoAnswerError) as error:
        raise IncompleteError(error.code) from None
    if reply.status != 200:
        raise IncompleteError(f"http_{reply.status}")
    if reply.raw is None:
        raise IncompleteError("endless_answer")
    return _searchset(reply.raw)


def _searchset(raw: bytes) -> dict[str, Any]:
    """Read a page; one with an error among its entries is not whole (FHIR R4 search.html#errors)."""
    page = read_json(raw)
    if not isinstance(page, dict) or page.get("resourceType") != "Bundle" or page.get("type") != "searchset":
        raise IncompleteError("unreadable_answer")
    if any(tells_error(resource) for resource in _resources(page)):
        raise IncompleteError("error_inside")
    return page


def _resources(page: dict[str, Any]) -> Iterator[dict[str, Any]]:
    entries = page.get("entry")
    for entry in entries if isinstance(entries, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("resource"), dict):
            yield entry["resource"]


def _holdings(page: dict[str, Any]) -> Iterator[Holding]:
    """Give what bears a key of ours; documents of other senders are not ours to judge."""
    for resource in _resources(page):
        identifier, meta = resource.get("identifier"), resource.get("meta")
        if resource.get("resourceType") != "Bundle" or not isinstance(identifier, dict):
            continue
        if identifier.get("system") == REPORT_KEY_SYSTEM and isinstance(identifier.get("value"), str):
            received = meta.get("lastUpdated", "") if isinstance(meta, dict) else ""
            own_name, finess = str(resource.get("id", "")), custodian_finess(resource)
            yield Holding(identifier["value"], id=own_name, received_at=str(received), finess=finess)


def _next(page: dict[str, Any], base: str, address: str) -> str | None:
    """Return the next page's address; one that leads to another server is a refusal to answer, not a place to go."""
    links = page.get("link")
    for link in links if isinstance(links, list) else []:
        if isinstance(link, dict) and link.get("relation") == "next":
            following = join_address(address, str(link.get("url", "")))
            parts, ours = split_address(following), split_address(base)
            if _origin(parts) != _origin(ours) or not _is_under(ours.path, parts.path):
                raise IncompleteError("pages_elsewhere")
            return following
    return None


def _is_under(base: str, path: str) -> bool:
    return path.startswith(base) and ".." not in unquote(path)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, parts.hostname, port
