"""A result of an analyser that no test bears."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from joserfc.jwk import ECKey

from temoin.lib.clock import now
from temoin.pharmacies.programs import ProgramSeat, add_program, take_named_seat
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.testing.orphans import SampleResult, keep_orphan, list_orphans
from temoin.testing.states import OrphanWhy

NEGATIVE = (("94558-4", "negative"),)


def analyser_of(by: Seat) -> ProgramSeat:
    """Give an analyser access."""
    key = ECKey.generate_key("P-256").as_pem(private=False).decode()
    scopes = (Scope.RESULTS_PROPOSE, Scope.TESTS_READ)
    program_id = add_program(by=by, name="Automate", public_key=key, scopes=scopes)
    return take_named_seat(client_id=f"{by.pharmacy_id}.{program_id}", public_key=None)


def leave_orphan(by: Seat, findings: Sequence[tuple[str, str]] = NEGATIVE) -> UUID:
    """Keep a result without a number."""
    result = SampleResult("", tuple(findings), None, now())
    keep_orphan(by=analyser_of(by), result=result, why=OrphanWhy.NO_NUMBER)
    return list_orphans(by=by)[-1].id
