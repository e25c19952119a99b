"""A patient of one pharmacy, and the consent given there."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models

from temoin.crypto.blind import BlindIndexField, lookup_index, lookup_indexes
from temoin.crypto.sealed import SealedField, SealedModel
from temoin.lib.names import plain_name
from temoin.lib.tenant import Sensitivity, TenantModel
from temoin.patients.starts import BORN_USE, NAMES, PHONE, starts_of
from temoin.patients.traits import Traits

PUBLIC = Sensitivity.PUBLIC
PERSONAL = Sensitivity.PERSONAL
NIR_USE, NAME_USE, NAMES_USE = "patient nir", "patient name", "patient names"


class Patient(SealedModel):
    """A person known to this pharmacy; another pharmacy's record of the same person is another patient."""

    created_at = models.DateTimeField()  # to the hour
    merged_into = models.UUIDField(null=True)  # the record that stays of this person, once the two were merged
    nir_index = BlindIndexField(null=True)
    name_index = BlindIndexField()
    # Each serves near matches: a slip in a name keeps the birth date, a slip in the birth date keeps the names.
    born_index = BlindIndexField(null=True)
    names_index = BlindIndexField(null=True)
    # Each serves the beginning of a name, or the end of a telephone's number, typed at the counter.
    birth_family_start = BlindIndexField(null=True)
    used_family_start = BlindIndexField(null=True)
    birth_given_start = BlindIndexField(null=True)
    used_given_start = BlindIndexField(null=True)
    phone_end = BlindIndexField(null=True)
    sealed = SealedField(
        holds=dict.fromkeys(Traits.__dataclass_fields__, PERSONAL),
    )

    stirs: ClassVar = True  # its name stands in the rows
    declares: ClassVar = {
        "created_at": PUBLIC,
        "merged_into": PUBLIC,
        "nir_index": PERSONAL,
        "name_index": PERSONAL,
        "born_index": PERSONAL,
        "names_index": PERSONAL,
        "birth_family_start": PERSONAL,
        "used_family_start": PERSONAL,
        "birth_given_start": PERSONAL,
        "used_given_start": PERSONAL,
        "phone_end": PERSONAL,
        "sealed": PERSONAL,
    }
    binds: ClassVar = ("merged_into",)

    class Meta:
        db_table = "patients_patient"
        indexes: ClassVar = [
            # serve the two look-ups; not unique, as a truncated index has false hits by design
            models.Index(fields=["pharmacy_id", "nir_index"], name="patients_patient_nir"),
            models.Index(fields=["pharmacy_id", "name_index"], name="patients_patient_name"),
            models.Index(fields=["pharmacy_id", "born_index"], name="patients_patient_born"),
            models.Index(fields=["pharmacy_id", "names_index"], name="patients_patient_names"),
            # serve the beginnings: a byte each, so that its hits are opened and compared
            *(
                models.Index(
                    fields=["pharmacy_id", column],
                    condition=models.Q((f"{column}__isnull", False)),
                    name=f"patients_{column}",
                )
                for column in (*NAMES, PHONE)
            ),
            # serves "which records were merged into this one"
            models.Index(
                fields=["pharmacy_id", "merged_into"],
                condition=models.Q(merged_into__isnull=False),
                name="patients_patient_merged",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("id")),
                name="patients_patient_not_into_itself",
            ),
        ]

    @property
    def traits(self) -> Traits:
        return Traits.from_dict(self.unseal())

    def blind_indexes(self) -> dict[str, bytes | None]:
        return indexes_of(self.traits)


def indexes_of(traits: Traits) -> dict[str, bytes | None]:
    """Return what a patient's row stores to be found by."""
    return {
        "nir_index": lookup_index(NIR_USE, traits.nir) if traits.nir else None,
        "name_index": lookup_index(NAME_USE, *_name_parts(traits.birth_family_name, traits.birth_date)),
        "born_index": lookup_index(BORN_USE, traits.birth_date.isoformat()),
        "names_index": lookup_index(NAMES_USE, *_names(traits)),
        **starts_of(traits),
    }


def nir_indexes(nir: str) -> list[bytes]:
    return lookup_indexes(NIR_USE, nir)


def name_indexes(family_name: str, birth_date: date) -> list[bytes]:
    """Return the blind indexes of a birth family name with the birth date."""
    return lookup_indexes(NAME_USE, *_name_parts(family_name, birth_date))


def names_indexes(traits: Traits) -> list[bytes]:
    """Return the blind indexes of a birth family name with the first birth given name."""
    return lookup_indexes(NAMES_USE, *_names(traits))


def _names(traits: Traits) -> tuple[str, str]:
    return plain_name(traits.birth_family_name), plain_name(traits.first_birth_given_name)


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
