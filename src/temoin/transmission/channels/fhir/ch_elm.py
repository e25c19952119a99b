"""The Swiss courier, CH ELM: a DocumentReference is posted, validated at once, and processed later.

The office answers "in-progress", and the sender must ask until it is "completed" or "failed": for the outbox this is a
doubt, which it clears by asking by key. What failed was not kept there: it is corrected, or sent again by a person.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from temoin.formats.fhir import MEDIA_TYPE
from temoin.formats.fhir.ch_elm import document_references
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.testing.report import Report
from temoin.transmission.channels.fhir.dialect import DialectCourier
from temoin.transmission.channels.fhir.exchange import NoAnswerError, NotSentError
from temoin.transmission.channels.fhir.http_courier import KEPT, objects, outcome_words, told_without_taking, word_of

STATUS = "http://fhir.ch/ig/ch-elm/StructureDefinition/ch-ext-elm-status"
PAUSE = 30.0  # seconds before the office is asked again how far it is
_HEADERS = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}


class ChElmCourier(DialectCourier):
    """Carries laboratory reports to the Federal Office of Public Health."""

    def documents(self, report: Report, sender: str) -> list[dict[str, Any]]:
        """Write one DocumentReference per organism; `sender` is the pharmacy's GLN."""
        return document_references(report, gln=sender)

    async def carry(self, consignment: Consignment) -> Answer:
        """Post what the office does not have; of several documents it may have some."""
        several = len(orjson.loads(consignment.body)) > 1
        return await self.each(consignment, self._post_if_unknown if several else self.post)

    async def enquire(self, consignment: Consignment) -> Answer:
        return await self.each(consignment, self.ask)

    async def post(self, document: dict[str, Any]) -> Answer:
        try:
            reply = await self.line().ask("POST", "DocumentReference", data=orjson.dumps(document), headers=_HEADERS)
        except (NotSentError, NoAnswerError) as error:
            return word_of(error)
        told = read_status(reply.body, _name(document)) if reply.status in {200, 201} else told_without_taking(reply)
        return replace(told or Answer(Verdict.DOUBTFUL, "unreadable_answer"), came=reply.beginning(KEPT))

    async def ask(self, document: dict[str, Any]) -> Answer:
        """Ask for the newest DocumentReference with the document's identifier."""
        wanted = document["identifier"][0]
        query = {"identifier": f"{wanted['system']}|{wanted['value']}", "_sort": "-_lastUpdated"}
        headers = {"Accept": MEDIA_TYPE, "Cache-Control": "no-cache"}
        try:
            reply = await self.line().ask("GET", "DocumentReference", params=query, headers=headers)
        except (NotSentError, NoAnswerError) as error:
            return Answer(Verdict.DOUBTFUL, error.code)
        if reply.status != 200 or not isinstance(reply.body, dict) or reply.body.get("type") != "searchset":
            return Answer(Verdict.DOUBTFUL, f"http_{reply.status}", retry_after=reply.pause)
        return replace(_newest(reply.body, _name(document)), came=reply.beginning(KEPT))

    async def _post_if_unknown(self, document: dict[str, Any]) -> Answer:
        held = await self.ask(document)
        # What failed was not kept: whoever has it sent again means it.
        return await self.post(document) if held.verdict in {Verdict.UNKNOWN, Verdict.REFUSED} else held


def _name(document: dict[str, Any]) -> str:
    return str(document["identifier"][0]["value"])


def read_status(body: Any, name: str) -> Answer | None:
    """Read how far the office is with the document of that name; None when this is nothing of the kind."""
    if not isinstance(body, dict) or body.get("resourceType") != "DocumentReference" or not _is_named(body, name):
        return None
    told = [each.get("valueCode") for status in _extensions(body, STATUS) for each in _extensions(status, "status")]
    receipt = {"id": body.get("id", ""), "received_at": body.get("date", "")}
    if told == ["completed"]:
        return Answer(Verdict.ACCEPTED, "acknowledged", receipt=receipt)
    if told == ["failed"]:
        detail = "\n".join(map(outcome_words, objects(body.get("contained"))))
        return Answer(Verdict.REFUSED, "processing_failed", detail=detail)
    if told == ["in-progress"]:
        # Its own: the office works, and the circuit breaker must not take this for trouble there.
        return Answer(
            Verdict.DOUBTFUL, "in_progress", receipt=receipt, retry_after=PAUSE, is_own=True, is_sign_of_life=True
        )
    return None


def _newest(searchset: dict[str, Any], name: str) -> Answer:
    if not searchset.get("entry"):
        return Answer(Verdict.UNKNOWN, "unknown_there")
    answers = [read_status(entry.get("resource"), name) for entry in objects(searchset["entry"])]
    read = [answer for answer in answers if answer is not None]
    # One that went through settles it, whatever a try before met; else what was said last.
    through = (answer for answer in read if answer.verdict is Verdict.ACCEPTED)
    return next(through, read[0] if read else Answer(Verdict.DOUBTFUL, "unreadable_answer"))


def _is_named(body: dict[str, Any], name: str) -> bool:
    return any(each.get("value") == name for each in objects(body.get("identifier")))


def _extensions(element: dict[str, Any], url: str) -> list[dict[str, Any]]:
    return [each for each in objects(element.get("extension")) if each.get("url") == url]
