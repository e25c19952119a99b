"""The German courier, DEMIS: `$process-notification` takes a notification and gives a receipt for it.

DEMIS cannot be asked what it holds. After an unclear answer the same notification, with the same identifiers, is sent
again; receivers tell copies by them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from temoin.formats.fhir import MEDIA_TYPE
from temoin.formats.fhir.demis import BUNDLE_ID, DEMIS, NOTIFICATION_ID, notifications
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.testing.report import Report
from temoin.transmission.channels.fhir.dialect import DialectCourier
from temoin.transmission.channels.fhir.exchange import NoAnswerError, NotSentError, tells_error
from temoin.transmission.channels.fhir.http_courier import KEPT, objects, outcome_words, told_without_taking, word_of

RECEIVED = DEMIS + "StructureDefinition/ReceivedNotification"
_HEADERS = {"Content-Type": MEDIA_TYPE, "Accept": MEDIA_TYPE}


class DemisCourier(DialectCourier):
    """Carries laboratory notifications to DEMIS."""

    def documents(self, report: Report, sender: str) -> list[dict[str, Any]]:
        """Write one notification per category; `sender` is the pharmacy's BSNR."""
        return notifications(report, bsnr=sender)

    async def post(self, document: dict[str, Any]) -> Answer:
        """Post one notification and look for the receipt that names it."""
        try:
            reply = await self.line().ask(
                "POST", "$process-notification", data=orjson.dumps(document), headers=_HEADERS
            )
        except (NotSentError, NoAnswerError) as error:
            return word_of(error)
        is_taken = reply.status == 200
        told = _read(reply.body, document["parameter"][0]["resource"]) if is_taken else told_without_taking(reply)
        return replace(told, came=reply.beginning(KEPT))

    async def enquire(self, consignment: Consignment) -> Answer:
        """Answer that nothing is known: the worker then sends the same notification again."""
        return Answer(Verdict.UNKNOWN, "not_askable")


def _read(body: Any, sent: dict[str, Any]) -> Answer:
    """Accept only with a receipt of this very notification and no error beside it."""
    resources = _resources(body)
    if any(tells_error(resource) for resource in resources):
        return Answer(Verdict.DOUBTFUL, "unreadable_answer", detail="\n".join(map(outcome_words, resources)))
    ours = {(BUNDLE_ID, sent["identifier"]["value"]), _named(sent["entry"][0]["resource"]["identifier"])}
    for receipt in _receipts(resources):
        named = set(_names(receipt))
        if named & ours:
            number = next((value for system, value in named if system == NOTIFICATION_ID), "")
            return Answer(Verdict.ACCEPTED, "acknowledged", receipt={"id": number, "received_at": receipt.get("date")})
    return Answer(Verdict.DOUBTFUL, "unreadable_answer")


def _resources(body: Any) -> list[dict[str, Any]]:
    parameters = objects(body.get("parameter")) if isinstance(body, dict) else []
    return objects([each.get("resource") for each in parameters])


def _receipts(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    entries = objects([entry.get("resource") for bundle in resources for entry in objects(bundle.get("entry"))])
    return [each for each in entries if each.get("resourceType") == "Composition"]


def _names(receipt: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the identifiers of what was received: the bundle's in an extension, the notification's in relatesTo."""
    received = [each for each in objects(receipt.get("extension")) if each.get("url") == RECEIVED]
    targets = objects([each.get("targetReference") for each in objects(receipt.get("relatesTo"))])
    return [_named(each.get("valueIdentifier")) for each in received] + [_named(to.get("identifier")) for to in targets]


def _named(identifier: Any) -> tuple[str, str]:
    if not isinstance(identifier, dict):
        return "", ""
    return str(identifier.get("system")), str(identifier.get("value"))
