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

from temoin.formats.fhir import REPORT_KEY_SYSTEM, document, plain_document
from temoin.formats.fhir.questions import ASKING, Question, by_keys, creating, received_between
from temoin.outbox.courier import Answer, Consignment, Holding, Load, Verdict
from temoin.testing.report import Report
from temoin.transmission.channels.fhir.exchange import NoAnswerError, NotSentError, Reply
from temoin.transmission.channels.fhir.holdings import search_holdings
from temoin.transmission.channels.fhir.http_courier import (
    KEPT,
    HttpCourier,
    errors_told,
    outcome_words,
    told_without_taking,
    word_of,
)

ONCE_MORE = 4.0  # seconds


class FhirCourier(HttpCourier):
    """Carries documents to the authority's FHIR server."""

    def write(self, load: Load, report: Report) -> Consignment:
        write = document if self.authority.later_extensions else plain_document
        return Consignment(key=load.key, body=write(report))

    async def carry(self, consignment: Consignment) -> Answer:
        try:
            reply = await self.line().ask("POST", "Bundle", data=consignment.body, headers=creating(consignment.key))
        except (NotSentError, NoAnswerError) as error:
            return word_of(error)
        answer = replace(_read_created(consignment.key, reply), came=reply.beginning(KEPT))
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
        try:
            reply = await self.line().ask("GET", "Bundle", params=by_keys([consignment.key]), headers=ASKING)
        except (NotSentError, NoAnswerError) as error:
            return Answer(Verdict.DOUBTFUL, error.code)
        return replace(_read_found(consignment.key, reply), came=reply.beginning(KEPT))

    def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]:
        """Give what the server received in a stretch of time."""
        return self._search(received_between(since, until))

    def held(self, keys: Sequence[str]) -> AsyncIterator[Holding]:
        return self._search(by_keys(keys))

    async def _search(self, asked: Question) -> AsyncIterator[Holding]:
        line = self.open_line()  # of its own: who reconciles works in another thread than the lane
        try:
            async for holding in search_holdings(line, asked):
                yield holding
        finally:
            await line.close()


def _read_created(key: str, reply: Reply) -> Answer:
    status, body = reply.status, reply.body
    if status in {200, 201}:
        if _holds(body, key):
            return _accepted(body, reply.location)
        return Answer(Verdict.DOUBTFUL, "unreadable_answer")
    return told_without_taking(reply)


def _read_found(key: str, reply: Reply) -> Answer:
    body = reply.body
    if reply.status != 200 or not isinstance(body, dict) or body.get("type") != "searchset":
        return Answer(Verdict.DOUBTFUL, f"http_{reply.status}", retry_after=reply.pause)
    for entry in _entries(body):
        if _holds(entry.get("resource"), key):
            return _accepted(entry["resource"], str(entry.get("fullUrl", "")))
    told = [entry.get("resource") for entry in _entries(body)]
    if any(errors_told(resource) for resource in told):
        return Answer(Verdict.DOUBTFUL, "error_inside", detail="\n".join(map(outcome_words, told)))
    if _says_nothing(body, told):
        return Answer(Verdict.UNKNOWN, "unknown_there")
    return Answer(Verdict.DOUBTFUL, "answer_for_another_key")


def _says_nothing(body: dict[str, Any], told: list[Any]) -> bool:
    """Tell whether a search found nothing: a server may put remarks beside its empty answer (search.html#outcome)."""
    remarks = [each for each in told if isinstance(each, dict) and each.get("resourceType") == "OperationOutcome"]
    entries = body.get("entry", [])
    return isinstance(entries, list) and len(remarks) == len(told) == len(entries)


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
