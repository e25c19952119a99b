"""Every text that a model keeps has its length decided in one table, or is no text that anybody types."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import models

from temoin.crypto.sealed import SealedField
from temoin.lib.errors import InvalidError
from temoin.lib.lengths import LONGEST
from temoin.lib.typed import typed_line, typed_lines

OURS = [model for model in apps.get_models() if model.__module__.startswith("temoin.")]
# Kept with a table of their own, inside another value, or by the sign-in library.
ELSEWHERE = {"ProposedAmendment.word", "Passkey.name", "Laboratory.name", "Laboratory.number"}
READ_ONLY = {"Patient.single_name"}  # a box of the form: what it says is an empty given name
WORD, OURS_ALONE, NUMBER, COPIED = (
    "a word of a closed list",
    "written by the program",
    "an identifier",
    "kept elsewhere",
)
# What is no free text: nobody's typing reaches it but by a check of its own.
NO_TEXT = {
    **dict.fromkeys(
        (
            *(
                "DataKey.purpose",
                "Event.kind",
                "Event.profession",
                "Event.origin",
                "Event.subject_kind",
                "Event.outcome",
            ),
            *("Alert.kind", "Alert.subject_kind", "Parcel.destination", "Parcel.state", "Attempt.verdict"),
            *("DueDuty.name", "LaneState.destination", "SetAside.place", "StaffNotice.kind", "FailedTry.way"),
            *("Member.profession", "Invitation.state", "Invitation.profession", "Program.state", "Program.scopes"),
            *("ProgramToken.scopes", "Consent.notice_version", "Lot.kit", "Lot.state", "Record.state", "Record.kind"),
            *("Record.number", "Record.answers", "Group.state", "Group.kind", "Group.roster"),
            *("OrphanResult.state", "OrphanResult.number", "OrphanResult.findings", "OrphanResult.told_at"),
            *("OrphanResult.came_at", "OrphanResult.program", "OrphanResult.why"),
            *(
                "Record.notice",
                "Record.source",
                "Record.specimen",
                "Letter.state",
                "IssuedCertificate.state",
                "Difference.destination",
            ),
            *("RightsCase.kind", "RightsCase.state", "Poster.state", "Arrival.state", "ArrivalKey.month"),
            "Calendar.hours",
            "Release.name",
            *("Difference.kind", "Reconciliation.destination", "Reconciliation.ending", "FileTerms.date_order"),
            "FileTerms.columns",
            *("RecordVersion.status", "RecordVersion.kind", "RecordVersion.consent_notice", "RecordVersion.source"),
            *("RecordVersion.specimen_snomed", "RecordVersion.chapter_loinc"),
            *(f"RegisterCheck.{name}" for name in ("state", "subject_kind", "profession", "differs", "trouble")),
            *(f"RegisterCheck.{name}" for name in ("compared_at", "compared_by")),
        ),
        WORD,
    ),
    **dict.fromkeys(
        (
            *("Event.reason", "Event.detail", "Event.digest", "Event.wrote", "SealedTree.note", "SealedTree.cluster"),
            *("Cosignature.witness", "Cosignature.line", "WitnessState.witness", "WitnessState.trouble"),
            *("Attempt.code", "Attempt.receipt", "Sides.detail", "Sides.sent", "Sides.came", "DueDuty.failure"),
            *("LaneState.code", "SetAside.item", "SetAside.error", "Parcel.answer_code", "Parcel.fragment"),
            *(
                "Parcel.letter",
                "Memo.key",
                "Memo.value",
                "Person.password",
                "Person.enrolment",
                "Ticket.code",
                "Ticket.salt",
                "RevocationList.content",
                "IssuedCertificate.number",
                "IssuedCertificate.identifier",
            ),
            *("Ticket.key", "Poster.token", "ArrivalKey.private"),
            "Hold.lifted",  # typed as Hold.reason is
            *("Hold.review_on", "Patient.way_text"),  # a day that was read; a version of our own words
            *("Session.session_data", "Record.registered_at", "Record.sampled_at", "RecordVersion.is_demo"),
            *("Record.called_at", "Record.absent_at", "Record.is_first"),
            *("Record.started_at", "Record.typed_times", "RecordVersion.started_at", "RecordVersion.typed_times"),
            *("RecordVersion.sampled_at", "RecordVersion.read_at", "RecordVersion.signed_at"),
            *("RecordVersion.kind_display", "RecordVersion.chapter_display", "RecordVersion.specimen_display"),
            *("RecordVersion.findings", "RecordVersion.answers", "RecordVersion.conduct"),
            *("Record.proposal", "Record.amendment"),  # what is typed in them is measured as a signature's is
            *("ProgramCall.asked", "ProgramCall.answer", "Webhook.secret", "Webhook.former", "Webhook.former_until"),
            *("Webhook.state", "WebhookNotice.kind", "WebhookNotice.answer_code"),
            *("CountedDay.mark", "CountedDay.findings", "CountedDay.lots", "CountedDay.delays", "CountedDay.tests"),
        ),
        OURS_ALONE,
    ),
    **dict.fromkeys(
        (
            *("DataKey.root_id", "PlatformKey.root_id", "Parcel.key", "Session.session_key", "Difference.key"),
            *("RecordVersion.record_id", "RecordVersion.version", "RecordVersion.key", "RecordVersion.replaces_key"),
            *("Record.source_key", "Record.source_content", "Officer.seal", "OfficerSession.seal"),
        ),
        NUMBER,
    ),
    **dict.fromkeys(
        (
            *("RecordVersion.patient", "RecordVersion.signer", "RecordVersion.organisation", "RecordVersion.device"),
            *(
                "RecordVersion.doctor",
                "RecordVersion.order_number",
                "RecordVersion.prescriber",
                "RecordVersion.laboratory",
                "Record.device",
                "FileTerms.laboratories",
            ),
            "Poster.place",
            *(f"RegisterCheck.{name}" for name in ("family_name", "given_name", "rpps", "shown")),
        ),
        COPIED,
    ),
}


def kept() -> set[str]:
    found = set()
    for model in OURS:
        for field in model._meta.get_fields():
            if isinstance(field, models.TextField | models.CharField):
                found.add(f"{model.__name__}.{field.name}")
            if isinstance(field, SealedField):
                found |= {f"{model.__name__}.{name}" for name in field.holds}
    return found


def test_each_text_of_each_model_has_its_length_or_says_why_not():
    assert kept() - set(LONGEST) == set(NO_TEXT)
    assert set(LONGEST) - kept() == ELSEWHERE | READ_ONLY


@pytest.mark.parametrize("name", LONGEST)
def test_each_length_is_held_to_the_letter(name):
    of, _, field = name.partition(".")
    longest = "a" * LONGEST[name]

    assert typed_line(field, longest, of=of) == typed_lines(field, longest, of=of) == longest
    for typed in (typed_line, typed_lines):
        with pytest.raises(InvalidError, match=f"{field}:too_long"):
            typed(field, f"{longest}a", of=of)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *[(sign, "unreadable") for sign in ("\0", "\ufffd", chr(0xD800), "\ue000", "\u0378", "\x1b", "\u0600")],
        ("Fran\u00c3\u00a7oise", "garbled"),
        ("L\u00e2\u20ac\u2122\u00c3\u00a9t\u00c3\u00a9", "garbled"),
    ],
)
def test_what_nobody_can_read_is_refused_at_its_field(text, code):
    for typed in (typed_line, typed_lines):
        with pytest.raises(InvalidError, match=f"comment:{code}"):
            typed("comment", f"a {text} b", of="RecordVersion")


def test_what_nobody_can_see_is_left_out_and_letters_are_composed():
    assert typed_line("name", "Pharmacie\u200b du\u202e Marche\u0301\u2066", of="Pharmacy") == "Pharmacie du Marché"
