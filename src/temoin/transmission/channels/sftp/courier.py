"""The courier of files: a CSV file for each result, over SFTP, to a receiver that answers with a file of the same name.

The name of a file is the parcel's key, so a resend takes the place of the same file. A file is written under a name
that nobody reads and then given its own: before that nothing was sent, after it there is a doubt until the receiver's
acknowledgement names the key (law 5). While the file lies there unanswered, the receiver has not come to it yet, and
nothing is sent again; only when neither file nor acknowledgement is there is the key unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from temoin.formats.csv.acknowledgement import (
    CsvAcknowledgement,
    RowVerdict,
    acknowledgement_of,
    ends_a_line,
    read_acknowledgements,
)
from temoin.formats.csv.report_file import report_file
from temoin.lib.clock import now
from temoin.outbox.courier import Answer, Consignment, Holding, Load, Verdict
from temoin.testing.report import Report
from temoin.transmission.channels.sftp.folders import FolderError, Folders
from temoin.transmission.channels.sftp.settings import SftpSettings
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet

DESTINATION = "sftp"
# Seconds; together well below the lease of a parcel (30): an enquiry may be followed by a carriage.
ENQUIRY, CARRIAGE = 7.0, 14.0
PATIENCE = 1.0  # seconds for which an acknowledgement is waited for; later the parcel comes back to ask
LOOK_AGAIN = 0.1  # seconds at first, then twice as long each time
OVERDUE = 24 * 3600.0  # seconds; an answer that does not come for a day was lost: the file is put there again
STILL = 120.0  # seconds; a file that has not grown for so long will not grow: its last line is whole without an end
MOST_UNENDED = 10_000  # files
LARGEST_CAME = 16_384  # bytes


class SftpCourier(ReportCourier):
    """Carries files to a receiver's folder, and reads its answers in another."""

    destination = DESTINATION

    def __init__(self, box: SftpSettings, *, demo: bool) -> None:
        super().__init__(demo=demo)
        self._box = box
        self._opened: Folders | None = None
        self._unended: dict[str, tuple[int, float]] = {}  # files whose last line has no end: their length, since when

    @property
    def enabled(self) -> bool:
        return self._box.enabled

    @property
    def rules(self) -> RuleSet:
        return self._box.rules

    def write(self, load: Load, report: Report) -> Consignment | Answer:
        return Consignment(key=load.key, body=report_file(report))

    async def carry(self, consignment: Consignment) -> Answer:
        """Put the file there, and wait a moment for its acknowledgement."""
        return await self._put(_name(consignment.key), consignment.body, consignment.key)

    async def enquire(self, consignment: Consignment) -> Answer:
        """Look for the acknowledgement, then whether the file still waits for it."""
        try:
            async with asyncio.timeout(ENQUIRY):
                return await self._asked(consignment.key)
        except FolderError as error:
            return Answer(Verdict.DOUBTFUL, str(error))
        except TimeoutError:
            return Answer(Verdict.DOUBTFUL, "unreachable")

    async def holdings(self, since: datetime, until: datetime) -> AsyncIterator[Holding]:
        """Give the keys that acknowledgements of that time, by the receiver's clock, say it accepted."""
        async with _apart(self._box) as folders:
            files = await folders.acknowledgement_files()
            when = {name: datetime.fromtimestamp(seconds, UTC) for name, seconds in files.items()}
            asked = {name: at.isoformat() for name, at in when.items() if since <= at < until}
            async for holding in _accepted(folders, asked):
                yield holding

    async def held(self, keys: Sequence[str]) -> AsyncIterator[Holding]:
        """Give those of the keys that an acknowledgement says it accepted."""
        async with _apart(self._box) as folders:
            names = await self._answers_about(folders, keys)
            async for holding in _accepted(folders, dict.fromkeys(names, "")):
                if holding.key in keys:
                    yield holding

    async def _answers_about(self, _folders: Folders, keys: Sequence[str]) -> list[str]:
        return [_name(key) for key in keys]

    async def close(self) -> None:
        if self._opened is not None:
            folders, self._opened = self._opened, None
            await folders.close()

    @property
    def _folders(self) -> Folders:
        if self._opened is None:
            self._opened = Folders(self._box)
        return self._opened

    async def _put(self, name: str, content: bytes, key: str | None = None) -> Answer:
        """Put a file there; of a key, wait a moment for what is said of it."""
        verdict, folders = Verdict.POSTPONED, self._folders
        try:
            async with asyncio.timeout(CARRIAGE):
                await folders.forget(name)  # a refusal of the time before
                draft = await folders.draft(name, content)
                verdict = Verdict.DOUBTFUL  # from here on the receiver may have it
                await folders.publish(draft, name)
                return (key and await self._acknowledged(key, PATIENCE)) or AWAITED
        except FolderError as error:
            return Answer(verdict, str(error))
        except TimeoutError:
            return Answer(verdict, "unreachable" if verdict is Verdict.POSTPONED else "no_answer")

    async def _asked(self, key: str) -> Answer:
        # In this order: the receiver takes a file away only after it has acknowledged it.
        since = await self._folders.sent_at(_name(key))
        return await self._acknowledged(key, 0) or await self._unanswered(key, since)

    async def _acknowledged(self, key: str, patience: float) -> Answer | None:
        """Return what the acknowledgement says of the key, once it says something."""
        pause = LOOK_AGAIN
        while True:
            lines, _ = await self._lines(_name(key))
            told = acknowledgement_of(key, lines)
            if told is not None:
                return settled_by(told)
            if patience <= 0:
                return None
            await asyncio.sleep(min(pause, patience))
            patience, pause = patience - pause, pause * 2

    async def _unanswered(self, key: str, since: float | None) -> Answer:
        if await self._folders.acknowledgement(_name(key)) is not None:
            told = await self._acknowledged(key, PATIENCE)
            if told is None and _name(key) in self._unended:
                return AWAITED  # it may still be written
            # It speaks of others, or of nothing: sent again, the file is acknowledged anew.
            return told or Answer(Verdict.UNKNOWN, "unreadable_acknowledgement")
        if since is None:
            return Answer(Verdict.UNKNOWN, "unknown_there")
        if now().timestamp() - since > OVERDUE:
            return Answer(Verdict.UNKNOWN, "acknowledgement_overdue")
        return AWAITED

    async def _lines(self, name: str) -> tuple[list[CsvAcknowledgement], bool]:
        """Return what an acknowledgement file says, and whether that is all it will say."""
        data = await self._folders.acknowledgement(name) or b""
        is_whole = ends_a_line(data) or self._lies_still(name, len(data))
        if is_whole:
            self._unended.pop(name, None)
        return read_acknowledgements(data, is_whole=is_whole), is_whole

    def _lies_still(self, name: str, length: int) -> bool:
        """Tell whether a file was as long for a while, by our own clock: the receiver's may be anything."""
        moment = asyncio.get_running_loop().time()
        before, since = self._unended.get(name, (-1, moment))
        if before == length and moment - since >= STILL:
            return True
        if len(self._unended) >= MOST_UNENDED:
            self._unended.clear()
        if length and before != length:
            self._unended[name] = (length, moment)
        return False


# No trouble of the destination's: it comes to files when it does.
AWAITED = Answer(Verdict.DOUBTFUL, "awaiting_acknowledgement", is_own=True, is_sign_of_life=True)


@asynccontextmanager
async def _apart(box: SftpSettings) -> AsyncIterator[Folders]:
    """Give a connection of its own: who reconciles works in another thread than the lane."""
    folders = Folders(box)
    try:
        yield folders
    except FolderError as error:
        raise ConnectionError(str(error)) from None
    finally:
        await folders.close()


async def _accepted(folders: Folders, names: Mapping[str, str]) -> AsyncIterator[Holding]:
    for name, at in names.items():
        data = await folders.acknowledgement(name) or b""
        for told in read_acknowledgements(data, is_whole=True):  # of an hour ago, or as whole as anybody knows
            if told.verdict is RowVerdict.ACCEPTED:
                yield Holding(told.key, told.id, at)


def _name(key: str) -> str:
    return f"{key}.csv"


def settled_by(told: CsvAcknowledgement) -> Answer:
    """Return what a line of an acknowledgement means for the parcel."""
    came = told.line[:LARGEST_CAME]
    if told.verdict is RowVerdict.REFUSED:
        return Answer(Verdict.REFUSED, "row_refused", detail=told.reason, came=came)
    return Answer(Verdict.ACCEPTED, "acknowledged", receipt={"id": told.id}, came=came)
