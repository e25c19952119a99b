"""The FHIR courier: a document Bundle, sent as a conditional create to any standard FHIR R4 server.

`POST [base]/Bundle` with `If-None-Exist: identifier=<system>|<key>` (FHIR R4 http.html#ccreate): a resend cannot make
a second copy. An unclear answer is a doubt, and the server is asked by key before anything is sent again (law 5).
"""

from __future__ import annotations

from typing import Any

import aiohttp
import orjson
from django.conf import settings

from temoin.formats.fhir import MEDIA_TYPE, REPORT_KEY_SYSTEM, document
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.testing.report import Report
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet

DESTINATION = "authority"
# Seconds. The whole exchange, enquiry included, ends well before the lease does.
TIMEOUT = aiohttp.ClientTimeout(total=10, connect=4)
CONNECTIONS = 16
LARGEST_ANSWER = 1_000_000  # bytes

_NOT_NOW = {
    401,
    403,
    408,
    425,
    429,
}  # our credentials or our pace: the operator's matter, the result is not at fault


class FhirCourier(ReportCourier):
    """Carries documents to the authority's FHIR server."""

    destination = DESTINATION

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    @property
    def enabled(self) -> bool:
        """Tell whether the operator sends to the authority."""
        return bool(settings.TEMOIN.authority.enabled)

    @property
    def rules(self) -> RuleSet:
        """Return the rules that the authority's section names."""
        rules: RuleSet = settings.TEMOIN.authority.rules
        return rules

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
                return _read_created(consignment.key, response, await _body(response))
        except aiohttp.ClientConnectorError:
            return Answer(Verdict.POSTPONED, "unreachable")  # no connection: nothing can have been stored
        except aiohttp.ConnectionTimeoutError:
            return Answer(Verdict.POSTPONED, "unreachable")
        except (aiohttp.ClientError, TimeoutError):
            return Answer(Verdict.DOUBTFUL, "no_answer")

    async def enquire(self, consignment: Consignment) -> Answer:
        """Ask whether the server holds this key."""
        query = {"identifier": f"{REPORT_KEY_SYSTEM}|{consignment.key}"}
        try:
            async with self._open().get(
                f"{_base()}/Bundle", params=query, headers={"Accept": MEDIA_TYPE}, allow_redirects=False
            ) as response:
                return _read_found(consignment.key, response, await _body(response))
        except (aiohttp.ClientError, TimeoutError):
            return Answer(Verdict.DOUBTFUL, "unreachable")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # trust_env off: a proxy variable of the machine must not see results
            self._session = aiohttp.ClientSession(
                timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=CONNECTIONS), trust_env=False
            )
        return self._session


def _base() -> str:
    return str(settings.TEMOIN.authority.base_url)


async def _body(response: aiohttp.ClientResponse) -> Any:
    raw = bytearray()
    async for piece in response.content.iter_any():  # one read() may bring the first piece only
        raw += piece
        if len(raw) > LARGEST_ANSWER:
            return None
    try:
        return orjson.loads(raw)
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
    if 400 <= status < 500 and status != 412:
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
    value = response.headers.get("Retry-After", "")
    return min(float(value), 86_400.0) if value.isascii() and value.isdigit() else None


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
