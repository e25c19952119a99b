"""What programs send and are told about a test's signed result, and what is proposed of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from temoin.api.bodies import OutcomeTold, ProposalTold, ResultTold, Shape, TestLine
from temoin.api.days import Instant

_Word = Annotated[str, Field(max_length=200)]
_Reason = Annotated[str, Field(max_length=500, description="Why, for the patient: it stands in the new version.")]


class CorrectionBody(Shape):
    """What is to be corrected of a signed result; what is left out stays as it is signed."""

    reason: _Reason
    outcomes: Annotated[
        dict[_Word, _Word] | None,
        Field(max_length=20, description="The outcome of each target that was wrong, by code."),
    ] = None
    read_at: Instant | None = None
    comment: Annotated[str | None, Field(max_length=1000)] = None


class CancellationBody(Shape):
    """Why a signed result is void: another patient's, another test's."""

    reason: _Reason


class AmendmentTold(Shape):
    """The last correction or cancellation that a program proposed, and what became of it."""

    program: str
    proposed_at: datetime
    version: Annotated[int, Field(description="The signed version of which it was proposed.")]
    status: Literal["corrected", "cancelled"]
    reason: str
    read_at: datetime | None
    outcomes: list[OutcomeTold]
    fate: Annotated[
        str,
        Field(description="`waits`, `signed`, `refused`, `withdrawn`; `outdated`: something else was signed first."),
    ]
    word: Annotated[str, Field(description="Of the pharmacist who refused it, for you.")]


class TestAnswer(TestLine):
    """A test, with what is proposed, what is signed and what is proposed of that."""

    patient_id: UUID
    proposal: ProposalTold | None
    result: ResultTold | None
    amendment: AmendmentTold | None
