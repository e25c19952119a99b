"""Brevo, by its API v3: https://developers.brevo.com/reference/send-async-transactional-sms and /get-sms-events."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson

from temoin.delivery.channels.sms.answers import not_taken, taken
from temoin.delivery.channels.sms.line import SmsLine, SmsNoAnswerError
from temoin.delivery.channels.sms.provider import ShortMessage, SmsFate
from temoin.delivery.channels.sms.settings import Brevo
from temoin.outbox.courier import Answer

# Events of one message, the one that says most first; those that bounce softly are tried again by Brevo.
_FATES = {
    "delivered": SmsFate.DELIVERED,
    "hardBounce": SmsFate.FAILED,
    "hardBounces": SmsFate.FAILED,
    "rejected": SmsFate.FAILED,
    "blocked": SmsFate.BLOCKED,
    "unsubscribe": SmsFate.BLOCKED,
    "unsubscription": SmsFate.BLOCKED,
    "skip": SmsFate.BLOCKED,
}


class BrevoProvider:
    """Sends in the name of one account."""

    def __init__(self, brevo: Brevo, sender: str) -> None:
        self._brevo, self._sender = brevo, sender

    async def send(self, line: SmsLine, message: ShortMessage) -> Answer:
        body = {
            "sender": self._sender,
            "recipient": message.recipient.removeprefix("+"),
            "content": message.text,
            "type": "transactional",  # at any hour, and without a clause on how to opt out
            "tag": message.tag,
            "unicodeEnabled": not message.is_gsm,
        }
        address = f"{self._brevo.base_url}/transactionalSMS/send"
        reply = await line.ask("POST", address, self._headers(), orjson.dumps(body))
        told = reply.body if isinstance(reply.body, dict) else {}
        if reply.status in {200, 201} and told.get("messageId"):
            return taken(reply, told["messageId"])
        is_number = told.get("code") == "invalid_parameter" and "recipient" in str(told.get("message")).lower()
        return not_taken(reply, recipient_refused=is_number, credit_gone=told.get("code") == "not_enough_credits")

    async def fate(self, line: SmsLine, tag: str) -> tuple[SmsFate, str]:
        words = urlencode({"tags": tag, "limit": 50, "sort": "desc"})
        reply = await line.ask(
            "GET", f"{self._brevo.base_url}/transactionalSMS/statistics/events?{words}", self._headers()
        )
        told = reply.body if isinstance(reply.body, dict) else None
        if reply.status != 200 or told is None:
            raise SmsNoAnswerError
        events = [str(one.get("event")) for one in _events(told) if one.get("tag") == tag]
        found = next((name for name in _FATES if name in events), None)
        if found is not None:
            return _FATES[found], found
        return (SmsFate.ON_ITS_WAY, events[0]) if events else (SmsFate.NOT_HELD, "")

    async def forget(self, line: SmsLine, tag: str) -> None:
        """Ask for nothing: its API deletes no message."""

    def _headers(self) -> dict[str, str]:
        key = self._brevo.key_file.read_text(encoding="utf-8").strip()
        return {"api-key": key, "Accept": "application/json", "Content-Type": "application/json"}


def _events(told: dict[str, Any]) -> list[dict[str, Any]]:
    events = told.get("events", [])  # left out where there are none
    if not isinstance(events, list) or not all(isinstance(one, dict) for one in events):
        raise SmsNoAnswerError
    return events
