"""Nobody gets a second record by mistake: whoever registers says of each likely one that it is somebody else."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from temoin.journal.events import EventKind
from temoin.journal.listings import record_listing
from temoin.lib.errors import InvalidError, Problem
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.patients.models import names_indexes
from temoin.patients.queries import alike_in_scope
from temoin.patients.starts import born_indexes
from temoin.patients.traits import Traits
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right


class Asked(Enum):
    """Who could not be asked whether a likely record is of the same person."""

    NOBODY = "nobody"  # a file brings the patient, and no person sees the candidates: they are offered later


# The records that the person saw and said are of somebody else.
PutAside = Collection[UUID] | Asked


class LikelyKnownError(InvalidError):
    """The patient may be one of `candidates`, whom nobody put aside: a person has to say."""

    def __init__(self, candidates: list[UUID]) -> None:
        super().__init__(
            [Problem("", "likely_known", _("This patient may already have a record here: compare first."))]
        )
        self.candidates = candidates


class KnownNumberError(InvalidError):
    """The NIR stands on the record of `candidates`, which are to be used."""

    def __init__(self, candidates: list[UUID]) -> None:
        message = _("Another patient's record here bears this NIR: find it by the number, and use that record.")
        super().__init__([Problem("nir", "known", message)])
        self.candidates = candidates


def note_shown(*, by: Holder, candidates: list[UUID]) -> None:
    """Record that a refusal told a program who is a patient here: a look, once the refused transaction is over."""
    check_right(by=by, right=Right.REGISTER_PATIENT)
    with tenant_scope(by.pharmacy_id):
        kind = EventKind.PATIENT_SEARCHED
        record_listing(by=by, kind=kind, subject_kind="patient", shown=candidates, detail="near")


def check_is_new(patient_id: UUID, traits: Traits, put_aside: PutAside) -> None:
    """Raise LikelyKnownError when the patient is like a record that nobody put aside; within an act."""
    if put_aside is Asked.NOBODY:
        return
    _wait_for_others(traits)
    near = {known for known, _traits in alike_in_scope(traits)} - {patient_id}
    if not near <= set(put_aside):
        raise LikelyKnownError(sorted(near))


def _wait_for_others(traits: Traits) -> None:
    """Make two people who register one person at the same moment wait for each other until their commits."""
    # Two with one NIR wait where it is checked that it is free.
    with connection.cursor() as cursor:
        for name in near_locks(traits):
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 2))", [name])


def near_locks(traits: Traits) -> list[str]:
    """Return what two who register people alike wait for, in the order in which all take it, so that none block."""
    # Under the oldest index keys, which every process knows while keys are turned.
    oldest = [born_indexes(traits.birth_date)[-1], names_indexes(traits)[-1]]
    return [f"near|{number}|{current_pharmacy()}|{index.hex()}" for number, index in enumerate(oldest)]
