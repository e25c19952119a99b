"""Professions of the counter and what each may do: named sets, in code, so that a review sees every change."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Profession(StrEnum):
    """Who works in a pharmacy."""

    TITULAIRE = "titulaire"
    ADJOINT = "adjoint"
    REMPLACANT = "remplacant"
    PREPARATEUR = "preparateur"
    STUDENT = "student"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What a person may do."""

    REGISTER_PATIENT = "register_patient"
    READ_PATIENT = "read_patient"
    REGISTER_TEST = "register_test"
    READ_TEST = "read_test"
    TAKE_SAMPLE = "take_sample"
    SIGN_RESULT = "sign_result"
    CORRECT_RESULT = "correct_result"
    PRINT_RESULT = "print_result"
    RECEIVE_LOT = "receive_lot"
    RELEASE_PARCEL = "release_parcel"
    IMPORT_RESULTS = "import_results"
    READ_JOURNAL = "read_journal"


LABEL = {
    Profession.TITULAIRE: _("Pharmacist owner"),
    Profession.ADJOINT: _("Assistant pharmacist"),
    Profession.REMPLACANT: _("Locum pharmacist"),
    Profession.PREPARATEUR: _("Pharmacy technician"),
    Profession.STUDENT: _("Pharmacy student"),
    Profession.ADMINISTRATOR: _("Pharmacy administrator"),
}

# TRE_G15 / TRE_G16 codes of the CI-SIS, with their French display (domain.md §4.4).
PROFESSION_CODE = {
    Profession.TITULAIRE: ("G15_21/A", "Pharmacien titulaire d'officine"),
    Profession.ADJOINT: ("G15_21/DA", "Pharmacien adjoint"),
    Profession.REMPLACANT: ("G15_21/D", "Pharmacien adjoint, remplaçant, gérant"),
    Profession.PREPARATEUR: ("G15_39", "Préparateur en pharmacie (officine)"),
    Profession.STUDENT: ("G16_21", "Pharmacien en formation"),
    Profession.ADMINISTRATOR: ("", ""),
}

_COUNTER = frozenset(
    {
        Right.REGISTER_PATIENT,
        Right.READ_PATIENT,
        Right.REGISTER_TEST,
        Right.READ_TEST,
        Right.TAKE_SAMPLE,
        Right.PRINT_RESULT,
        Right.RECEIVE_LOT,
    }
)
# Only a pharmacist signs (order of 1 August 2016 as amended; apiop.ordre.pharmacien.fr).
_PHARMACIST = _COUNTER | {Right.SIGN_RESULT, Right.CORRECT_RESULT, Right.RELEASE_PARCEL, Right.IMPORT_RESULTS}

RIGHTS: dict[Profession, frozenset[Right]] = {
    Profession.TITULAIRE: _PHARMACIST | {Right.READ_JOURNAL},
    Profession.ADJOINT: _PHARMACIST,
    Profession.REMPLACANT: _PHARMACIST,
    Profession.PREPARATEUR: _COUNTER,
    Profession.STUDENT: _COUNTER - {Right.PRINT_RESULT, Right.RECEIVE_LOT},
    Profession.ADMINISTRATOR: frozenset(),
}
