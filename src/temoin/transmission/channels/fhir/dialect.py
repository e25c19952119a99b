"""Couriers of a national dialect: what a version has to tell may be several documents, which one parcel carries.

The parcel is accepted when all of them are. Each has an identifier made from the parcel's key, the same at each try.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import orjson

from temoin.formats.fhir.dialect import DialectError
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.testing.report import Report
from temoin.transmission.channels.fhir.http_courier import HttpCourier

WHOLE = 13.0  # seconds for all documents of a parcel; an enquiry and a try together end before the lease (30)
# Of several answers, the one that says what must happen next.
_GRAVITY = (Verdict.REFUSED, Verdict.DOUBTFUL, Verdict.UNKNOWN, Verdict.POSTPONED, Verdict.ACCEPTED)


class DialectCourier(HttpCourier):
    """Carries the documents of a dialect one by one."""

    def write(self, load: Load, report: Report) -> Consignment | Answer:
        """Write the documents; what a French Report does not have must stand in the settings."""
        sender = self.authority.senders.get(report.organisation.finess)
        if sender is None:
            return Answer(Verdict.REFUSED, "no_sender_number")
        try:
            return Consignment(key=load.key, body=orjson.dumps(self.documents(report, sender)))
        except DialectError as error:
            return Answer(Verdict.REFUSED, error.code)

    @abstractmethod
    def documents(self, report: Report, sender: str) -> list[dict[str, Any]]:
        """Write what is posted; DialectError says what cannot be."""

    @abstractmethod
    async def post(self, document: dict[str, Any]) -> Answer:
        """Hand one document to the receiver, and read what it says of it."""

    async def carry(self, consignment: Consignment) -> Answer:
        return await self.each(consignment, self.post)

    async def each(self, consignment: Consignment, verb: Callable[[dict[str, Any]], Any]) -> Answer:
        """Do one thing with every document, and put the answers together."""
        answers: list[Answer] = []
        try:
            async with asyncio.timeout(WHOLE):
                for document in orjson.loads(consignment.body):
                    answers.append(await verb(document))
        except TimeoutError:
            return Answer(Verdict.DOUBTFUL, "no_answer")
        return together(answers)


def together(answers: list[Answer]) -> Answer:
    """Return the answer for the whole parcel: the gravest, and a doubt where only a part was surely not taken."""
    gravest = min(answers, key=lambda answer: _GRAVITY.index(answer.verdict))
    if gravest.verdict is Verdict.POSTPONED and any(answer.verdict is Verdict.ACCEPTED for answer in answers):
        return Answer(Verdict.DOUBTFUL, gravest.code, retry_after=gravest.retry_after)
    return gravest
