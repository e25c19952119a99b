"""One result of a call, read and understood: what it says, or why it cannot be taken."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.api.bodies import WholeResult
from temoin.api.patient_views import traits_told
from temoin.api.reading import read_shape
from temoin.api.record_views import reading_in, sample_in, start_in
from temoin.catalogue.kinds import load_kinds
from temoin.formats.csv.rows import plain_accession
from temoin.intake.resent import CallSaid, said_in_call
from temoin.intake.whole import CalledResult
from temoin.lib.errors import TemoinError, refuse
from temoin.lib.phones import region_of_postcode
from temoin.patients.traits import Traits
from temoin.pharmacies.programs import ProgramSeat
from temoin.pharmacies.seat import pharmacy_of
from temoin.testing.whole import WholeTest

_ONE_OF_BOTH = _("Give the patient's id, or the patient: one of the two.")
_NUMBER = re.compile(r"[\x21-\x7e]{1,64}")


@dataclass(frozen=True, repr=False)
class ReadResult:
    """A result of a call as far as it could be read: the number that it says, and what it is or what is wrong."""

    number: str
    told: CalledResult | TemoinError

    @property
    def key(self) -> tuple[str, str]:
        """Return what no two results of one commit may share; of what could not be read, nothing."""
        return (
            (plain_accession(self.number), self.told.test.kind.code)
            if isinstance(self.told, CalledResult)
            else ("", "")
        )

    @property
    def is_alone(self) -> bool:
        """Tell whether it is an act about what is there already."""
        return isinstance(self.told, CalledResult) and self.told.is_correction


class ResultReader:
    """Reads the results of one call for the pharmacy that they come to."""

    def __init__(self, seat: ProgramSeat) -> None:
        self._program_id = seat.program_id
        self._region = region_of_postcode(pharmacy_of(seat).postcode)

    def read(self, part: bytes) -> ReadResult:
        """Return what one of them says; whatever is wrong with it keeps no other from being taken."""
        try:
            body = read_shape(part, WholeResult)
        except TemoinError as error:
            return ReadResult(_number_in(part), error)
        try:
            return ReadResult(body.number, self._called(body))
        except TemoinError as error:
            return ReadResult(body.number, error)

    def _called(self, body: WholeResult) -> CalledResult:
        person, kind = self._person(body), load_kinds().get(body.kind)
        if kind is None:
            raise refuse("kind", "unknown", _("Choose the test in the list."))
        taken, read, is_correction = body.sample, body.reading, body.status == "corrected"
        if is_correction and read.read_at is None:
            raise refuse("reading.read_at", "required", _("Say when it was read: a correction is not read anew."))
        told = CallSaid(
            specimen=taken.specimen,
            lot_id=taken.lot_id,
            sampled_at=taken.sampled_at,
            started_at=taken.started_at,
            read_at=read.read_at,
            comment=read.comment,
            outcomes=read.outcomes,
        )
        test = WholeTest(
            kind=kind,
            notice_version=body.notice_version,
            sample=sample_in(taken),
            start=start_in(taken),
            reading=reading_in(read),
            said=said_in_call(self._program_id, kind, body.number, person=person, told=told),
        )
        put_aside = body.patient.put_aside if body.patient else ()
        return CalledResult(
            number=body.number, person=person, put_aside=put_aside, test=test, is_correction=is_correction
        )

    def _person(self, body: WholeResult) -> UUID | Traits:
        """Return whose result it is: a record, or whom to register."""
        if body.patient is not None and body.patient_id is None:
            return traits_told(body.patient, self._region)
        if body.patient is None and body.patient_id is not None:
            return body.patient_id
        raise refuse("patient", "required", _ONE_OF_BOTH)


def _number_in(part: bytes) -> str:
    """Return the number of a result that has another form than it should, where it tells one."""
    try:
        told = json.loads(part)
    except (ValueError, RecursionError):
        return ""
    number = told.get("number") if isinstance(told, dict) else None
    return number if isinstance(number, str) and _NUMBER.fullmatch(number) else ""
