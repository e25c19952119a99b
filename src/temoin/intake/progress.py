"""How far a pharmacy's file has come, for people to look at while another process takes it in."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

from temoin.intake.models import FileProgress
from temoin.intake.sameness import Sameness
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

EVERY = 1.0  # seconds between two notes: a run of rows is not made slower by what is said of it
# A run takes a second or two, row by row several; whoever is silent for longer was stopped.
SILENT = timedelta(minutes=3)


@dataclass(frozen=True, slots=True)
class LastFile:
    """The file that was begun last: how far it came, and whether it is still going on."""

    begun_at: datetime
    rows: int
    done: int
    refused: int
    is_trial: bool
    is_ended: bool
    is_stopped: bool  # it did not end, and nothing was heard of it for a while


def last_file(*, by: Seat) -> LastFile | None:
    check_right(by=by, right=Right.IMPORT_RESULTS)
    with tenant_scope(by.pharmacy_id):
        row = FileProgress.objects.first()
    if row is None:
        return None
    return LastFile(
        begun_at=row.begun_at,
        rows=row.rows,
        done=row.done,
        refused=row.refused,
        is_trial=row.is_trial,
        is_ended=row.is_ended,
        is_stopped=not row.is_ended and now() - row.noted_at > SILENT,
    )


class Progress:
    """Notes how far one import is. Of two at once in a pharmacy, the one begun last is shown."""

    def __init__(self, by: Seat, *, rows: int, is_trial: bool) -> None:
        self._by = by
        self._begun_at = now()
        self._noted = monotonic()
        told: dict[str, Any] = {"begun_at": self._begun_at, "noted_at": self._begun_at, "rows": rows, "done": 0}
        told |= {"refused": 0, "is_trial": is_trial, "is_ended": False}
        if not self._is_first(told):
            with tenant_scope(by.pharmacy_id):
                commit = Commit()
                commit.change(FileProgress, by.pharmacy_id, **told)
                commit.flush()

    def _is_first(self, told: dict[str, Any]) -> bool:
        """Note the pharmacy's first file; tell whether it was the first: of two begun at once one is."""
        with tenant_scope(self._by.pharmacy_id):
            if FileProgress.objects.exists():
                return False
        try:
            with tenant_scope(self._by.pharmacy_id):
                commit = Commit()
                commit.insert(FileProgress(pharmacy_id=self._by.pharmacy_id, id=self._by.pharmacy_id, **told))
                commit.flush()
        except ConflictError:
            return False
        return True

    def note(self, counts: Counter[Sameness]) -> None:
        """Note how many rows are done, if the last note is a while ago."""
        if monotonic() - self._noted >= EVERY:
            self._write(counts, is_ended=False)

    def end(self, counts: Counter[Sameness]) -> None:
        """Note that all rows are done."""
        self._write(counts, is_ended=True)

    def _write(self, counts: Counter[Sameness], *, is_ended: bool) -> None:
        self._noted = monotonic()
        told: dict[str, Any] = {"done": counts.total(), "refused": counts[Sameness.REFUSED], "is_ended": is_ended}
        with suppress(ConflictError), tenant_scope(self._by.pharmacy_id):  # another file was begun since: that is shown
            commit = Commit()
            commit.change(
                FileProgress, self._by.pharmacy_id, only_if={"begun_at": self._begun_at}, noted_at=now(), **told
            )
            commit.flush()
