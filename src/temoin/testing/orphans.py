"""Results of analysers that no test bears: kept until a person ties each to its test, or sets it aside (0172).

None is matched later by itself: a number that is registered tomorrow may be another person's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.journal.act import HouseActor, act, record_look
from temoin.journal.events import EventKind
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse, now
from temoin.lib.errors import ConflictError, NotFoundError, TemoinError, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.typed import typed_lines
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import OPERATOR, Right
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import Seat
from temoin.testing.models import OrphanResult
from temoin.testing.proposals import tie_result
from temoin.testing.queries import record_in_scope
from temoin.testing.sample import Reading
from temoin.testing.seen import has_proposal
from temoin.testing.states import OrphanState, OrphanWhy

MOST_WAITING: Final = 300  # of one pharmacy: an analyser gone mad fills no disk, and what is more stays with it
LIFE: Final = timedelta(days=31)


class OrphansFullError(TemoinError):
    """So many results wait for a person that no more are taken."""


@dataclass(frozen=True, slots=True, repr=False)
class SampleResult:
    """What an analyser told of one sample. Not shown: it is health data."""

    number: str  # "" where no sound number of ours was told
    findings: tuple[tuple[str, str], ...]  # LOINC code and outcome
    told_at: datetime | None  # None where the analyser does not tell when it read
    came_at: datetime

    @property
    def read_at(self) -> datetime:
        """Return when it was read; where that is not told, when it came in: an analyser tells what it just did."""
        return self.told_at or self.came_at

    def outcomes(self, kind: Kind) -> dict[str, str] | None:
        """Return the outcomes by target, None where the kind does not read all of them."""
        targets = [(kind.target_of(loinc), outcome) for loinc, outcome in self.findings]
        found = {target.code: outcome for target, outcome in targets if target is not None}
        return found if len(found) == len(self.findings) else None


@dataclass(frozen=True)
class OpenedOrphan:
    """A result that waits for a person, opened."""

    id: UUID
    state: OrphanState
    why: OrphanWhy
    program: str
    result: SampleResult


def keep_orphan(*, by: ProgramSeat, result: SampleResult, why: OrphanWhy) -> None:
    """Keep a result for a person to look at, in the caller's transaction; OrphansFullError when too many wait.

    The same result of one number is kept once: one that tells its time always, another while the first one waits. One
    without a number is of nobody knows which sample: the like of it, even in the same message, may be of another.
    """
    check_right(by=by, right=Right.PROPOSE_RESULT)
    with tenant_scope(by.pharmacy_id):
        kept = each_opened(OrphanResult.objects.order_by("id"), _opened)
        if any(_is_same(one, by.name, result) for one in kept):
            return
        if sum(one.state is OrphanState.WAITING for one in kept) >= MOST_WAITING:
            raise OrphansFullError
        row = OrphanResult(pharmacy_id=by.pharmacy_id, id=new_id())
        row.kept_at, row.ends_at = coarse(now()), coarse(now()) + LIFE
        row.seal(_sealed(by.name, result, why))
        kind = EventKind.ORPHAN_KEPT
        with act(by=by, kind=kind, subject_kind="orphan", subject_id=row.id, detail=why.value) as commit:
            commit.insert(row)


def count_orphans(*, by: Seat) -> int:
    """Return how many results wait; nothing is opened."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        return int(OrphanResult.objects.filter(state=OrphanState.WAITING.value).count())


def list_orphans(*, by: Seat) -> list[OpenedOrphan]:
    """Return the results that wait, the first that came at the top; the look is an event."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        waiting = OrphanResult.objects.filter(state=OrphanState.WAITING.value).order_by("kept_at", "id")
        found = each_opened(waiting, _opened)
        kind, detail = EventKind.ORPHANS_READ, str(len(found))
        record_look(by=by, kind=kind, subject_kind="orphan", subject_id=None, detail=detail)
        return sorted(found, key=lambda one: one.result.came_at)


def read_orphan(*, by: Seat, orphan_id: UUID) -> OpenedOrphan:
    """Return one that waits; the look is an event. ConflictError once somebody tied it or set it aside."""
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        orphan = _opened(_hold_waiting(orphan_id))
        record_look(by=by, kind=EventKind.ORPHANS_READ, subject_kind="orphan", subject_id=orphan_id, detail="1")
        return orphan


def tie_orphan(*, by: Seat, orphan_id: UUID, record_id: UUID, comment: str = "") -> None:
    """Propose a result for the test that a person says it is of, judged as every proposal; a pharmacist signs it.

    ConflictError when it waits no more, or a proposal waits there: that one is signed or put aside first.
    """
    check_right(by=by, right=Right.SIGN_RESULT)
    with tenant_scope(by.pharmacy_id):
        row = _hold_waiting(orphan_id)
        orphan = _opened(row)
        if has_proposal(record_id):
            raise ConflictError("a proposal waits for this test")
        outcomes = orphan.result.outcomes(load_kinds()[record_in_scope(record_id).unseal()["kind"]])
        if outcomes is None:
            raise refuse("test", "not_of_kind", _("This test does not read what the instrument found."))
        reading = Reading(outcomes=outcomes, read_at=orphan.result.read_at, comment=comment)
        tie_result(by=by, record_id=record_id, reading=reading, program=orphan.program)
        kind = EventKind.ORPHAN_TIED
        with act(by=by, kind=kind, subject_kind="record", subject_id=record_id, detail=str(orphan_id)) as commit:
            commit.move_sealed(row, "tie", row.unseal())


def set_aside_orphan(*, by: Seat, orphan_id: UUID, reason: str) -> None:
    """Say why a result is of no test here; ConflictError when it waits no more."""
    check_right(by=by, right=Right.SIGN_RESULT)
    reason = typed_lines("reason", reason, of="OrphanResult")
    if not reason:
        raise refuse("reason", "required", _("Say why this result is of no test here."))
    with tenant_scope(by.pharmacy_id):
        row = _hold_waiting(orphan_id)
        with act(by=by, kind=EventKind.ORPHAN_SET_ASIDE, subject_kind="orphan", subject_id=orphan_id) as commit:
            commit.move_sealed(row, "set_aside", row.unseal() | {"reason": reason})


def end_orphans(pharmacy_id: UUID) -> int:
    """Delete the results that are past their day, by the keeper; return how many."""
    by = HouseActor(pharmacy_id, OPERATOR)
    with tenant_scope(pharmacy_id):
        past = OrphanResult.objects.filter(ends_at__lte=now())
        ended = each_opened(past, _opened, origin=OPERATOR)  # its day is in the seal
        for one in ended:
            kind, detail = EventKind.ORPHAN_ENDED, one.state.value
            with act(by=by, kind=kind, subject_kind="orphan", subject_id=one.id, detail=detail) as commit:
                commit.remove(OrphanResult, one.id)
    return len(ended)


def _hold_waiting(orphan_id: UUID) -> OrphanResult:
    """Return one that waits, held: whoever ties and whoever sets aside wait for each other's commits."""
    held = OrphanResult.objects.filter(id=orphan_id).select_for_update(of=("self",), no_key=True)
    row: OrphanResult | None = held.first()
    if row is None:
        raise NotFoundError
    if row.state != OrphanState.WAITING:
        raise ConflictError("somebody looked after this result")
    return row


def _is_same(kept: OpenedOrphan, program: str, result: SampleResult) -> bool:
    one = kept.result
    if (kept.program, one.number, one.findings, one.told_at) != (
        program,
        result.number,
        result.findings,
        result.told_at,
    ):
        return False
    if not result.number:
        return False
    return result.told_at is not None or kept.state is OrphanState.WAITING


def _sealed(program: str, result: SampleResult, why: OrphanWhy) -> dict[str, Any]:
    return {
        "number": result.number,
        "findings": [list(one) for one in result.findings],
        "told_at": result.told_at.isoformat() if result.told_at else "",
        "came_at": result.came_at.isoformat(),
        "program": program,
        "why": why.value,
        "reason": "",
    }


def _opened(row: OrphanResult) -> OpenedOrphan:
    value: Mapping[str, Any] = row.unseal()
    told, came = value["told_at"], datetime.fromisoformat(value["came_at"])
    findings = tuple((loinc, outcome) for loinc, outcome in value["findings"])
    result = SampleResult(value["number"], findings, datetime.fromisoformat(told) if told else None, came)
    return OpenedOrphan(row.id, OrphanState(row.state), OrphanWhy(value["why"]), value["program"], result)
