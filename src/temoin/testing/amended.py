"""A correction or a cancellation that a program proposes of a signed result, as its record seals it (decision 0164)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from temoin.testing.opening import reading_told, told_reading
from temoin.testing.report import Report, ReportStatus
from temoin.testing.sample import Reading
from temoin.testing.states import AmendmentFate


@dataclass(frozen=True)
class ProposedAmendment:
    """What a program proposes of a version that it saw; without a reading, that this version is void."""

    version: int
    reading: Reading | None
    reason: str
    program: str
    proposed_at: datetime
    ended: AmendmentFate | None = None  # REFUSED or WITHDRAWN; any other fate is told by the versions
    word: str = ""  # of whoever refused it, for the program

    def is_said_by(self, report: Report) -> bool:
        """Tell whether a signed version says what was proposed."""
        if report.reason != self.reason:
            return False
        if self.reading is None:
            return report.status is ReportStatus.CANCELLED
        said = ({one.target: one.read for one in report.findings}, report.read_at, report.comment)
        proposed = (self.reading.outcomes, self.reading.read_at, self.reading.comment)
        return report.status is ReportStatus.CORRECTED and said == proposed


def told_amendment(amendment: ProposedAmendment) -> dict[str, object]:
    """Return what a record seals of it."""
    return {
        "version": amendment.version,
        "reading": told_reading(amendment.reading) if amendment.reading else None,
        "reason": amendment.reason,
        "program": amendment.program,
        "proposed_at": amendment.proposed_at.isoformat(),
        "ended": amendment.ended.value if amendment.ended else "",
        "word": amendment.word,
    }


def amendment_in(sealed: Mapping[str, Any]) -> ProposedAmendment | None:
    """Return the last one of an opened record, whatever became of it."""
    told = sealed["amendment"]
    if told is None:
        return None
    return ProposedAmendment(
        version=told["version"],
        reading=reading_told(told["reading"]) if told["reading"] else None,
        reason=told["reason"],
        program=told["program"],
        proposed_at=datetime.fromisoformat(told["proposed_at"]),
        ended=AmendmentFate(told["ended"]) if told["ended"] else None,
        word=told["word"],
    )


def fate_of(amendment: ProposedAmendment, reports: Iterable[Report]) -> AmendmentFate:
    """Return what became of it, by the signed versions of its record."""
    if amendment.ended is not None:
        return amendment.ended
    following = next((one for one in reports if one.version == amendment.version + 1), None)
    if following is None:
        return AmendmentFate.WAITS
    return AmendmentFate.SIGNED if amendment.is_said_by(following) else AmendmentFate.OUTDATED
