"""The row of a patient who is registered, alone or with others, and what holds of each."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.lib.clock import coarse, now
from temoin.lib.errors import refuse
from temoin.lib.tenant import current_pharmacy
from temoin.lib.training import is_training
from temoin.patients.models import Patient, indexes_of, nir_indexes
from temoin.patients.traits import Traits
from temoin.pharmacies.seat import today


def new_patient(pharmacy_id: UUID, patient_id: UUID, traits: Traits) -> Patient:
    """Return the row, sealed, for the act that registers them."""
    patient = Patient(pharmacy_id=pharmacy_id, id=patient_id, created_at=coarse(now()), **indexes_of(traits))
    patient.seal(traits.to_dict())
    return patient


def check_may_stand(pharmacy_id: UUID, traits: Traits) -> None:
    """Refuse a birth date that is to come, and the number of a real person where people practise."""
    if traits.nir and is_training(pharmacy_id):
        message = _("No real person's number is written down in training: leave this empty.")
        raise refuse("nir", "training", message)
    if traits.birth_date > today(pharmacy_id):
        raise refuse("birth_date", "impossible", _("This birth date is impossible: check the year."))


def nir_lock(nir: str) -> str:
    """Return what two who write one NIR wait for."""
    # Under the oldest index key, which every process knows while keys are turned.
    return f"nir|{current_pharmacy()}|{nir_indexes(nir)[-1].hex()}"
