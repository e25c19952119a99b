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
    NURSE = "nurse"
    BIOLOGIST = "biologist"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Right(StrEnum):
    """What a person may do."""

    REGISTER_PATIENT = "register_patient"
    READ_PATIENT = "read_patient"
    MERGE_PATIENTS = "merge_patients"  # two records of one person
    REGISTER_TEST = "register_test"
    READ_TEST = "read_test"
    TAKE_SAMPLE = "take_sample"
    PROPOSE_RESULT = "propose_result"  # a reading that somebody else signs: programs do
    SIGN_RESULT = "sign_result"
    CORRECT_RESULT = "correct_result"
    PRINT_RESULT = "print_result"
    EXPORT_RESULTS = "export_results"  # as a file, with names
    READ_FIGURES = "read_figures"
    BILL_TESTS = "bill_tests"
    RECEIVE_LOT = "receive_lot"  # and open, close, count it
    RECALL_LOT = "recall_lot"
    RELEASE_PARCEL = "release_parcel"
    WITHDRAW_PARCEL = "withdraw_parcel"
    IMPORT_RESULTS = "import_results"
    ALLOW_LABORATORIES = "allow_laboratories"  # whose results a file may bring
    MANAGE_MEMBERS = "manage_members"
    MANAGE_WEBHOOKS = "manage_webhooks"  # where programs are told of changes; of a program, where itself is
    READ_JOURNAL = "read_journal"
    LIST_PERSONS = "list_persons"  # those concerned by a breach
    COUNT_PERSONS = "count_persons"
    OPEN_CASE = "open_case"  # of a patient's right: access, correction, erasure, objection
    ANSWER_CASE = "answer_case"
    TAKE_FILE = "take_file"  # the whole file of a pharmacy that leaves, sealed to its own key
    HOLD_DATA = "hold_data"  # keep from being deleted what is past its day, and let it go


LABEL = {
    Profession.TITULAIRE: _("Pharmacist owner"),
    Profession.ADJOINT: _("Assistant pharmacist"),
    Profession.REMPLACANT: _("Locum pharmacist"),
    Profession.PREPARATEUR: _("Pharmacy technician"),
    Profession.STUDENT: _("Pharmacy student"),
    Profession.NURSE: _("Nurse"),
    Profession.BIOLOGIST: _("Medical biologist"),
    Profession.ADMINISTRATOR: _("Pharmacy administrator"),
    Profession.AUDITOR: _("Auditor"),
}

# Codes of the national value set of authors (JDV_J01_XdsAuthorSpecialty_CISIS), each in the words of that set.
PROFESSION_CODE = {
    Profession.TITULAIRE: ("G15_21/A", "Pharmacien titulaire d'officine"),
    Profession.ADJOINT: ("G15_21/DA", "Pharmacien adjoint"),
    Profession.REMPLACANT: ("G15_21/D", "Pharmacien adjoint, remplaçant ou gérant"),
    Profession.PREPARATEUR: ("G15_39", "Préparateur en pharmacie (officine)"),
    Profession.STUDENT: ("G16_21", "Pharmacien en formation"),
    Profession.NURSE: ("G15_60", "Infirmier"),
    # In words only: physicians and pharmacists who are biologists have different codes, and we do not ask which.
    Profession.BIOLOGIST: ("", "Biologiste médical"),
    Profession.ADMINISTRATOR: ("", ""),
    Profession.AUDITOR: ("", ""),
}

# The word by which the data of a kind of test names who may sign it.
SIGNS_AS: dict[str, str] = {
    Profession.TITULAIRE: "pharmacist",
    Profession.ADJOINT: "pharmacist",
    Profession.REMPLACANT: "pharmacist",
    Profession.BIOLOGIST: "biologist",
}

# Who has a number in the national register (RPPS) and cannot be seated without it.
REGISTERED = frozenset({Profession.TITULAIRE, Profession.ADJOINT, Profession.REMPLACANT, Profession.BIOLOGIST})
# Who may have one: nurses and technicians entered the register later, students are entering it.
MAY_BE_REGISTERED = REGISTERED | {Profession.NURSE, Profession.PREPARATEUR, Profession.STUDENT}

_COUNTER = frozenset(
    {
        Right.REGISTER_PATIENT,
        Right.READ_PATIENT,
        Right.REGISTER_TEST,
        Right.READ_TEST,
        Right.TAKE_SAMPLE,
        Right.PRINT_RESULT,
        Right.RECEIVE_LOT,
        Right.OPEN_CASE,
    }
)
# Only a pharmacist signs (order of 1 August 2016 as amended; apiop.ordre.pharmacien.fr), or a medical biologist, who
# validates results by law.
_SIGNER = _COUNTER | {
    Right.MERGE_PATIENTS,
    Right.PROPOSE_RESULT,
    Right.SIGN_RESULT,
    Right.CORRECT_RESULT,
    Right.RELEASE_PARCEL,
    Right.WITHDRAW_PARCEL,
    Right.IMPORT_RESULTS,
    Right.RECALL_LOT,
}

_PHARMACIST = _SIGNER | {Right.READ_FIGURES, Right.BILL_TESTS}

RIGHTS: dict[Profession, frozenset[Right]] = {
    Profession.TITULAIRE: _PHARMACIST
    | {
        Right.EXPORT_RESULTS,
        Right.ALLOW_LABORATORIES,
        Right.MANAGE_MEMBERS,
        Right.MANAGE_WEBHOOKS,
        Right.READ_JOURNAL,
        Right.LIST_PERSONS,
        Right.COUNT_PERSONS,
        Right.ANSWER_CASE,
        Right.TAKE_FILE,
        Right.HOLD_DATA,
    },
    Profession.ADJOINT: _PHARMACIST,
    Profession.REMPLACANT: _PHARMACIST,
    Profession.PREPARATEUR: _COUNTER | {Right.BILL_TESTS},
    Profession.STUDENT: _COUNTER - {Right.PRINT_RESULT, Right.RECEIVE_LOT},
    Profession.NURSE: _COUNTER,
    Profession.BIOLOGIST: _SIGNER,
    Profession.ADMINISTRATOR: frozenset({Right.MANAGE_MEMBERS, Right.MANAGE_WEBHOOKS}),  # people, and no patient
    Profession.AUDITOR: frozenset({Right.READ_JOURNAL}),
}
# What is practised at a training counter (decision 0131): nothing that leads out of it, as files, programs and posters
# do, and nothing that a real pharmacy answers for.
PRACTISED = frozenset(
    {
        Right.REGISTER_PATIENT,
        Right.READ_PATIENT,
        Right.MERGE_PATIENTS,
        Right.REGISTER_TEST,
        Right.READ_TEST,
        Right.TAKE_SAMPLE,
        Right.SIGN_RESULT,
        Right.CORRECT_RESULT,
        Right.PRINT_RESULT,
        Right.RECEIVE_LOT,
        Right.RECALL_LOT,
    }
)
# Who runs the server: people, by `temoin` commands, and no patient, by no door.
OPERATOR = "operator"
PROGRAM = "program"  # in the place of a profession, of one that is no person
OPERATOR_RIGHTS = frozenset({Right.MANAGE_MEMBERS, Right.COUNT_PERSONS})

MANAGERS = frozenset(profession for profession, rights in RIGHTS.items() if Right.MANAGE_MEMBERS in rights)
# Whose places a manager may give, change and take away. An administrator could otherwise raise an accomplice, or
# themself under another name, to the rights that administrators are denied.
MAY_SEAT: dict[str, frozenset[Profession]] = {
    OPERATOR: frozenset(Profession),  # the first owner has nobody above
    Profession.TITULAIRE: frozenset(Profession),
    Profession.ADMINISTRATOR: frozenset(Profession) - MANAGERS - {Profession.AUDITOR},
}
