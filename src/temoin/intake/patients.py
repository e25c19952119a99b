"""The patients of rows: each one already known by every trait the file gives, or a new one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import connection

from temoin.formats.csv.rows import PatientTraits
from temoin.intake.problems import RowRefusedError
from temoin.journal.act import Acts
from temoin.lib.names import plain_name
from temoin.patients.actions import amend_patient, register_from_file
from temoin.patients.models import name_indexes
from temoin.patients.queries import hold_namesakes, traits_of
from temoin.patients.traits import Traits, traits_from_file
from temoin.pharmacies.seat import Seat
from temoin.testing.report import IdentityStatus


@dataclass(frozen=True, slots=True, repr=False)
class PersonOfRun:
    """The patient of a row, and how a later row that brings the same person is compared."""

    id: UUID
    traits: Traits
    compared: tuple[object, ...]


class PatientsOfRun:
    """The patients of rows taken together: those who are known already, and those whom earlier rows registered."""

    def __init__(self, by: Seat, brought: list[Traits]) -> None:
        self._by = by
        _queue_for_patients(by, brought)
        names = [(traits.birth_family_name, traits.birth_date) for traits in brought]
        found = hold_namesakes(by=by, names=names) if names else []
        self._known: dict[tuple[object, ...], PersonOfRun] = {}
        for patient_id, traits in found:  # in order: of two records of one person, the first
            self.keep(PersonOfRun(patient_id, traits, compared(traits)))

    def find_or_register(self, acts: Acts, traits: Traits) -> PersonOfRun:
        """Return the known patient who is this person beyond doubt, or one whom these acts register.

        Two persons may share name and birth date: birth name, given names, birth date, sex and phone must all be equal.
        """
        key = compared(traits)
        known = self._known.get(key)
        return known or PersonOfRun(register_from_file(acts, by=self._by, traits=traits), traits, key)

    def keep(self, person: PersonOfRun) -> None:
        self._known.setdefault(person.compared, person)


def mend_patient(*, by: Seat, patient_id: UUID, given: PatientTraits, has_other_results: bool) -> None:
    """Give a patient the identity that a correction brings; RowRefusedError where a person has to judge."""
    known, told = traits_of(patient_id), traits_of_row(given)
    changed = [field for field in _IDENTITY if _plain(getattr(known, field)) != _plain(getattr(told, field))]
    if not changed:
        return
    if known.identity_status != IdentityStatus.PROVISIONAL:
        raise RowRefusedError("patient_last_name", "identity_checked")
    # A spelling or a slip is mended for all results of the person; two changed traits are somebody else.
    if has_other_results and len(changed) > 1:
        raise RowRefusedError("patient_last_name", "identity_shared")
    mended = {field: getattr(told, field) for field in _IDENTITY}
    amend_patient(by=by, patient_id=patient_id, traits=replace(known, **mended), expected_version=known.seen_version)


_IDENTITY = ("birth_family_name", "birth_given_names", "birth_date", "sex")


def _plain(value: object) -> object:
    return plain_name(value) if isinstance(value, str) else value


def traits_of_row(given: PatientTraits) -> Traits:
    """Return the traits that a row brings, as read: nothing of them is written out to be read again."""
    address = given.address
    return traits_from_file(
        {
            "birth_family_name": given.family_name,
            "birth_given_names": f"{given.given_name} {given.middle_name}".strip(),
            "street": ", ".join(address.lines),
            "postcode": address.postcode,
            "city": address.city,
            "county": address.county,
            "state": address.state,
        },
        sex=given.sex.value,
        birth_date=given.birth_date,
        phone=given.phone,
        email=given.email,
        country=address.country,
    )


def _queue_for_patients(by: Seat, brought: list[Traits]) -> None:
    """Make two imports that bring the same new person wait for each other, or each would register them.

    The locks end with the transaction. They are of 256 per pharmacy: enough not to wait for strangers; taken in one
    order, so that no two block each other.
    """
    # Under the oldest index key: while keys are turned, every process knows that one.
    buckets = {name_indexes(traits.birth_family_name, traits.birth_date)[-1][0] for traits in brought}
    names = [f"intake|{by.pharmacy_id}|{bucket}" for bucket in sorted(buckets)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 1)) "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place) ORDER BY place",
            [names],
        )


def compared(traits: Traits) -> tuple[object, ...]:
    """Return what two records of one person beyond doubt have in common."""
    return (
        plain_name(traits.birth_family_name),
        plain_name(traits.birth_given_names),
        traits.birth_date,
        traits.sex,
        traits.phone,
    )
