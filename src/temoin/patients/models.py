"""A patient of one pharmacy, and the consent given there."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from temoin.crypto.blind import BlindIndexField, lookup_index, lookup_indexes
from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.names import plain_name
from temoin.lib.tenant import Sensitivity, TenantModel
from temoin.patients.traits import Traits

PUBLIC = Sensitivity.PUBLIC
PERSONAL = Sensitivity.PERSONAL
NIR_USE, NAME_USE = "patient nir", "patient name"


class Patient(SealedModel):
    """A person known to this pharmacy; another pharmacy's record of the same person is another patient."""

    created_at = models.DateTimeField()  # to the hour
    nir_index = BlindIndexField(null=True)
    name_index = BlindIndexField()
    sealed = SealedField(
        holds=dict.fromkeys(Traits.__dataclass_fields__, PERSONAL),
    )

    declares: ClassVar = {
        "created_at": PUBLIC,
        "nir_index": PERSONAL,
        "name_index": PERSONAL,
        "sealed": PERSONAL,
    }

    class Meta:
        db_table = "patients_patient"
        indexes: ClassVar = [
            # serve the two look-ups; not unique, as a truncated index has false hits by design
            models.Index(fields=["pharmacy_id", "nir_index"], name="patients_patient_nir"),
            models.Index(fields=["pharmacy_id", "name_index"], name="patients_patient_name"),
        ]

    @property
    def traits(self) -> Traits:
        """Open the traits."""
        return Traits.from_dict(self.unseal())

    def blind_indexes(self) -> dict[str, bytes | None]:
        """Return the indexes of NIR and name."""
        return indexes_of(self.traits)


def indexes_of(traits: Traits) -> dict[str, bytes | None]:
    """Return what a patient's row stores to be found by."""
    return {
        "nir_index": lookup_index(NIR_USE, traits.nir) if traits.nir else None,
        "name_index": lookup_index(NAME_USE, *_name_parts(traits.birth_family_name, traits.birth_date)),
    }


def nir_indexes(nir: str) -> list[bytes]:
    """Return the blind indexes of a NIR."""
    return lookup_indexes(NIR_USE, nir)


def name_indexes(family_name: str, birth_date: date) -> list[bytes]:
    """Return the blind indexes of a birth family name with the birth date."""
    return lookup_indexes(NAME_USE, *_name_parts(family_name, birth_date))


def _name_parts(family_name: str, birth_date: date) -> tuple[str, str]:
    return plain_name(family_name), birth_date.isoformat()


class Consent(TenantModel):
    """The patient agreed (GEN-366: "le patient a donné son consentement pour la réalisation du test")."""

    patient_id = models.UUIDField()
    notice_version = models.TextField()
    given_at = models.DateTimeField()

    declares: ClassVar = {"patient_id": PUBLIC, "notice_version": PUBLIC, "given_at": PUBLIC}

    class Meta:
        db_table = "patients_consent"
        indexes: ClassVar = [
            # serves "the latest consent of this patient"
            models.Index(fields=["pharmacy_id", "patient_id", "given_at"], name="patients_consent_latest"),
        ]
