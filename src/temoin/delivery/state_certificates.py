"""Before a letter is sealed, a state is asked to sign its certificate: outside of any transaction, and once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from temoin.certificates.issuing import ISSUER, plan_certificate
from temoin.certificates.state import PlannedCertificate, SignerFault, StateCertificate
from temoin.journal.act import HouseActor
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Load
from temoin.outbox.set_aside import note_aside
from temoin.pharmacies.zones import zone_of
from temoin.testing.queries import versions_for_courier
from temoin.testing.report import Report

PLACE = "signatures of a state"  # on the list of `temoin lanes`, by the kind of trouble


@dataclass(frozen=True)
class Foreseen:
    """The versions that a letter will tell of, and the certificate of the last: as planned, then as a state made it."""

    versions: list[Report]
    planned: PlannedCertificate | None
    state: StateCertificate | SignerFault | None = None


def foresee(load: Load) -> Foreseen | None:
    """Return what is to be signed for a letter that is not sealed yet; None where no state signs."""
    signing = ISSUER().state
    if signing is None or load.sealed is not None:
        return None
    versions = versions_of(load)
    with tenant_scope(load.pharmacy_id):
        zone = zone_of(load.pharmacy_id)
    issue = plan_certificate(versions[-1], zone=zone)
    return Foreseen(versions, None if issue is None else signing.plan(versions[-1], issue))


def ask_state(foreseen: Sequence[Foreseen]) -> list[Foreseen]:
    """Have the state sign what is planned; what it does not is counted, and its letter says so."""
    signing = ISSUER().state
    planned = [one.planned for one in foreseen if one.planned is not None]
    answers = iter(signing.sign(planned) if signing is not None else [])
    told = [one if one.planned is None else replace(one, state=next(answers)) for one in foreseen]
    for code in {one.state.code for one in told if isinstance(one.state, SignerFault)}:
        note_aside(PLACE, code, code)
    return told


def versions_of(load: Load) -> list[Report]:
    """Return the versions up to the one that a parcel is about; the look is an event."""
    asked = load.chain_id, load.sequence
    return versions_for_courier(by=HouseActor(load.pharmacy_id, "worker"), wanted=[asked])[asked]
