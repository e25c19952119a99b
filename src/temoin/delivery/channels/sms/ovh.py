"""OVHcloud, by its API 1.0: https://eu.api.ovh.com/console/?section=/sms, signed as its first steps say.

What it keeps of a message holds the link: it is deleted there once its fate is known.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import urlencode

import orjson

from temoin.delivery.channels.sms.answers import not_taken, taken
from temoin.delivery.channels.sms.line import SmsLine, SmsNoAnswerError, SmsReply
from temoin.delivery.channels.sms.provider import ShortMessage, SmsFate
from temoin.delivery.channels.sms.settings import Ovh
from temoin.lib.clock import now
from temoin.outbox.courier import Answer

VALID_FOR = 2_880  # minutes in which the operator tries: two days
_GONE = {200, 204, 404}  # the last: it was deleted before
DELIVERED = 4  # PTT, the state of a message in detail; /sms/ptts says how long the others last


class OvhProvider:
    """Sends by one SMS account."""

    def __init__(self, ovh: Ovh, sender: str) -> None:
        self._ovh, self._sender = ovh, sender
        self._base = f"{ovh.base_url}/sms/{ovh.service}"

    async def send(self, line: SmsLine, message: ShortMessage) -> Answer:
        body = {
            "charset": "UTF-8",
            "coding": "7bit" if message.is_gsm else "8bit",
            "message": message.text,
            "noStopClause": True,  # not advertising
            "priority": "high",
            "receivers": [message.recipient],
            "sender": self._sender,
            "senderForResponse": False,
            "tag": message.tag,
            "validityPeriod": VALID_FOR,
        }
        reply = await self._ask(line, "POST", f"{self._base}/jobs", orjson.dumps(body))
        told = reply.body if isinstance(reply.body, dict) else {}
        if reply.status == 200 and told.get("ids"):
            return taken(reply, told["ids"][0])
        is_number = reply.status == 200 and bool(told.get("invalidReceivers"))
        return not_taken(reply, recipient_refused=is_number)

    async def fate(self, line: SmsLine, tag: str) -> tuple[SmsFate, str]:
        try:
            return await self._fate(line, tag)
        except (KeyError, TypeError, ValueError, AttributeError):  # an answer of another shape
            raise SmsNoAnswerError from None

    async def forget(self, line: SmsLine, tag: str) -> None:
        try:
            sent = await self._sent(line, tag)
        except (TypeError, ValueError):  # an answer of another shape
            raise SmsNoAnswerError from None
        for number in sent:
            reply = await self._ask(line, "DELETE", f"{self._base}/outgoing/{number}")
            if reply.status not in _GONE:
                raise SmsNoAnswerError

    async def _fate(self, line: SmsLine, tag: str) -> tuple[SmsFate, str]:
        sent = await self._sent(line, tag)
        if not sent:
            return (SmsFate.NOT_KNOWN if await self._read(line, f"{self._base}/jobs") else SmsFate.NOT_HELD), ""
        ptt = int((await self._read(line, f"{self._base}/outgoing/{sent[0]}"))["ptt"])
        if ptt == DELIVERED:
            return SmsFate.DELIVERED, f"PTT {ptt}"
        told = await self._read(line, f"{self._ovh.base_url}/sms/ptts?{urlencode({'ptt': ptt})}")
        return SmsFate.FAILED if told["duration"] == "permanent" else SmsFate.ON_ITS_WAY, f"PTT {ptt}"

    async def _sent(self, line: SmsLine, tag: str) -> list[int]:
        return [int(number) for number in await self._read(line, f"{self._base}/outgoing?{urlencode({'tag': tag})}")]

    async def _read(self, line: SmsLine, address: str) -> Any:
        reply = await self._ask(line, "GET", address)
        if reply.status != 200 or reply.body is None:
            raise SmsNoAnswerError
        return reply.body

    async def _ask(self, line: SmsLine, method: str, address: str, body: bytes = b"") -> SmsReply:
        moment = str(int(now().timestamp()))
        secret, consumer = (
            path.read_text(encoding="utf-8").strip()
            for path in (self._ovh.application_secret_file, self._ovh.consumer_key_file)
        )
        signed = "+".join((secret, consumer, method, address, body.decode(), moment))
        digest = hashlib.sha1(signed.encode(), usedforsecurity=False).hexdigest()  # theirs to choose
        headers = {
            "X-Ovh-Application": self._ovh.application_key,
            "X-Ovh-Consumer": consumer,
            "X-Ovh-Timestamp": moment,
            "X-Ovh-Signature": f"$1${digest}",
            "Content-Type": "application/json",
        }
        return await line.ask(method, address, headers, body or None)
