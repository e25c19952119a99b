"""What a program's message or call says of a result that it sent before: the same, a correction,
that it is void, or a contradiction.

Its identity is the program, the sender's number and the kind of test, as a file's is laboratory, number and test
(`intake.sameness`). No other program's number is the same number, even of the same pharmacy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from django.db import connection

from temoin.catalogue.actions import lot_of
from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.outcomes import specimen
from temoin.crypto.blind import fold_parts
from temoin.formats.csv.rows import PatientTraits, ResultRow, plain_accession
from temoin.intake.patients import compared, traits_of_row
from temoin.intake.problems import RowRefusedError
from temoin.intake.sameness import read_at, sampled_at
from temoin.lib.errors import ConflictError, InvalidError
from temoin.patients.traits import Traits
from temoin.pharmacies.programs import ProgramSeat
from temoin.testing.amendments import Correction, propose_cancellation, propose_correction
from temoin.testing.measured import read_quantities
from temoin.testing.proposals import propose_result, withdraw_proposal
from temoin.testing.sample import Reading
from temoin.testing.sent import SentAs, SentResult, Stands, of_doors, of_one_door, says_the_same, sent_of_keys

# Kept in the signed version, which is in French.
REASON = "Correction reçue par message"
CANCELLED = "Annulation reçue par message"
_VOID = fold_parts(("void",))  # in the place of what was read


class Void(StrEnum):
    """What became of a result that its sender declares void."""

    PROPOSED = "proposed"  # of what is signed
    TAKEN_BACK = "taken back"  # before anybody signed it


def said_of(program_id: UUID, kind: Kind, findings: Sequence[ResultRow], outcomes: Mapping[str, str]) -> SentAs:
    """Return what a message says of one test, as it is compared with what it said before."""
    first = findings[0]
    sample = (specimen(first.specimen).snomed, first.device.device_name.casefold(), first.collected.key())
    read = (first.tested.key(), first.comment, *(part for one in sorted(outcomes.items()) for part in one))
    return SentAs(
        key=result_key(program_id, first.accession, kind),
        fixed=of_doors(
            fold_parts((*_person(first.patient), *sample)),
            _fixed_for_all(_person(first.patient), first.specimen, sampled_at(first)),
        ),
        read=of_doors(fold_parts(read), _read_for_all(read_at(first), first.comment, outcomes)),
        kit=first.device.kit.code if first.device.kit else "",
    )


def _fixed_for_all(person: tuple[str, ...], specimen_code: str, at: datetime) -> str:
    return fold_parts(("all doors", *person, specimen_code, _plain(at)))


def _read_for_all(at: datetime, comment: str, outcomes: Mapping[str, str]) -> str:
    return fold_parts(("all doors", _plain(at), comment, *(part for one in sorted(outcomes.items()) for part in one)))


def said_void(program_id: UUID, kind: Kind, findings: Sequence[ResultRow]) -> SentAs:
    """Return what a message says of one test that it declares void."""
    return replace(said_of(program_id, kind, findings, {}), read=_VOID)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CallSaid:
    """What a call says of a sample and a reading, as it was written: what is left out is no moment and no word."""

    specimen: str
    lot_id: UUID
    sampled_at: datetime | None
    started_at: datetime | None
    read_at: datetime | None
    comment: str
    outcomes: Mapping[str, str]


def said_in_call(program_id: UUID, kind: Kind, number: str, *, person: UUID | Traits, told: CallSaid) -> SentAs:
    """Return what a call says of one test."""
    whom = ("record", str(person)) if isinstance(person, UUID) else _traits_said(person)
    sample = (told.specimen, told.lot_id, told.sampled_at, told.started_at)
    read = (told.read_at, told.comment, *(part for one in sorted(told.outcomes.items()) for part in one))
    fixed, read_digest = fold_parts((*whom, *map(_plain, sample))), fold_parts(tuple(map(_plain, read)))
    # A message names its person, and tells both moments and no start: what a call says otherwise is known to calls.
    if isinstance(person, Traits) and told.sampled_at and told.read_at and told.started_at is None:
        fixed = of_doors(fixed, _fixed_for_all(whom, told.specimen, told.sampled_at))
        outcomes = read_quantities(told.outcomes, kind, None)  # as messages tell them
        read_digest = of_doors(read_digest, _read_for_all(told.read_at, told.comment, outcomes))
    return SentAs(key=result_key(program_id, number, kind), fixed=fixed, read=read_digest, lot_id=told.lot_id)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()  # one instant, whatever its offset
    return "" if value is None else str(value)


def said_of_ordered(said: SentAs, sent: SentResult) -> SentAs:
    """Return what is said of a result in the test of its order, which another number of it would not be known by."""
    return replace(said, fixed=fold_parts((said.key, of_one_door(said.fixed)))) if sent.order else said


def _is_of(said: SentAs, sent: SentResult) -> bool:
    """Tell whether a result is of the test that was sent before: person, sample and device.

    By another door it is where that of it is the same which both can say, and what one alone says, the lot or the kit,
    is as it is on record.
    """
    if of_one_door(said.fixed) == of_one_door(sent.fixed) or not says_the_same(said.fixed, sent.fixed):
        return of_one_door(said.fixed) == of_one_door(sent.fixed)
    lot = lot_of(sent.lot_id) if sent.lot_id else None
    return lot is not None and (lot.id == said.lot_id if said.lot_id else lot.kit == said.kit)


def _was_read(said: SentAs, sent: SentResult) -> bool:
    return any(says_the_same(said.read, one) for one in sent.read)


def result_key(program_id: UUID, number: str, kind: Kind) -> str:
    """Return what a result of a program is known by."""
    return fold_parts(("program", str(program_id), plain_accession(number), kind.code))


def order_key(program_id: UUID, number: str, kind: Kind) -> str:
    """Return what an order of a program is known by."""
    return fold_parts(("order", str(program_id), plain_accession(number), kind.code))


def person_said(patient: PatientTraits) -> str:
    """Return a digest of whom a message names, by all that no telephone changes."""
    return fold_parts(_person(patient))


def _person(patient: PatientTraits) -> tuple[str, ...]:
    return _traits_said(traits_of_row(patient))


def _traits_said(traits: Traits) -> tuple[str, ...]:
    *person, _phone = compared(traits)
    return tuple(map(str, person))


def wait_for_others(by: ProgramSeat, told: Iterable[tuple[str, PatientTraits | None]]) -> None:
    """Make messages of one number or person wait for each other until their commits: the second finds the first.

    In one order, so that no two block each other.
    """
    names = set()
    for number, patient in told:
        names.add(fold_parts(("number", str(by.program_id), plain_accession(number))))
        if patient is not None:
            names.add(fold_parts(("person", str(by.pharmacy_id), person_said(patient))))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 4)) "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place) ORDER BY place",
            [sorted(names)],
        )


def tests_of_number(*, by: ProgramSeat, number: str) -> list[UUID]:
    """Return the tests that a program's own results and orders of this number became, of whatever kind."""
    keys = {key(by.program_id, number, kind) for key in (result_key, order_key) for kind in load_kinds().values()}
    found = sent_of_keys(by=by, keys=keys)
    return [one.id for one in found]


def take_again(by: ProgramSeat, sent: SentResult, said: SentAs, *, is_correction: bool, reading: Reading) -> bool:
    """Take what is said of a result that was sent before; tell whether it was a correction, which is now proposed.

    RowRefusedError where it is neither what was said nor a correction that can be proposed.
    """
    is_of = _is_of(said, sent)
    if is_of and says_the_same(said.read, sent.read[-1]):
        return False
    if not is_correction:
        if is_of and _was_read(said, sent):
            return False  # what was corrected since, read again
        raise RowRefusedError("accession_number", "number_used")
    if not is_of:
        raise RowRefusedError("accession_number", "correction_of_another")
    if _was_read(said, sent):
        raise RowRefusedError("test_result_status", "replaced")
    try:
        return _corrected(by, sent, said, reading)
    except ConflictError:
        raise RowRefusedError("test_result_status", "over") from None


def take_cancellation(by: ProgramSeat, sent: SentResult, said: SentAs) -> Void | None:
    """Take that a result is void; tell what was done, None where nothing was left to do. RowRefusedError likewise."""
    if not _is_of(said, sent):
        raise RowRefusedError("accession_number", "cancel_of_another")
    if sent.stands is Stands.WAITS:
        if sent.proposed_by != by.name:
            raise RowRefusedError("test_result_status", "others_wait")
        withdraw_proposal(by=by, record_id=sent.id)
        return Void.TAKEN_BACK
    if sent.stands is not Stands.SIGNED or said.read == sent.read[-1]:
        return None
    try:
        propose_cancellation(by=by, record_id=sent.id, reason=CANCELLED, said=said.kept(sent))
    except ConflictError:
        raise RowRefusedError("test_result_status", "over") from None
    return Void.PROPOSED


def _corrected(by: ProgramSeat, sent: SentResult, said: SentAs, reading: Reading) -> bool:
    kept = said.kept(sent)
    if sent.stands is Stands.WAITS and sent.proposed_by != by.name:
        raise RowRefusedError("test_result_status", "others_wait")  # nobody would see what it replaced
    if sent.stands is not Stands.SIGNED:
        propose_result(by=by, record_id=sent.id, reading=reading, said=kept)
        return True
    outcomes, read_at, comment = reading.outcomes, reading.read_at, reading.comment
    correction = Correction(reason=REASON, outcomes=outcomes, read_at=read_at, comment=comment, said=kept)
    try:
        propose_correction(by=by, record_id=sent.id, correction=correction)
    except InvalidError as error:
        if all(one.code == "unchanged" for one in error.problems):
            return False  # a person corrected it already
        raise
    return True
