"""The words for events: what was done or looked at, by whom, and what the daily review remarks."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.journal.events import EventKind
from temoin.journal.queries import EventRow
from temoin.oversight.review import Oddity
from temoin.pharmacies.professions import LABEL, Profession

Words = str | Promise

EVENT_WORDS: dict[str, Words] = {
    EventKind.PATIENT_REGISTERED: _("registered a patient"),
    EventKind.PATIENT_AMENDED: _("changed a patient's record"),
    EventKind.WAY_AGREED: _("wrote down how a patient wants results"),
    EventKind.WAY_WITHDRAWN: _("wrote down that a patient takes back a way to them"),
    EventKind.PATIENT_MERGED: _("merged two records of one patient"),
    EventKind.PATIENT_SEARCHED: _("searched for a patient"),
    EventKind.PATIENT_READ: _("saw a patient's record"),
    EventKind.TEST_REGISTERED: _("registered a test"),
    EventKind.TEST_READ: _("saw a test"),
    EventKind.TEST_LIST_READ: _("saw the list of tests"),
    EventKind.RESULTS_READ: _("saw a list of results"),
    EventKind.RESULTS_EXPORTED: _("exported results"),
    EventKind.BILLING_EXPORTED: _("exported the tests to bill"),
    EventKind.SAMPLE_TAKEN: _("recorded a sample"),
    EventKind.SAMPLE_UNDONE: _("took back a sample"),
    EventKind.READING_STARTED: _("started a reading clock"),
    EventKind.READING_UNDONE: _("took back the start of a reading clock"),
    EventKind.TEST_ABANDONED: _("abandoned a test"),
    EventKind.RESULT_SIGNED: _("signed a result"),
    EventKind.RESULT_CORRECTED: _("corrected a result"),
    EventKind.RESULT_CANCELLED: _("cancelled a result"),
    EventKind.RESULT_PRINTED: _("printed a result"),
    EventKind.RESULT_TOLD: _("told a patient the result"),
    EventKind.RESULT_UNTOLD: _("took back that a patient was told"),
    EventKind.TICKET_PRINTED: _("printed a ticket"),
    EventKind.TICKET_RENEWED: _("renewed a ticket"),
    EventKind.LINK_SENT_AGAIN: _("sent the patient a new link"),
    EventKind.TICKET_CODE_DESTROYED: _("destroyed the code of a ticket"),
    EventKind.RESULT_PREPARED: _("prepared the authority's document"),
    EventKind.PARCEL_RELEASED: _("sent a refused parcel again"),
    EventKind.PARCEL_PROVED: _("settled a parcel that the destination shows it holds"),
    EventKind.PARCEL_RESENT: _("sent again a parcel that the destination did not hold"),
    EventKind.PARCEL_WITHDRAWN: _("withdrew a refused sending"),
    EventKind.ANSWERS_READ: _("saw what was sent and answered"),
    EventKind.STATEMENT_PRINTED: _("printed the statement of a day"),
    EventKind.ALARM_SENT: _("wrote to the owners about what waits"),
    EventKind.LETTER_SEALED: _("sealed the patient's letter"),
    EventKind.CERTIFICATE_ISSUED: _("put a certificate of the result into the patient's letter"),
    EventKind.CERTIFICATE_REVOKED: _("revoked the certificate of a letter that was replaced"),
    EventKind.LETTER_OPENED: _("opened the letter with the right code"),
    EventKind.LETTER_REFUSED: _("tried the letter with a wrong code"),
    EventKind.LOT_RECEIVED: _("received a lot"),
    EventKind.LOT_OPENED: _("opened a lot"),
    EventKind.LOT_CLOSED: _("closed a lot"),
    EventKind.LOT_COUNTED: _("counted a lot"),
    EventKind.LOT_CONTROLLED: _("ran a control with a lot"),
    EventKind.LOT_RECALLED: _("recalled a lot"),
    EventKind.LOT_RECALL_LIFTED: _("lifted the recall of a lot"),
    EventKind.LOT_PERSONS_LISTED: _("listed the people tested with a lot"),
    EventKind.SHELF_READ: _("read the temperature of the shelf"),
    EventKind.FILE_IMPORTED: _("imported a file"),
    EventKind.LABORATORY_ALLOWED: _("allowed the results of a laboratory"),
    EventKind.LABORATORY_WITHDRAWN: _("withdrew a laboratory"),
    EventKind.COLUMNS_SAID: _("said what headings of files stand for"),
    EventKind.DATE_ORDER_SAID: _("said the order of day and month in files"),
    EventKind.MEMBER_SEATED: _("gave a person a place"),
    EventKind.PHARMACY_OPENED: _("opened the pharmacy"),
    EventKind.PHARMACY_CLOSED: _("closed the pharmacy"),
    EventKind.PHARMACY_CLOCK_MOVED: _("changed the time zone of the pharmacy"),
    EventKind.MEMBER_INVITED: _("invited a person"),
    EventKind.INVITATION_APPROVED: _("approved an invitation"),
    EventKind.INVITATION_WITHDRAWN: _("withdrew an invitation"),
    EventKind.MEMBER_ENROLLED: _("took their place"),
    EventKind.MEMBER_CHANGED: _("changed a person’s profession"),
    EventKind.MEMBER_SUSPENDED: _("suspended a person’s place"),
    EventKind.MEMBER_RESUMED: _("gave a person their place back"),
    EventKind.MEMBER_DEPARTED: _("entered a person’s last day"),
    EventKind.REGISTER_AGREED: _("found a professional’s number confirmed by the register"),
    EventKind.REGISTER_DIFFERED: _("found that the register shows a professional’s number otherwise"),
    EventKind.REGISTER_COMPARED: _("compared with the card a number that the register shows otherwise"),
    EventKind.FACTORS_RECOVERED: _("reset, with two holders of keys, a person’s sign-in"),
    EventKind.FACTORS_RESET: _("reset a person’s sign-in"),
    EventKind.FACTOR_ADDED: _("set up a second factor"),
    EventKind.FACTOR_CHANGED: _("used a recovery code"),
    EventKind.FACTOR_REMOVED: _("took away a second factor"),
    EventKind.PASSWORD_CHANGED: _("changed their password"),
    EventKind.ACCOUNT_CHANGED: _("used up an enrolment code, or renewed a password’s protection"),
    EventKind.PROGRAM_ADDED: _("gave a program access"),
    EventKind.PROGRAM_VOUCHED: _("vouched for a program"),
    EventKind.PROGRAM_REVOKED: _("revoked a program’s access"),
    EventKind.TOKEN_ISSUED: _("signed in as a program"),
    EventKind.PROGRAM_REFUSED: _("counted refused calls under a program’s name"),
    EventKind.SIGN_IN_FAILED: _("counted failed sign-ins under a person’s address"),
    EventKind.SIGNED_IN: _("opened a session"),
    EventKind.HANDED_OVER: _("handed the screen over"),
    EventKind.ACCESS_DENIED: _("was denied"),
    EventKind.SEAL_BROKEN: _("met a sealed value that does not open"),
    EventKind.LISTING_LOST: _("missed what lists had shown"),
    EventKind.READING_MUCH: _("opened unusually many files in an hour"),
    EventKind.JOURNAL_READ: _("looked at the journal"),
    EventKind.JOURNAL_EXPORTED: _("exported the journal"),
    EventKind.LOOKS_LISTED: _("listed who saw a result"),
    EventKind.PERSONS_LISTED: _("listed the persons concerned by a breach"),
    EventKind.PERSONS_COUNTED: _("counted the persons concerned by a breach"),
    EventKind.DATA_KEYS_TURNED: _("renewed the data keys"),
    EventKind.ROWS_REWRAPPED: _("moved records under the new keys"),
    EventKind.ROWS_REINDEXED: _("made the search indexes anew"),
    EventKind.DATA_KEY_DESTROYED: _("destroyed an old data key"),
    EventKind.DATA_KEYS_REWRAPPED: _("wrapped the data keys anew"),
    EventKind.ROOT_KEY_TURNED: _("renewed the root key"),
    EventKind.ROOT_KEY_DROPPED: _("destroyed an old root key"),
    EventKind.ROOT_KEYS_BACKED_UP: _("backed up the root keys"),
    EventKind.ROOT_KEYS_RESTORED: _("restored the root keys"),
    EventKind.KEYS_VERIFIED: _("verified the keys"),
    EventKind.RECORD_ERASED: _("deleted a test past its day"),
    EventKind.PATIENT_ERASED: _("deleted a patient past their day"),
    EventKind.INVITATION_ERASED: _("deleted an invitation past its day"),
    EventKind.SIDES_ERASED: _("deleted both sides of tries past their day"),
    EventKind.HOLD_PLACED: _("placed a legal hold"),
    EventKind.HOLD_LIFTED: _("lifted a legal hold"),
    EventKind.CASE_OPENED: _("wrote down a patient’s request by right"),
    EventKind.CASE_GRANTED: _("granted a patient’s request"),
    EventKind.CASE_REFUSED: _("refused a patient’s request"),
    EventKind.CASE_EXTENDED: _("took more time for a patient’s request"),
    EventKind.FILE_BEGUN: _("began to take the pharmacy's whole file along"),
    EventKind.FILE_SEALED: _("wrote the pharmacy's whole file, sealed to its key"),
    EventKind.END_ASKED: _("had every patient of the pharmacy erased: it leaves"),
    EventKind.COPY_MADE: _("made the copy of all that is held on a patient"),
}
HOUSE_WORDS: dict[str, Words] = {
    "worker": _("Témoin, to carry the result"),
    "portal": _("the patients' site, with the letter's link"),
    "operator": _("the operator"),
}
SUBJECT_WORDS: dict[str, Words] = {
    "record": _("Test"),
    "patient": _("Patient"),
    "letter": _("Letter"),
    "certificate": _("Certificate"),
    "parcel": _("Sending"),
    "lot": _("Lot"),
    "member": _("Person"),
    "invitation": _("Invitation"),
    "program": _("Program"),
    "pharmacy": _("Pharmacy"),
    "row": _("Sealed value"),
    "hold": _("Legal hold"),
    "case": _("Request by right"),
}
ORIGIN_WORDS: dict[str, Words] = {
    "page": _("staff site"),
    "file": _("import of a file"),
    "import": _("import of a file"),
    "demonstration": _("made-up data"),
    "worker": _("Témoin’s worker"),
    "portal": _("patients’ site"),
    "operator": _("operator’s command"),
    "command": _("operator’s command"),
    "api": _("programming interface"),
}
ODDITY_WORDS: dict[Oddity, Words] = {
    Oddity.LOOKED_MORE_THAN_WORKED: _("files looked at without any work on them, many more than those worked on"),
    Oddity.OUTSIDE_HOURS: _("looks on a Sunday, before 7 in the morning or after 9 in the evening"),
    Oddity.DENIED: _("tries of what the profession has no right to"),
    Oddity.SEARCHED_MUCH: _("searches for patients"),
    Oddity.OWN_NAME: _("looks at patients who bear the same family name"),
}


def event_words(kind: str) -> Words:
    """Return an event in words; a kind of another version by its code."""
    return EVENT_WORDS.get(kind, kind)


def profession_words(event: EventRow) -> Words:
    """Return in which quality somebody acted."""
    if event.profession in HOUSE_WORDS:
        return HOUSE_WORDS[event.profession]
    return LABEL[Profession(event.profession)] if event.profession in set(Profession) else event.profession
