"""The courier of files for a receiver that wants them once a day: results wait for the hour, then go many to a file.

What is carried at the same time becomes one file, named by the keys in it. Since a key alone does not tell its file, an
enquiry looks through the acknowledgements, and through the files that still wait for theirs; each is read once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from temoin.formats.csv.acknowledgement import EVERY_ROW, CsvAcknowledgement, acknowledgement_of
from temoin.formats.csv.report_file import joined_files, keys_of
from temoin.lib.clock import now
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.pharmacies.zones import zone_of
from temoin.testing.report import Report
from temoin.transmission.channels.sftp.courier import AWAITED, OVERDUE, SftpCourier, settled_by
from temoin.transmission.channels.sftp.folders import FileWithheldError, FolderError, Folders
from temoin.transmission.channels.sftp.settings import SftpSettings

GATHER = 0.3  # seconds in which what is carried joins the same file
FRESH = 1.0  # seconds for which one look serves every enquiry
PREFIX = "batch-"


class DailySftpCourier(SftpCourier):
    """Carries files of many results, from the hour that follows each signature."""

    def __init__(self, box: SftpSettings, *, demo: bool) -> None:
        super().__init__(box, demo=demo)
        self._gathered: list[Consignment] = []
        self._departure: asyncio.Task[Answer] | None = None
        self._look = asyncio.Lock()
        self._odd: set[str] = set()  # files that could not be read: told once
        self._refused: set[tuple[str, float]] = set()  # of the last look, the ones that the receiver does not give
        self._to_tell: list[tuple[str, str]] = []
        self._looked_at = 0.0
        self._waiting: dict[str, float] = {}  # files without acknowledgement, and since when they lie there
        self._keys: dict[str, frozenset[str]] = {}  # of files read
        self._told: dict[tuple[str, float], list[CsvAcknowledgement]] = {}  # acknowledgements read, by name and time
        self._half: set[tuple[str, float]] = set()  # of these, the ones that may still be written

    def write(self, load: Load, report: Report) -> Consignment | Answer:
        """Write the file of the signed version, once its hour has come."""
        wait = (
            hour_after(report.signed_at, self._box.daily_at or 0, zone_of(load.pharmacy_id)) - now()
        ).total_seconds()
        if wait > 0:
            return Answer(Verdict.POSTPONED, "waiting_for_the_hour", retry_after=wait)
        return super().write(load, report)

    async def carry(self, consignment: Consignment) -> Answer:
        self._gathered.append(consignment)
        if self._departure is None:
            self._departure = asyncio.create_task(self._depart())
        return await asyncio.shield(self._departure)

    async def _depart(self) -> Answer:
        await asyncio.sleep(GATHER)
        gathered, self._gathered, self._departure = self._gathered, [], None
        by_key = {each.key: each.body for each in gathered}
        keys = sorted(by_key)
        name = f"{PREFIX}{hashlib.sha256(' '.join(keys).encode()).hexdigest()[:32]}.csv"
        self._looked_at = 0.0
        self._keys[name] = frozenset(keys)
        return await self._put(name, joined_files([by_key[key] for key in keys]))

    async def _asked(self, key: str) -> Answer:
        await self._look_around()
        settled = [settled_by(told) for told in self._said_of(key)]
        accepted = next((answer for answer in settled if answer.verdict is Verdict.ACCEPTED), None)
        if accepted is not None:
            return accepted
        since = [at for name, at in self._waiting.items() if key in self._keys[name]]
        if since:  # sent again after a refusal, perhaps: the new file has its own answer to come
            overdue = now().timestamp() - max(since) > OVERDUE
            return Answer(Verdict.UNKNOWN, "acknowledgement_overdue") if overdue else AWAITED
        return settled[-1] if settled else Answer(Verdict.UNKNOWN, "unknown_there")

    def _said_of(self, key: str) -> Iterator[CsvAcknowledgement]:
        """Give what each file says of a key; "every row" speaks of the keys that we know were in its file."""
        for (name, _), lines in self._told.items():
            is_inside = key in self._keys.get(name, ())
            told = acknowledgement_of(key, [line for line in lines if is_inside or line.key != EVERY_ROW])
            if told is not None:
                yield told

    async def _answers_about(self, folders: Folders, keys: Sequence[str]) -> list[str]:
        batches = [name for name in await folders.acknowledgement_files() if name.startswith(PREFIX)]
        return [*await super()._answers_about(folders, keys), *batches]

    async def _look_around(self) -> None:
        """Read what is new in both folders: files first, as the receiver takes one away only after answering it."""
        async with self._look:
            moment = asyncio.get_running_loop().time()
            if moment - self._looked_at < FRESH:
                return
            sent = {name: at for name, at in (await self._folders.sent_files()).items() if name.startswith(PREFIX)}
            answered = await self._folders.acknowledgement_files()
            new = {file for file in answered.items() if file[0].startswith(PREFIX)}
            self._refused.clear()
            self._told = {file: await self._lines_once(file) for file in sorted(new)}
            if new and self._refused == new:
                raise FolderError("folder_refused")  # all of them: the trouble is the folder's
            whole = {file[0] for file, lines in self._told.items() if lines and file not in self._half}
            self._waiting = {name: at for name, at in sent.items() if name not in whole}
            # After a restart only the file itself says which keys were in it: of whom "every row" speaks.
            wholly = {file[0] for file, lines in self._told.items() if any(line.key == EVERY_ROW for line in lines)}
            for name in sent:
                if name not in self._keys and (name in self._waiting or name in wholly):
                    self._keys[name] = self._keys_in(name, await self._folders.sent(name) or b"")
            self._looked_at = moment

    async def _lines_once(self, file: tuple[str, float]) -> list[CsvAcknowledgement]:
        """Return what a file says, read again only while it may still be written."""
        known = self._told.get(file)
        if known and file not in self._half:
            return known
        try:
            lines, is_whole = await self._lines(file[0])
        except Exception as error:
            if isinstance(error, FileWithheldError):
                self._refused.add(file)
            elif isinstance(error, FolderError):
                raise
            self._set_aside(file[0], error)  # whatever one file holds, the others are read
            lines, is_whole = [], True
        (self._half.discard if is_whole else self._half.add)(file)
        return lines

    def _keys_in(self, name: str, content: bytes) -> frozenset[str]:
        try:
            return keys_of(content)
        except Exception as error:  # noqa: BLE001 as above
            self._set_aside(name, error)
            return frozenset()

    def _set_aside(self, name: str, error: Exception) -> None:
        if name not in self._odd:
            self._odd.add(name)
            self._to_tell.append((name, type(error).__name__))

    def taken_aside(self) -> list[tuple[str, str]]:
        """Return the files set aside since the last time, and the kind of error of each."""
        told, self._to_tell = self._to_tell, []
        return told


def courier_of(box: SftpSettings, *, demo: bool) -> SftpCourier:
    """Return the courier for a receiver: once a day, or at once."""
    return SftpCourier(box, demo=demo) if box.daily_at is None else DailySftpCourier(box, demo=demo)


def hour_after(moment: datetime, hour: int, zone: ZoneInfo) -> datetime:
    """Return the first time after a moment at which the clock of the pharmacy shows this hour."""
    here = moment.astimezone(zone)
    at = here.replace(hour=hour, minute=0, second=0, microsecond=0)
    return at if at > here else (at + timedelta(days=1))
