"""Handing a file in: it is kept sealed, tried, and taken by one more act; the same road as `temoin import results`."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from time import monotonic
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.patients import ListOfPatients
from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.profiles import own_profile, plain_heading
from temoin.formats.csv.reading import FileOfResults, Said
from temoin.formats.csv.tables import Encoding
from temoin.intake.file_words import notes_of
from temoin.intake.held import (
    FileKind,
    FileStage,
    HeldFile,
    add_told,
    begin_run,
    end_run,
    forget_held,
    forget_told,
    go_on,
    held_file,
    held_ids,
    held_stream,
    keep_file,
    save_held,
    told_rows,
)
from temoin.intake.people import ListRun, PersonFate, PersonOutcome, import_patients
from temoin.intake.results import RowOutcome, import_results
from temoin.intake.sameness import Sameness
from temoin.intake.terms import read_terms
from temoin.intake.turns import turn
from temoin.journal.act import act, denials_recorded
from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, NotFoundError, TemoinError, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.group_queries import group_named

log = logging.getLogger("temoin.intake")

LARGEST_HANDED = 16_000_000  # bytes of a file from a browser: a hundred thousand rows come by the command
LONGEST_NAME = 120
NOTED_EVERY = 1.0  # seconds
MOST_TOLD = 500  # rows told of in one part

Start = Callable[[Callable[[], None]], None]


def hand_in(
    *,
    by: Seat,
    name: str,
    content: bytes,
    encoding: str,
    dates: str,
    kind: FileKind = FileKind.RESULTS,
    group_id: UUID | None = None,
    first_row: int = 1,
) -> UUID:
    """Keep a file for a day; InvalidError when there is none, or one that only the command takes."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    if not content:
        raise refuse("file", "required", _("Choose a file that is not empty."))
    if len(content) > LARGEST_HANDED:
        raise refuse("file", "too_large", _("The file is over 16 MB: split it, or have it taken in by the command."))
    held = HeldFile(
        id=new_id(),
        name="".join(sign for sign in name if sign.isprintable())[:LONGEST_NAME],
        size=len(content),
        digest=sha256(content).hexdigest(),
        handed_at=now().isoformat(),
        kind=kind,
        encoding=_checked_encoding(encoding),
        dates=_checked_dates(dates),
        group=str(group_named(by=by, group_id=group_id).id) if group_id else "",
        first_row=first_row,
    )
    keep_file(by.pharmacy_id, held, content)
    with act(by=by, kind=EventKind.FILE_HANDED_IN, subject_kind="file", subject_id=held.id):
        pass
    return held.id


def _checked_encoding(text: str) -> str:
    if text not in {"", *Encoding}:
        raise refuse("encoding", "unknown", _("Choose one of the answers."))
    return text or Encoding.UTF_8.value


def _checked_dates(text: str) -> str:
    if text not in {"", *DateOrder}:
        raise refuse("dates", "unknown", _("Choose one of the answers."))
    return text


def read_handed(*, by: Seat, file_id: UUID) -> HeldFile:
    check_right(by=by, right=Right.IMPORT_RESULTS)
    return held_file(by.pharmacy_id, file_id)


def list_handed(*, by: Seat) -> list[HeldFile]:
    """Return the files that are kept for this pharmacy, the newest first."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    found = []
    for file_id in held_ids(by.pharmacy_id):
        try:
            found.append(held_file(by.pharmacy_id, file_id))
        except NotFoundError:  # its day is over
            continue
    return found


def forget_file(*, by: Seat, file_id: UUID) -> None:
    """Forget a kept file now; what was stored of it stays."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    held_file(by.pharmacy_id, file_id)
    run = begin_run(by.pharmacy_id, file_id)
    forget_held(by.pharmacy_id, file_id)
    end_run(by.pharmacy_id, file_id, run)


def say_of_file(*, by: Seat, file_id: UUID, dates: str, columns: Mapping[str, str]) -> None:
    """Say what the order of a file's dates is, or what its headings stand for; it is then tried again.

    Only of a file that was refused for want of it: nothing that is said later changes what became of a file.
    """
    check_right(by=by, right=Right.IMPORT_RESULTS)
    held = held_file(by.pharmacy_id, file_id)
    if held.stage is not FileStage.REFUSED:
        raise ConflictError
    said = {plain_heading(heading): name for heading, name in columns.items() if name}
    if set(said.values()) - own_profile().known or len(set(said.values())) < len(said):
        raise refuse("columns", "twice", _("Each column stands for one heading: choose another."))
    save_held(
        by.pharmacy_id,
        replace(
            held, dates=_checked_dates(dates) or held.dates, columns=said or held.columns, stage=FileStage.HANDED_IN
        ),
    )


def try_file(*, by: Seat, file_id: UUID, start: Start) -> None:
    """Find out, behind the answer, what taking the file in would do."""
    stages = {FileStage.HANDED_IN, FileStage.TRYING, FileStage.TRIED, FileStage.REFUSED}
    _begin(by, file_id, stages=stages, stage=FileStage.TRYING, start=start)


def put_aside(*, by: Seat, file_id: UUID, shown: Iterable[int], apart: Mapping[int, Iterable[UUID]]) -> None:
    """Keep what a person said of the rows of a list that were shown: who of them is somebody else than which records.

    ConflictError for a file that is not tried, or no longer.
    """
    check_right(by=by, right=Right.IMPORT_RESULTS)
    held = held_file(by.pharmacy_id, file_id)
    if held.stage is not FileStage.TRIED:
        raise ConflictError
    others = {row: ids for row, ids in held.put_aside.items() if int(row) not in set(shown)}
    said = {str(row): [str(one) for one in ids] for row, ids in apart.items()}
    save_held(by.pharmacy_id, replace(held, put_aside=others | said))


def take_file(*, by: Seat, file_id: UUID, start: Start) -> bool:
    """Sign and store, behind the answer, each good row of a file that was tried; go on with one that stopped.

    False when it is tried again instead, and nothing signed: the pharmacy's files are read otherwise since the trial.
    """
    check_right(by=by, right=Right.SIGN_RESULT)
    stages = {FileStage.TRIED, FileStage.TAKING}
    return _begin(by, file_id, stages=stages, stage=FileStage.TAKING, start=start) is FileStage.TAKING


def _begin(by: Seat, file_id: UUID, *, stages: set[FileStage], stage: FileStage, start: Start) -> FileStage:
    check_right(by=by, right=Right.IMPORT_RESULTS)
    held = held_file(by.pharmacy_id, file_id)
    if held.stage not in stages:
        raise ConflictError
    run, terms = begin_run(by.pharmacy_id, file_id), _mark_of_terms(by, held)
    if stage is FileStage.TAKING and held.terms not in {"", terms}:  # a person signs what the trial showed, or nothing
        stage = FileStage.TRYING
    if (
        stage is FileStage.TRYING or held.stage is not FileStage.TAKING
    ):  # one that stopped goes on after the row that was told last
        forget_told(by.pharmacy_id, held)
        held = replace(held, done=0, last_row=0, counts={}, told=0, notes=[], refusal={})
    if stage is FileStage.TRYING:
        held = replace(held, put_aside={}, terms=terms)
    save_held(by.pharmacy_id, replace(held, stage=stage))
    lang = get_language() or "fr"
    start(lambda: _run(by, file_id, run, lang))
    return stage


def _mark_of_terms(by: Seat, held: HeldFile) -> str:
    return read_terms(by=by).mark(dates=held.dates, columns=held.columns)


def _run(by: Seat, file_id: UUID, run: UUID, lang: str) -> None:
    """Try or take a file in its turn; whatever ends it early leaves it to be gone on with."""
    try:
        teller = _Teller(by.pharmacy_id, held_file(by.pharmacy_id, file_id), run)
        with turn(teller.note), translation.override(lang), denials_recorded(by):
            _try_or_take(by, teller)
    except TemoinError as error:
        log.warning("a file that was handed in stopped: %s", type(error).__name__)
    except Exception as error:  # noqa: BLE001 the outermost frame of its thread: the page tells that it stopped
        log.error("a file that was handed in stopped: %s", type(error).__name__)
    finally:
        end_run(by.pharmacy_id, file_id, run)


def _try_or_take(by: Seat, teller: _Teller) -> None:
    try:
        _import(by, teller)
    except FileRefusedError as error:
        teller.refuse(error)


def _import(by: Seat, teller: _Teller) -> None:
    held = teller.held
    told: dict[str, Any] = {
        "by": by,
        "stream": held_stream(by.pharmacy_id, held, teller.beat),
        "tell": teller.tell,
        "dates": DateOrder(held.dates) if held.dates else None,
        "said": said_of(held),
        "tell_file": teller.tell_file,
    }
    is_trial = held.stage is FileStage.TRYING
    if held.terms not in {"", _mark_of_terms(by, held)}:  # they changed while it waited for its turn
        raise ConflictError
    if held.kind is FileKind.PATIENTS:
        aside = {int(row): [UUID(one) for one in ids] for row, ids in held.put_aside.items()}
        group = UUID(held.group) if held.group else None
        import_patients(**told, run=ListRun(is_trial, held.last_row, aside, group))
    else:
        import_results(**told, dry_run=is_trial, after=held.last_row)
    teller.end()


def said_of(held: HeldFile) -> Said:
    return Said(Encoding(held.encoding), held.columns, held.first_row)


class _Teller:
    """Keeps what is told of a file and its rows, now and then, as long as no other run has the file."""

    def __init__(self, pharmacy_id: UUID, held: HeldFile, run: UUID) -> None:
        self._pharmacy_id, self._run = pharmacy_id, run
        self._thread = threading.get_ident()
        self.held = held
        self._told: list[dict[str, Any]] = []
        self._counts = Counter(held.counts)
        self._done, self._row = held.done, held.last_row
        self._noted = self._beaten = monotonic()

    def note(self) -> None:
        """Say that the run goes on; ConflictError when the file is no longer its own."""
        go_on(self._pharmacy_id, self.held.id, self._run)
        self.held = save_held(self._pharmacy_id, self.held)
        self._beaten = monotonic()

    def beat(self) -> None:
        """Say it while the file is surveyed, too, before a row is told of; a thread that reads ahead does not."""
        if monotonic() - self._beaten >= NOTED_EVERY and threading.get_ident() == self._thread:
            self.note()

    def tell_file(self, file: FileOfResults | ListOfPatients) -> None:
        self.held = replace(self.held, rows=file.count, profile=file.profile, notes=notes_of(file))
        self._save()

    def tell(self, outcome: RowOutcome | PersonOutcome) -> None:
        self._counts[outcome.verdict.value] += 1
        self._done, self._row = self._done + 1, outcome.row
        near = [[str(known), line] for known, line in outcome.near] if isinstance(outcome, PersonOutcome) else []
        if outcome.problems or near:
            problems = [[one.column, one.code, str(one.reason), str(one.remedy)] for one in outcome.problems]
            told: dict[str, Any] = {"row": outcome.row, "verdict": outcome.verdict.value, "problems": problems}
            if isinstance(outcome, PersonOutcome):
                told |= {"person": outcome.person, "near": near}
            self._told.append(told)
        if len(self._told) >= MOST_TOLD or monotonic() - self._noted >= NOTED_EVERY:
            self._save()

    def end(self) -> None:
        is_trial = self.held.stage is FileStage.TRYING
        stage = FileStage.TRIED if is_trial else FileStage.TAKEN
        self.held = replace(self.held, stage=stage, taken_at="" if is_trial else now().isoformat())
        self._save()

    def refuse(self, error: FileRefusedError) -> None:
        told = {
            "code": error.code,
            "row": error.row,
            "byte": error.byte,
            "other": error.other,
            "columns": list(error.columns),
            "headings": list(error.headings),
        }
        self.held = replace(self.held, stage=FileStage.REFUSED, refusal=told)
        self._save()

    def _save(self) -> None:
        go_on(self._pharmacy_id, self.held.id, self._run)
        if self._told:
            self.held, self._told = add_told(self._pharmacy_id, self.held, self._told), []
        self.held = replace(self.held, done=self._done, last_row=self._row, counts=dict(self._counts))
        self.note()
        self._noted = monotonic()


def fates_of(held: HeldFile) -> list[Sameness] | list[PersonFate]:
    """Return what can become of the rows of a file."""
    return list(PersonFate) if held.kind is FileKind.PATIENTS else list(Sameness)


def told_of(
    *, by: Seat, held: HeldFile, is_near: bool | None = None, start: int = 0, most: int | None = None
) -> list[dict[str, Any]]:
    """Return what became of the rows of which there is something to say; at will only those near somebody, or not.

    Where they name patients on record, whoever looks sees these, perhaps long after somebody else tried the file: the
    look is an event.
    """
    check_right(by=by, right=Right.IMPORT_RESULTS)
    wanted = (one for one in told_rows(by.pharmacy_id, held) if is_near in {None, bool(one.get("near"))})
    told = list(islice(wanted, start, None if most is None else start + most))
    shown = [UUID(known) for one in told for known, _line in one.get("near", [])]
    if shown:
        check_right(by=by, right=Right.READ_PATIENT)
        with tenant_scope(by.pharmacy_id):
            kind = EventKind.PATIENT_SEARCHED
            record_listing(by=by, kind=kind, subject_kind="patient", shown=shown, detail="list")
    return told
