"""Tests for programs: registered, sampled, proposed, followed. None of these signs (decision 0026)."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest

from temoin.api.amendment_bodies import TestAnswer
from temoin.api.amendment_views import amendment_told
from temoin.api.bodies import (
    Kinds,
    KindTold,
    Letters,
    LetterTold,
    NewTest,
    Nothing,
    OutcomeTold,
    Parcels,
    ParcelTold,
    ProposalTold,
    ReadingBody,
    ResultTold,
    SampleBody,
    TargetTold,
    TestCreated,
)
from temoin.catalogue.kinds import load_kinds
from temoin.delivery.letters import read_knowledge
from temoin.lib.clock import now
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.actions import abandon_test, register_test, start_reading, take_sample
from temoin.testing.numbers import number_on_label
from temoin.testing.opening import Proposal
from temoin.testing.proposals import propose_result, withdraw_proposal
from temoin.testing.queries import TestView, read_parcels, read_test
from temoin.testing.report import Report
from temoin.testing.sample import Reading, Sample, Start
from temoin.testing.seen import has_proposal, held_version, version_of_test
from temoin.testing.states import RecordState

LANGUAGE = "en"  # of labels; codes are what counts


def kinds(_request: HttpRequest, _seat: ProgramSeat) -> Kinds:
    """Return the kinds of test on offer."""
    told = [
        KindTold(
            code=kind.code,
            label=kind.label(LANGUAGE),
            specimens=[specimen.code for specimen in kind.specimens],
            targets=[
                TargetTold(
                    code=target.code,
                    label=target.label(LANGUAGE),
                    loinc=target.loinc,
                    outcomes=[outcome.code for outcome in target.outcomes],
                    units=[unit.code for unit in target.measure.units] if target.measure else [],
                )
                for target in kind.targets
            ],
        )
        for kind in load_kinds().values()
    ]
    return Kinds(notice=CURRENT_NOTICE, kinds=told)


def register(_request: HttpRequest, seat: ProgramSeat, body: NewTest) -> TestCreated:
    """Register a test of a patient who was informed and agreed."""
    record_id = register_test(by=seat, patient_id=body.patient_id, kind=body.kind, notice_version=body.notice_version)
    return TestCreated(id=record_id, number=number_on_label(by=seat, record_id=record_id))


def sample(_request: HttpRequest, seat: ProgramSeat, record_id: UUID, body: SampleBody) -> Nothing:
    """Record the sample, and the start of the reading clock where it is told."""
    take_sample(by=seat, record_id=record_id, sample=sample_in(body), place=seat.name, seen="")
    start = start_in(body)
    if start is not None:
        start_reading(by=seat, record_id=record_id, start=start, seen="")
    return Nothing()


def sample_in(body: SampleBody) -> Sample:
    """Return a sample whose time counts as typed where it is told, as opposed to the moment of the call."""
    is_typed, sampled_at = body.sampled_at is not None, body.sampled_at or now()
    return Sample(specimen=body.specimen, sampled_at=sampled_at, lot_id=body.lot_id, is_typed=is_typed)


def start_in(body: SampleBody) -> Start | None:
    """Return the start of the reading clock, where a body tells it."""
    return Start(body.started_at, is_typed=True) if body.started_at is not None else None


def propose(_request: HttpRequest, seat: ProgramSeat, record_id: UUID, body: ReadingBody) -> Nothing:
    """Hand in what was read, for a pharmacist to sign; a proposal made before is replaced."""
    propose_result(by=seat, record_id=record_id, reading=reading_in(body))
    return Nothing()


def withdraw(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Nothing:
    """Take a proposal back."""
    withdraw_proposal(by=seat, record_id=record_id)
    return Nothing()


def abandon(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Nothing:
    """Close a test that will have no result."""
    abandon_test(by=seat, record_id=record_id, seen="")
    return Nothing()


def reading_in(body: ReadingBody) -> Reading:
    """Return the reading that a body holds; a time that is told was typed, as opposed to the moment of the call."""
    return Reading(
        outcomes=body.outcomes,
        read_at=body.read_at or now(),
        comment=body.comment,
        is_typed=body.read_at is not None,
    )


def test(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> TestAnswer:
    """Return a test, what is signed and what is proposed; the look is an event."""
    view = read_test(by=seat, record_id=record_id)
    waits = view.proposal if view.state is RecordState.SAMPLED else None
    return TestAnswer(
        id=record_id,
        state=view.state.value,
        kind=view.kind.code,
        number=view.number,
        registered_at=view.registered_at,
        sampled_at=view.sampled_at,
        is_proposed=waits is not None,
        patient_id=view.patient_id,
        proposal=_proposal(waits) if waits else None,
        result=_result(view),
        amendment=amendment_told(view),
    )


def version(seat: ProgramSeat, record_id: UUID) -> str:
    """Return the version of a test, for who reads it."""
    return version_of_test(by=seat, record_id=record_id)


def version_to_change(_seat: ProgramSeat, record_id: UUID) -> str:
    """Return the version of a test that a call is about to change, or has changed."""
    return held_version(record_id)


def is_proposed(_seat: ProgramSeat, record_id: UUID) -> bool:
    """Tell whether a call about a test's proposal would replace one that waits."""
    return has_proposal(record_id)


def _proposal(proposal: Proposal) -> ProposalTold:
    return ProposalTold(
        program=proposal.program,
        proposed_at=proposal.proposed_at,
        read_at=proposal.reading.read_at,
        outcomes=[OutcomeTold(target=name, outcome=word) for name, word in proposal.reading.outcomes.items()],
    )


def _result(view: TestView) -> ResultTold | None:
    report: Report | None = view.report
    if report is None:
        return None
    return ResultTold(
        version=report.version,
        status=report.status.value,
        sampled_at=report.sampled_at,
        read_at=report.read_at,
        signed_at=report.signed_at,
        signed_by=f"{report.signer.given_name} {report.signer.family_name}",
        outcomes=[OutcomeTold(target=found.target, outcome=found.read) for found in report.findings],
    )


def letters(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Letters:
    """Tell how far the patient's letters have come: states and times, and nothing of the result."""
    known = read_knowledge(by=seat, record_id=record_id)
    return Letters(
        letters=[
            LetterTold(version=one.version, state=one.fate.value, opened_at=one.opened_at) for one in known.letters
        ]
    )


def parcels(_request: HttpRequest, seat: ProgramSeat, record_id: UUID) -> Parcels:
    """Tell where a result's parcels are: destinations, versions and states, and nothing of the result."""
    views = read_parcels(by=seat, record_id=record_id)
    return Parcels(
        parcels=[ParcelTold(destination=one.destination, version=one.sequence, state=one.state.value) for one in views]
    )
