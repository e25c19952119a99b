"""The FHIR courier: a document Bundle, sent as a conditional create to any standard FHIR R4 server.

`POST [base]/Bundle` with `If-None-Exist: identifier=<system>|<key>` (FHIR R4 http.html#ccreate): a resend cannot make
a second copy. An unclear answer is a doubt, and the server is asked by key before anything is sent again (law 5).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import aiohttp
import orjson
from django.conf import settings

from temoin.formats.fhir import MEDIA_TYPE, REPORT_KEY_SYSTEM, document
from temoin.outbox.courier import Answer, Consignment, Holding, Load, Verdict
from temoin.testing.report import Report
from temoin.transmission.couriers.connections import CleanConnector
from temoin.transmission.couriers.fhir_holdings import instant, search_holdings
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.retry_after import asked_pause

DESTINATION = "authority"
# Seconds. The whole exchange, enquiry included, ends well before the lease does.
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
ONCE_MORE = 4.0
CONNECTIONS = 16
LARGEST_ANSWER = 1_000_000  # bytes
KEPT = 16_384  # bytes of an answer that stay with the attempt

# Our address, credentials or pace: the operator's matter, the result is not at fault.
_NOT_NOW = {401, 403, 404, 405, 408, 425, 429}


class FhirCourier(ReportCourier):
    """Carries documents to the authority's FHIR server."""

    destination = DESTINATION

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def enabled(self) -> bool:
        """Tell whether the operator sends to the authority."""
        return bool(settings.TEMOIN.authority.enabled)

    def write(self, load: Load, report: Report) -> Consignment:
        """Write the document of the signed version."""
        return Consignment(key=load.key, body=document(report))

    async def carry(self, consignment: Consignment) -> Answer:
        """Post the document."""
        headers = {
            "Content-Type": MEDIA_TYPE,
            "Accept": MEDIA_TYPE,
            "If-None-Exist": f"identifier={REPORT_KEY_SYSTEM}|{consignment.key}",
            "Prefer": "return=representation",  # the answer must prove which document was taken
        }
        try:
            async with self._open().post(
                f"{_base()}/Bundle", data=consignment.body, headers=headers, allow_redirects=False
            ) as response:
                raw = await _raw(response)
                answer = replace(_read_created(consignment.key, response, _json(raw)), came=raw[:KEPT])
        except aiohttp.ClientConnectorError:
            return Answer(Verdict.POSTPONED, "unreachable")  # no connection: nothing can have been stored
        except aiohttp.ConnectionTimeoutError:
            return Answer(Verdict.POSTPONED, "unreachable")
        except (aiohttp.ClientError, TimeoutError):
            return Answer(Verdict.DOUBTFUL, "no_answer")
        return await self._believed(consignment, answer) if answer.verdict is Verdict.REFUSED else answer

    async def _believed(self, consignment: Consignment, refusal: Answer) -> Answer:
        """Ask once more before a person is called: a refusal names no key, and may be another's, told twice."""
        try:
            async with asyncio.timeout(ONCE_MORE):
                found = await self.enquire(consignment)
        except TimeoutError:
            return refusal
        return found if found.verdict is Verdict.ACCEPTED else refusal

    async def enquire(self, consignment: Consignment) -> Answer:
        """Ask whether the server holds this key."""
        query = {"identifier": f"{REPORT_KEY_SYSTEM}|{consignment.key}"}
        try:
            async with self._open().get(
                f"{_base()}/Bundle", params=query, headers={"Accept": MEDIA_TYPE}, allow_redirects=False
            ) as response:
                raw = await _raw(response)
                return replace(_read_found(consignment.key, response, _json(raw)), came=raw[:KEPT])
        except (aiohttp.ClientError, TimeoutError):
            return Answer(Verdict.DOUBTFUL, "unreachable")

    def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]:
        """Give what the server received in a stretch of time."""
        return self._search([("_lastUpdated", f"ge{instant(since)}"), ("_lastUpdated", f"lt{instant(until)}")])

    def held(self, keys: Sequence[str]) -> AsyncIterator[Holding]:
        """Give every document that it holds of these keys."""
        return self._search([("identifier", ",".join(f"{REPORT_KEY_SYSTEM}|{key}" for key in keys))])

    async def _search(self, asked: Sequence[tuple[str, str]]) -> AsyncIterator[Holding]:
        async with _new_session() as session:  # of its own: whoever reconciles works in another thread than the lane
            async for holding in search_holdings(session, _base(), asked):
                yield holding

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = _new_session()
        return self._session


def _new_session() -> aiohttp.ClientSession:
    # trust_env off: a proxy variable of the machine must not see results
    return aiohttp.ClientSession(timeout=TIMEOUT, connector=CleanConnector(limit=CONNECTIONS), trust_env=False)


def _base() -> str:
    return str(settings.TEMOIN.authority.base_url)


async def _raw(response: aiohttp.ClientResponse) -> bytes:
    """Return the body, or its beginning when it does not end in time: no JSON then."""
    raw = bytearray()
    async for piece in response.content.iter_any():  # one read() may bring the first piece only
        raw += piece
        if len(raw) > LARGEST_ANSWER:
            break
    return bytes(raw)


def _json(raw: bytes) -> Any:
    try:
        return None if len(raw) > LARGEST_ANSWER else orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _read_created(key: str, response: aiohttp.ClientResponse, body: Any) -> Answer:
    status = response.status
    if status in {200, 201}:
        if _holds(body, key):
            return _accepted(body, response.headers.get("Location", ""))
        return Answer(Verdict.DOUBTFUL, "unreadable_answer")
    if status in _NOT_NOW:
        return Answer(Verdict.POSTPONED, f"http_{status}", retry_after=_pause(response))
    if 300 <= status < 400:
        return Answer(Verdict.POSTPONED, "redirected")  # never followed: it could lead results elsewhere
    if status == 412:  # several there bear our key: a person there must look; the destination works
        return Answer(Verdict.DOUBTFUL, "http_412", detail=_outcome(body), is_own=True)
    if 400 <= status < 500:
        return Answer(Verdict.REFUSED, f"http_{status}", detail=_outcome(body))
    return Answer(Verdict.DOUBTFUL, f"http_{status}", detail=_outcome(body), retry_after=_pause(response))


def _read_found(key: str, response: aiohttp.ClientResponse, body: Any) -> Answer:
    if response.status != 200 or not isinstance(body, dict) or body.get("type") != "searchset":
        return Answer(Verdict.DOUBTFUL, f"http_{response.status}", retry_after=_pause(response))
    for entry in _entries(body):
        if _holds(entry.get("resource"), key):
            return _accepted(entry["resource"], str(entry.get("fullUrl", "")))
    if body.get("entry"):
        return Answer(Verdict.DOUBTFUL, "answer_for_another_key")
    return Answer(Verdict.UNKNOWN, "unknown_there")


def _entries(body: dict[str, Any]) -> list[dict[str, Any]]:
    entries = body.get("entry")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _holds(body: Any, key: str) -> bool:
    """Tell whether this is the authority's copy of the document with our key."""
    return (
        isinstance(body, dict)
        and body.get("resourceType") == "Bundle"
        and isinstance(body.get("identifier"), dict)
        and body["identifier"].get("system") == REPORT_KEY_SYSTEM
        and body["identifier"].get("value") == key
    )


def _accepted(body: dict[str, Any], location: str) -> Answer:
    meta = body.get("meta") if isinstance(body.get("meta"), dict) else {}
    receipt = {
        "id": body.get("id", ""),
        "location": location,
        "received_at": (meta or {}).get("lastUpdated", ""),
    }
    return Answer(Verdict.ACCEPTED, "acknowledged", receipt=receipt)


def _pause(response: aiohttp.ClientResponse) -> float | None:
    return asked_pause(response.headers.get("Retry-After", ""))


def _outcome(body: Any) -> str:
    """Return the issues of an OperationOutcome as text; it is sealed with the attempt, as it may quote the document."""
    issues = body.get("issue") if isinstance(body, dict) else None
    if not isinstance(issues, list):
        return ""
    lines = []
    for issue in issues:
        if isinstance(issue, dict):
            details = issue.get("details")
            words = details.get("text") if isinstance(details, dict) else None
            lines.append(" ".join(str(part) for part in (issue.get("code"), words or issue.get("diagnostics")) if part))
    return "\n".join(lines)
