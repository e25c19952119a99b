"""Signing, correcting and cancelling a result: the acts that send parcels."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.clock import coarse
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError, refuse
from temoin.lib.ids import hourly_id, new_id
from temoin.lib.training import is_training
from temoin.outbox.actions import post_parcels
from temoin.outbox.courier import Notice
from temoin.outbox.queries import newest_link
from temoin.pharmacies.policies import check_may_sign, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.build import Opened, cancelled_report, first_report, signer
from temoin.testing.corrections import check_state, clean_reason, correction_of
from temoin.testing.models import Record, RecordVersion, Ticket
from temoin.testing.queries import is_as_seen, latest_report, open_for_signature, record_in_scope
from temoin.testing.reaching import way_to_patient, ways_to_patient
from temoin.testing.report import COUNTER, Prescriber, Report
from temoin.testing.sample import Reading, check_entry, check_lot_stands, check_reading, clean_reading
from temoin.testing.states import WITH_RESULT, RecordState
from temoin.testing.tickets import new_ticket, renew_code

_OVERTAKEN = _("Somebody went on with this test meanwhile: here is where it stands.")
_NOTHING_SENT = _("Nothing can be sent to the patient: print the result instead.")


def sign_result(
    *, by: Seat, record_id: UUID, reading: Reading, seen: str, entered_at: datetime | None = None
) -> Report:
    """Sign the result of a sampled test: version, event and parcels, in one commit.

    `entered_at` is when a reading was proposed that is signed later; else it is entered now. ConflictError when the
    test is not waiting for its result: a second click signs and sends nothing. InvalidError when it is not in the state
    in which it was `seen` ("" is of who saw none): the sample may be another, of another lot.
    """
    check_right(by=by, right=Right.SIGN_RESULT)
    with act(by=by, kind=EventKind.RESULT_SIGNED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        check_may_sign(by=by, signers=opened.kind.signers)
        check_state("sign", opened)
        if seen and not is_as_seen(record_in_scope(record_id), seen):
            raise refuse("", "overtaken", _OVERTAKEN)
        reading = clean_reading(reading, opened.kind, opened.kit)
        check_reading(reading, opened.kind, opened.kit, opened.steps)
        check_entry(reading, opened.kit, opened.steps, entered_at=entered_at)
        check_lot_stands(opened.lot)
        report = first_report(opened, reading, by)
        commit.move(Record, record_id, "sign", version=report.version)
        write_version(commit, report, opened=opened, by=by)
    return report


def correct_result(
    *,
    by: Seat,
    record_id: UUID,
    expected_version: int,
    reading: Reading,
    reason: str,
    prescriber: Prescriber | None = None,
) -> Report:
    """Sign a new version of a result. It travels: amended notice, new letter, the former letter withdrawn.

    `expected_version` is the one that the person saw: ConflictError when another was signed meanwhile. Without a
    `prescriber` the former version's stays.
    """
    check_right(by=by, right=Right.CORRECT_RESULT)
    reason = clean_reason(reason)
    with act(by=by, kind=EventKind.RESULT_CORRECTED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        check_may_sign(by=by, signers=opened.kind.signers)
        check_state("correct", opened)
        _check_seen(expected_version, opened)
        report = correction_of(
            latest_report(record_id),
            reading,
            reason=reason,
            opened=opened,
            signed_by=signer(by),
            prescriber=prescriber,
        )
        commit.move(Record, record_id, "correct", version=report.version)
        write_version(commit, report, opened=opened, by=by)
    return report


def cancel_result(*, by: Seat, record_id: UUID, expected_version: int, reason: str) -> Report:
    """Declare the version that the person saw void (wrong patient, wrong test). It travels like a correction."""
    check_right(by=by, right=Right.CORRECT_RESULT)
    reason = clean_reason(reason)
    with act(by=by, kind=EventKind.RESULT_CANCELLED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        check_may_sign(by=by, signers=opened.kind.signers)
        check_state("cancel", opened)
        _check_seen(expected_version, opened)
        report = cancelled_report(latest_report(record_id), reason, opened=opened, by=by)
        commit.move(Record, record_id, "cancel", version=report.version)
        write_version(commit, report, opened=opened, by=by)
    return report


class RenewedError(ConflictError):
    """A new ticket was drawn since the page was shown."""


def renew_ticket(*, by: Seat, record_id: UUID, expected_version: int, after: str | None = None) -> None:
    """Replace a lost ticket: a new code and a new link; the former letter is withdrawn.

    `after` as in `send_link_again`, None where nobody saw a page: RenewedError when another link was posted since, so
    that a second press draws no second code.
    """
    check_right(by=by, right=Right.PRINT_RESULT)
    with act(by=by, kind=EventKind.TICKET_RENEWED, subject_kind="record", subject_id=record_id) as commit:
        opened = open_for_signature(record_id)
        if RecordState(opened.state) not in WITH_RESULT:
            raise ConflictError("there is no result yet")
        _check_seen(expected_version, opened)
        notice = _notice(latest_report(record_id), opened)
        if not notice.reachable_by:
            raise refuse("email", "required", _NOTHING_SENT)
        _draw_again(commit, record_id, by)
        post_parcels(commit, replace(notice, key=str(new_id()), is_renewal=True))
        if after is not None and newest_link(record_id) != after:  # asked once the letters are locked
            raise RenewedError("another link was sent meanwhile")


def send_link_again(*, by: Seat, record_id: UUID, expected_version: int, after: str, way: str) -> None:
    """Send a new link by a way that the patient can be reached by today; their code stays, the former link is closed.

    For a message that went to a wrong address, came back, was deleted or has expired: nothing medical changed. `after`
    is the last parcel with a link that the person saw (`newest_link`): ConflictError when one was posted since, so that
    a second press sends nothing.
    """
    check_right(by=by, right=Right.PRINT_RESULT)
    kind = EventKind.LINK_SENT_AGAIN
    with act(by=by, kind=kind, subject_kind="record", subject_id=record_id, detail=way) as commit:
        opened = open_for_signature(record_id)
        if RecordState(opened.state) not in WITH_RESULT:
            raise ConflictError("there is no result yet")
        _check_seen(expected_version, opened)
        if is_training(by.pharmacy_id):
            raise refuse("way", "training", _NOTHING_SENT)
        report = latest_report(record_id)
        if report.source != COUNTER or way not in ways_to_patient(opened.traits):
            raise refuse("way", "unreachable", _("The patient cannot be reached that way: check their record."))
        notice = _notice(report, opened)
        post_parcels(commit, replace(notice, key=str(new_id()), reachable_by=frozenset({way}), is_renewal=True))
        if newest_link(record_id) != after:  # asked once the letters are locked: who came first has posted by now
            raise ConflictError("another link was sent meanwhile")


def _check_seen(expected_version: int, opened: Opened) -> None:
    if opened.version != expected_version:
        raise ConflictError("another version was signed meanwhile")


def write_version(commit: Commit, report: Report, *, opened: Opened, by: Seat) -> None:
    """Add to an act's commit a signed version with its parcels, and its digest to the act's event."""
    version = RecordVersion(
        pharmacy_id=by.pharmacy_id,
        id=hourly_id(),
        record_id=UUID(report.record_id),
        number=report.version,
        signed_by=by.member_id,
        signed_at=coarse(report.signed_at),
    )
    version.seal(report)
    commit.insert(version)
    commit.attest(version=report.version, digest=version.digest)
    post_parcels(commit, _notice(report, opened))


def _notice(report: Report, opened: Opened) -> Notice:
    # A file's patient has no ticket, hence no code and no letter: the pharmacy prints the result.
    reaches = report.source == COUNTER and not is_training(opened.pharmacy.id)
    way = way_to_patient(opened.traits) if reaches else ""
    return Notice(
        subject_id=UUID(report.record_id),
        chain_id=UUID(report.record_id),
        sequence=report.version,
        key=report.key,
        reachable_by=frozenset({way} if way else ()),
        content=report,
    )


def _draw_again(commit: Commit, record_id: UUID, by: Seat) -> None:
    former = Ticket.objects.filter(record_id=record_id).first()
    if former is None:
        commit.insert(new_ticket(by.pharmacy_id, record_id))
    else:
        renew_code(commit, former)
