"""What programs propose of signed results, as the page of proposals shows it: what stands beside what is proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.policies import may_sign
from temoin.pharmacies.seat import Seat
from temoin.testing.amendments import AmendedTest, proposed_amendments
from temoin.web.fields import Field, Typed
from temoin.web.findings import ReadTarget, findings_of
from temoin.web.history import Amendment, changes_beside


@dataclass(frozen=True)
class Unsigned:
    """A form that could not be carried out: of which test, what was typed, and why."""

    record_id: UUID
    word: str
    problems: Sequence[Problem]


@dataclass(frozen=True)
class AmendmentLine:
    """One proposal, with the field of the word that refuses it."""

    proposed: AmendedTest
    stands: list[ReadTarget]
    follows: list[ReadTarget]
    changes: list[Amendment]  # beside what was read
    may_sign: bool
    word: Field
    problems: list[Problem]

    @property
    def is_void(self) -> bool:
        """Tell whether a cancellation is proposed."""
        return self.proposed.amendment.reading is None


def amendment_lines(seat: Seat, unsigned: Unsigned | None = None) -> list[AmendmentLine]:
    """Return what waits, what was proposed first at the top; the look is an event."""
    return [_line(seat, one, unsigned) for one in proposed_amendments(by=seat)]


def _line(seat: Seat, one: AmendedTest, unsigned: Unsigned | None) -> AmendmentLine:
    opened = one.opened
    here = unsigned if unsigned and unsigned.record_id == opened.record_id else None
    problems = list(here.problems) if here else []
    word = Typed({"word": here.word if here else ""}, problems)(
        "word",
        _("If you refuse it: why?"),
        "textarea",
        hint=_("The program is told; the patient is not."),
        required=True,
        row=str(opened.record_id),
        attributes={"maxlength": str(LONGEST["ProposedAmendment.word"])},
    )
    return AmendmentLine(
        one,
        findings_of(one.former, opened.kind),
        findings_of(one.report, opened.kind),
        list(changes_beside(one.former, one.report)),
        may_sign(by=seat, signers=opened.kind.signers),
        word,
        [problem for problem in problems if problem.field != "word"],
    )
