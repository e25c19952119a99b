"""Every kind of event the journal knows, with its meaning: `docs/reference/events.md` is made from this table."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What was done or looked at."""

    PATIENT_REGISTERED = "patient.registered"
    PATIENT_AMENDED = "patient.amended"
    PATIENT_SEARCHED = "patient.searched"
    PATIENT_READ = "patient.read"
    TEST_REGISTERED = "test.registered"
    TEST_READ = "test.read"
    TEST_LIST_READ = "test.list_read"
    SAMPLE_TAKEN = "sample.taken"
    TEST_ABANDONED = "test.abandoned"
    RESULT_SIGNED = "result.signed"
    RESULT_CORRECTED = "result.corrected"
    RESULT_CANCELLED = "result.cancelled"
    RESULT_PRINTED = "result.printed"
    TICKET_PRINTED = "ticket.printed"
    TICKET_RENEWED = "ticket.renewed"
    RESULT_PREPARED = "result.prepared"
    PARCEL_RELEASED = "parcel.released"
    LETTER_SEALED = "letter.sealed"
    LETTER_OPENED = "letter.opened"
    LETTER_REFUSED = "letter.refused"
    LOT_RECEIVED = "lot.received"
    FILE_IMPORTED = "file.imported"
    MEMBER_SEATED = "member.seated"
    SIGNED_IN = "session.opened"
    ACCESS_DENIED = "access.denied"
    JOURNAL_READ = "journal.read"
    JOURNAL_EXPORTED = "journal.exported"
    LOOKS_LISTED = "looks.listed"


MEANING: dict[EventKind, str] = {
    EventKind.PATIENT_REGISTERED: "A patient record was created, with the consent given.",
    EventKind.PATIENT_AMENDED: "A patient's traits or contact were changed.",
    EventKind.PATIENT_SEARCHED: "Patients were looked for by NIR, or by name and birth date.",
    EventKind.PATIENT_READ: "A patient record was shown.",
    EventKind.TEST_REGISTERED: "A test was registered for a patient, and the ticket's code drawn.",
    EventKind.TEST_READ: "A test record was shown.",
    EventKind.TEST_LIST_READ: "The list of the pharmacy's tests was shown.",
    EventKind.SAMPLE_TAKEN: "The sample was taken and the kit lot recorded.",
    EventKind.TEST_ABANDONED: "A test was closed before any result.",
    EventKind.RESULT_SIGNED: "A pharmacist signed a result; its parcels left with it.",
    EventKind.RESULT_CORRECTED: "A pharmacist signed a new version of a result.",
    EventKind.RESULT_CANCELLED: "A pharmacist declared a signed result void.",
    EventKind.RESULT_PRINTED: "The result was shown for printing.",
    EventKind.TICKET_PRINTED: "The counter ticket with the patient's code was shown.",
    EventKind.TICKET_RENEWED: "The patient's code and link were replaced.",
    EventKind.RESULT_PREPARED: "The worker opened a signed version to make the authority's document.",
    EventKind.PARCEL_RELEASED: "A refused parcel was sent on its way again.",
    EventKind.LETTER_SEALED: "The worker sealed the patient's letter and destroyed the code.",
    EventKind.LETTER_OPENED: "A letter was handed out against the right code.",
    EventKind.LETTER_REFUSED: "A try with a wrong code on an existing letter.",
    EventKind.LOT_RECEIVED: "A kit lot was added to the pharmacy's stock.",
    EventKind.FILE_IMPORTED: "Results of a file were taken in.",
    EventKind.MEMBER_SEATED: "A person was given a place in the pharmacy.",
    EventKind.SIGNED_IN: "A person opened a session in a pharmacy.",
    EventKind.ACCESS_DENIED: "A person tried what their profession has no right to; the reason names the right.",
    EventKind.JOURNAL_READ: "Events of the pharmacy were shown, or the daily review of them.",
    EventKind.JOURNAL_EXPORTED: "Events of the pharmacy were exported.",
    EventKind.LOOKS_LISTED: "The list of who saw a result, with its proofs, was made for the patient.",
}
