"""Corrections and cancellations of signed results, which a program proposes and a pharmacist signs (decision 0164)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from temoin.api.amendment_bodies import AmendmentTold, CancellationBody, CorrectionBody
from temoin.api.bodies import Nothing, OutcomeTold
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.amended import fate_of
from temoin.testing.amendments import Correction, propose_cancellation, propose_correction, withdraw_amendment
from temoin.testing.queries import TestView


def correct(_request: HttpRequest, seat: ProgramSeat, record_id: UUID, body: CorrectionBody) -> Nothing:
    """Propose a correction, in the place of what was proposed before."""
    correction = Correction(
        reason=body.reason, outcomes=body.outcomes or {}, read_at=body.read_at, comment=body.comment
    )
    propose_correction(by=seat, record_id=record_id, correction=correction)
    return Nothing()


def cancel(_request: HttpRequest, seat: ProgramSeat, record_id: UUID, body: CancellationBody) -> Nothing:
    """Propose a cancellation, in the place of what was proposed before."""
    propose_cancellation(by=seat, record_id=record_id, reason=body.reason)
    return Nothing()


def withdraw(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Nothing:
    """Take back what is proposed."""
    withdraw_amendment(by=seat, record_id=record_id)
    return Nothing()


def always(_seat: ProgramSeat, record_id: UUID) -> bool:  # noqa: ARG001 the table of operations names it
    """Tell that a call about a signed result always says which version the program saw."""
    return True


def amendment_told(view: TestView) -> AmendmentTold | None:
    """Return the last one of a test, and what became of it."""
    amendment = view.amendment
    if amendment is None:
        return None
    reading = amendment.reading
    outcomes = reading.outcomes if reading else {}
    return AmendmentTold(
        program=amendment.program,
        proposed_at=amendment.proposed_at,
        version=amendment.version,
        status="corrected" if reading else "cancelled",
        reason=amendment.reason,
        read_at=reading.read_at if reading else None,
        outcomes=[OutcomeTold(target=target, outcome=outcome) for target, outcome in outcomes.items()],
        fate=fate_of(amendment, view.reports).value,
        word=amendment.word,
    )
