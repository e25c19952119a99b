"""The patient of a row: one already known by every trait the file gives, or a new one."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.db import connection

from temoin.formats.csv.rows import PatientTraits
from temoin.intake.problems import RowRefusedError
from temoin.lib.names import plain_name
from temoin.patients.actions import amend_patient, register_patient
from temoin.patients.models import name_indexes
from temoin.patients.queries import patients_by_name, traits_of
from temoin.patients.second_record import Asked
from temoin.patients.traits import NO_COUNTRY, Traits, check_traits
from temoin.pharmacies.seat import Seat
from temoin.testing.report import IdentityStatus


def patient_of(*, by: Seat, given: PatientTraits) -> UUID:
    """Return the known patient who is this person beyond doubt, or register one.

    Two persons may share name and birth date: birth name, given names, birth date, sex and phone must all be equal.
    """
    traits = traits_of_row(given)
    queue_for_patient(by, traits)
    found = patients_by_name(by=by, family_name=traits.birth_family_name, birth_date=traits.birth_date)
    same = sorted(patient_id for patient_id, known in found if _is_same(known, traits))
    return same[0] if same else register_patient(by=by, traits=traits, put_aside=Asked.NOBODY)


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
    """Return the traits as the counter would have typed them: a file shows no document, so they are provisional."""
    address = given.address
    return check_traits(
        {
            "birth_family_name": given.family_name,
            "birth_given_names": f"{given.given_name} {given.middle_name}",
            "single_name": "" if given.given_name else "yes",
            "sex": given.sex.value,
            "birth_date": given.birth_date.isoformat(),
            "phone": given.phone,
            "email": given.email,
            "street": ", ".join(address.lines),
            "postcode": address.postcode,
            "city": address.city,
            "county": address.county,
            "state": address.state,
            "country": address.country or NO_COUNTRY,
            "identity_status": "PROV",
        }
    )


def queue_for_patient(by: Seat, traits: Traits) -> None:
    """Make two imports that bring the same new person wait for each other, or each would register them.

    The lock ends with the row's transaction. It is one of 256 per pharmacy: enough not to wait for strangers.
    """
    # Under the oldest index key: while keys are turned, every process knows that one.
    bucket = name_indexes(traits.birth_family_name, traits.birth_date)[-1][0]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", [f"intake|{by.pharmacy_id}|{bucket}"])


def _is_same(known: Traits, traits: Traits) -> bool:
    return _compared(known) == _compared(traits)


def _compared(traits: Traits) -> tuple[object, ...]:
    return (
        plain_name(traits.birth_family_name),
        plain_name(traits.birth_given_names),
        traits.birth_date,
        traits.sex,
        traits.phone,
    )
