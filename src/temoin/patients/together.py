"""Patients whom one commit registers with others: who may be known already is asked once for all of them."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from uuid import UUID

from django.db import connection

from temoin.journal.act import Acts
from temoin.journal.events import EventKind
from temoin.lib.ids import PatientId, new_id
from temoin.lib.names import plain_name
from temoin.patients.likeness import is_near
from temoin.patients.new_rows import check_may_stand, new_patient, nir_lock
from temoin.patients.queries import Found, perhaps_alike
from temoin.patients.second_record import KnownNumberError, LikelyKnownError, near_locks
from temoin.patients.traits import Traits
from temoin.patients.ways import tell_way, with_text
from temoin.pharmacies.policies import Holder, check_right
from temoin.pharmacies.professions import Right


class PatientsTogether:
    """Those on record who may be one of the people brought, and those of them who were registered meanwhile."""

    def __init__(self, brought: Collection[Traits]) -> None:
        _wait_for_others(brought)
        self._known: dict[Hashable, dict[UUID, Traits]] = {}
        for found in perhaps_alike(brought) if brought else ():
            self.keep(found)

    def register(self, acts: Acts, *, by: Holder, traits: Traits, put_aside: Collection[UUID]) -> Found:
        """Add to acts written together the registration of one of them, as `register_patient` does alone.

        Whoever adds the acts to a commit tells so by `keep`.
        """
        check_right(by=by, right=Right.REGISTER_PATIENT)
        check_may_stand(by.pharmacy_id, traits)
        self._check_is_new(traits, put_aside)
        new, traits = PatientId(new_id()), with_text(traits)
        with acts.act(kind=EventKind.PATIENT_REGISTERED, subject_kind="patient", subject_id=new) as commit:
            commit.insert(new_patient(by.pharmacy_id, new, traits))
        tell_way(acts, new, traits)
        return new, traits

    def keep(self, found: Found) -> None:
        """Note somebody on record, so that the next who are alike are compared with them."""
        patient_id, traits = found
        for key in _keys(traits):
            self._known.setdefault(key, {})[patient_id] = traits

    def _check_is_new(self, traits: Traits, put_aside: Collection[UUID]) -> None:
        perhaps = {known: told for key in _keys(traits) for known, told in self._known.get(key, {}).items()}
        near = {known for known, told in perhaps.items() if is_near(told, traits)}
        if not near <= set(put_aside):
            raise LikelyKnownError(sorted(near))
        if bearers := [known for known, told in perhaps.items() if traits.nir and told.nir == traits.nir]:
            raise KnownNumberError(bearers)


def _keys(traits: Traits) -> list[Hashable]:
    """Return what two records that are near have in common: one of these at least."""
    names = plain_name(traits.birth_family_name), plain_name(traits.first_birth_given_name)
    return [traits.birth_date, names, *([traits.nir] if traits.nir else [])]


def _wait_for_others(brought: Collection[Traits]) -> None:
    """Wait as each alone would, in one order for all, so that no two block each other."""
    names = {name for traits in brought for name in near_locks(traits)}
    names |= {nir_lock(traits.nir) for traits in brought if traits.nir}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(name, 2)) "
            "FROM unnest(%s::text[]) WITH ORDINALITY AS given (name, place) ORDER BY place",
            [sorted(names)],
        )
