"""Asks the provider what became of the messages it took, and tells it to their parcels."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from uuid import UUID

from django.db import connection

from temoin.delivery.channels.sms.courier import CODES, DESTINATION
from temoin.delivery.channels.sms.line import SmsLine, SmsNoAnswerError, SmsNotSentError
from temoin.delivery.channels.sms.provider import SmsFate, SmsProvider, tag_of
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.duties import Duty
from temoin.outbox.returns import note_later

EVERY = timedelta(minutes=2)
KNOWN_WITHIN = timedelta(days=3)  # operators give up after two days: see VALID_FOR
PORTION = 200  # asked for at each turn, one after the other
_OPEN = """
SELECT id, key FROM outbox_parcel
WHERE destination = %s AND state = 'accepted' AND sealed IS NOT NULL AND settled_at >= %s AND id > %s
ORDER BY id LIMIT %s
"""
_FORGET = """
UPDATE outbox_parcel SET sealed = NULL
WHERE destination = %s AND state = 'accepted' AND sealed IS NOT NULL
  AND (settled_at < %s OR answer_code = 'sms_delivered')
"""
_FIRST = UUID(int=0)


class Receipts:
    """Goes round the messages whose fate is open, a portion at each turn."""

    def __init__(self, provider: SmsProvider) -> None:
        self._provider = provider
        self._after = _FIRST

    def read(self, stop: threading.Event) -> None:
        """Ask for the next portion; OSError when the provider does not answer: the next turn asks again."""
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, [DESTINATION, now() - KNOWN_WITHIN, self._after, PORTION])
            found = cursor.fetchall()
        told = asyncio.run(self._asked([key for _id, key in found], stop))
        for key, (fate, word) in told.items():
            _note(key, fate, word)
        self._after = found[-1][0] if len(found) == PORTION else _FIRST
        with connection.cursor() as cursor:
            cursor.execute(_FORGET, [DESTINATION, now() - KNOWN_WITHIN])

    async def _asked(self, keys: list[str], stop: threading.Event) -> dict[str, tuple[SmsFate, str]]:
        told: dict[str, tuple[SmsFate, str]] = {}
        line = SmsLine()
        try:
            for key in keys:
                if stop.is_set():
                    break
                told[key] = await self._provider.fate(line, tag_of(key))
        except (SmsNotSentError, SmsNoAnswerError):
            if not told:
                raise OSError("the provider of short messages does not answer") from None
        finally:
            await line.close()
        return told


def receipt_duties(provider: SmsProvider) -> list[Duty]:
    """Return the duty to announce."""
    return [Duty("sms-receipts", EVERY, Receipts(provider).read)]


def _note(key: str, fate: SmsFate, word: str) -> None:
    if fate is SmsFate.DELIVERED:
        answer = Answer(Verdict.ACCEPTED, "sms_delivered", receipt={"said": word})
    elif fate in CODES:
        answer = Answer(Verdict.REFUSED, CODES[fate], detail=word, receipt={"said": word})
    else:
        return
    try:
        note_later(DESTINATION, key, answer)
    except ConflictError:
        return  # a worker holds it at this moment: the next turn tells it
