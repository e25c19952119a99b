"""Asks the provider what became of the messages it took, and tells it to their parcels."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from temoin.delivery.channels.sms.courier import CODES, DESTINATION
from temoin.delivery.channels.sms.line import SmsLine, SmsNoAnswerError, SmsNotSentError
from temoin.delivery.channels.sms.provider import SmsFate, SmsProvider, tag_of
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Verdict
from temoin.outbox.duties import Duty
from temoin.outbox.queries import times_refused
from temoin.outbox.returns import note_later
from temoin.outbox.set_aside import apart, note_aside

DUTY = "sms-receipts"
_SILENT = "the provider of short messages does not answer"
EVERY = timedelta(minutes=2)
KNOWN_WITHIN = timedelta(days=3)  # operators give up after two days: see VALID_FOR
PORTION = 200  # asked for at each turn, one after the other
_OPEN = """
SELECT pharmacy_id, id, key FROM outbox_parcel
WHERE destination = %s AND state = 'accepted' AND sealed IS NOT NULL AND settled_at >= %s AND id > %s
ORDER BY id LIMIT %s
"""
_FORGET = """
UPDATE outbox_parcel SET sealed = NULL
WHERE destination = %s AND state = 'accepted' AND sealed IS NOT NULL
  AND (settled_at < %s OR (answer_code = 'sms_delivered' AND id = ANY(%s)))
"""
_FIRST = UUID(int=0)


class OpenMessage(NamedTuple):
    """A message that was taken, and whose fate nobody has told yet."""

    pharmacy_id: UUID
    parcel_id: UUID
    key: str


class Receipts:
    """Goes round the messages whose fate is open, a portion at each turn."""

    def __init__(self, provider: SmsProvider) -> None:
        self._provider = provider
        self._after = _FIRST
        self._ended: list[UUID] = []  # what became of them stands here, and the provider keeps nothing of them

    def read(self, stop: threading.Event) -> None:
        """Ask for the next portion; OSError when the provider answers for none of it: the next turn asks again.

        One that it does not answer for keeps no other from being told, and is on the list of `temoin lanes`.
        """
        with connection.cursor() as cursor:
            cursor.execute(_OPEN, [DESTINATION, now() - KNOWN_WITHIN, self._after, PORTION])
            found = [OpenMessage(*row) for row in cursor.fetchall()]
        self._ended.clear()
        try:
            odd = self._tell(found, stop)
        finally:  # what is settled, or will not be told any more, goes whatever the provider says today
            with connection.cursor() as cursor:
                cursor.execute(_FORGET, [DESTINATION, now() - KNOWN_WITHIN, self._ended])
        if found and len(odd) == len(found):
            raise OSError(_SILENT)
        for message in odd:
            note_aside(DUTY, str(message.parcel_id), "no_answer")
        self._after = found[-1].parcel_id if len(found) == PORTION else _FIRST

    def _tell(self, found: list[OpenMessage], stop: threading.Event) -> list[OpenMessage]:
        """Tell each message's fate to its parcel, one by one; return those that the provider does not answer for."""
        with asyncio.Runner() as runner, _line_of(runner) as line:
            return [one for one in found if not stop.is_set() and not self._tell_one(runner, line, one)]

    def _tell_one(self, runner: asyncio.Runner, line: SmsLine, message: OpenMessage) -> bool:
        try:
            # Whatever else is raised is of this message; a provider that is away, or a file of ours, is of all.
            with apart(DUTY, str(message.parcel_id), passing=(SmsNoAnswerError, SmsNotSentError, OSError)):
                self._ask_fate(runner, line, message)
        except SmsNoAnswerError:
            return False
        return True

    def _ask_fate(self, runner: asyncio.Runner, line: SmsLine, message: OpenMessage) -> None:
        with tenant_scope(message.pharmacy_id):
            tag = tag_of(message.key, times_refused(message.parcel_id))
        fate, word = runner.run(self._provider.fate(line, tag))
        # What the provider keeps is deleted after the fate stands here: a worker that dies between them asks again.
        if _note(message.key, fate, word):
            runner.run(self._provider.forget(line, tag))
            self._ended.append(message.parcel_id)


def receipt_duties(provider: SmsProvider) -> list[Duty]:
    """Return the duty to announce."""
    return [Duty(DUTY, EVERY, Receipts(provider).read)]


@contextmanager
def _line_of(runner: asyncio.Runner) -> Iterator[SmsLine]:
    line = runner.run(_opened())
    try:
        yield line
    except SmsNotSentError:
        raise OSError(_SILENT) from None
    finally:
        runner.run(line.close())


async def _opened() -> SmsLine:
    return SmsLine()  # its session belongs to the loop that runs


def _note(key: str, fate: SmsFate, word: str) -> bool:
    """Write a fate down; False for one that is still open, or while a worker holds the parcel: the next turn asks."""
    if fate is SmsFate.DELIVERED:
        answer = Answer(Verdict.ACCEPTED, "sms_delivered", receipt={"said": word})
    elif fate in CODES:
        answer = Answer(Verdict.REFUSED, CODES[fate], detail=word, receipt={"said": word})
    else:
        return False
    try:
        return note_later(DESTINATION, key, answer)
    except ConflictError:
        return False
