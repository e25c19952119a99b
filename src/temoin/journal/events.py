"""Every kind of event the journal knows, with its meaning: `docs/reference/events.md` is made from this table."""

from __future__ import annotations

from enum import StrEnum


class EventKind(StrEnum):
    """What was done or looked at."""

    PATIENT_REGISTERED = "patient.registered"
    PATIENT_AMENDED = "patient.amended"
    PATIENT_MERGED = "patient.merged"
    WAY_AGREED = "patient.way_agreed"
    WAY_WITHDRAWN = "patient.way_withdrawn"
    PATIENT_SEARCHED = "patient.searched"
    PATIENT_READ = "patient.read"
    ARRIVAL_HANDED_IN = "arrival.handed_in"
    ARRIVAL_READ = "arrival.read"
    ARRIVAL_ACCEPTED = "arrival.accepted"
    ARRIVAL_REFUSED = "arrival.refused"
    ARRIVAL_CALLED = "arrival.called"
    ARRIVAL_CALL_UNDONE = "arrival.call_undone"
    ARRIVALS_ENDED = "arrivals.ended"
    APPOINTMENT_TAKEN = "appointment.taken"
    APPOINTMENT_GIVEN_UP = "appointment.given_up"
    APPOINTMENT_PUT_OFF = "appointment.put_off"
    APPOINTMENT_CANCELLED = "appointment.cancelled"
    APPOINTMENT_MOVED = "appointment.moved"
    APPOINTMENT_REMINDED = "appointment.reminded"
    APPOINTMENT_WRITTEN = "appointment.written"
    APPOINTMENT_TOLD = "appointment.told"
    CALENDAR_SET = "calendar.set"
    ARRIVAL_KEY_MADE = "arrival_key.made"
    ARRIVAL_KEY_ENDED = "arrival_key.ended"
    POSTER_MADE = "poster.made"
    POSTER_WITHDRAWN = "poster.withdrawn"
    GROUP_OPENED = "group.opened"
    GROUP_JOINED = "group.joined"
    GROUP_MARKED = "group.marked"
    GROUP_CLOSED = "group.closed"
    GROUP_ENDED = "group.ended"
    ORPHAN_KEPT = "orphan.kept"
    ORPHANS_READ = "orphan.read"
    ORPHAN_TIED = "orphan.tied"
    ORPHAN_SET_ASIDE = "orphan.set_aside"
    ORPHAN_ENDED = "orphan.ended"
    TEST_REGISTERED = "test.registered"
    TEST_READ = "test.read"
    TEST_LIST_READ = "test.list_read"
    TEST_CALLED = "test.called"
    TEST_CALL_UNDONE = "test.call_undone"
    TEST_NO_SHOW = "test.no_show"
    TEST_NO_SHOW_UNDONE = "test.no_show_undone"
    TEST_PUT_FIRST = "test.put_first"
    TEST_PUT_FIRST_UNDONE = "test.put_first_undone"
    SAMPLE_TAKEN = "sample.taken"
    SAMPLE_UNDONE = "sample.undone"
    READING_STARTED = "reading.started"
    READING_UNDONE = "reading.undone"
    RESULT_PROPOSED = "result.proposed"
    PROPOSAL_WITHDRAWN = "proposal.withdrawn"
    QUESTIONS_ANSWERED = "questions.answered"
    TEST_ABANDONED = "test.abandoned"
    RESULTS_READ = "results.read"
    RESULTS_EXPORTED = "results.exported"
    BILLING_EXPORTED = "billing.exported"
    RESULT_SIGNED = "result.signed"
    RESULT_CORRECTED = "result.corrected"
    RESULT_CANCELLED = "result.cancelled"
    AMENDMENT_PROPOSED = "amendment.proposed"
    AMENDMENT_WITHDRAWN = "amendment.withdrawn"
    AMENDMENT_REFUSED = "amendment.refused"
    RESULT_PRINTED = "result.printed"
    RESULT_TOLD = "result.told"
    RESULT_UNTOLD = "result.untold"
    TICKET_PRINTED = "ticket.printed"
    TICKET_RENEWED = "ticket.renewed"
    LINK_SENT_AGAIN = "link.sent_again"
    TICKET_CODE_DESTROYED = "ticket.code_destroyed"
    RESULT_PREPARED = "result.prepared"
    PARCEL_RELEASED = "parcel.released"
    PARCEL_PROVED = "parcel.proved"
    PARCEL_RESENT = "parcel.resent"
    PARCEL_WITHDRAWN = "parcel.withdrawn"
    ANSWERS_READ = "answers.read"
    STATEMENT_PRINTED = "statement.printed"
    ALARM_SENT = "alarm.sent"
    LETTER_SEALED = "letter.sealed"
    LETTER_OPENED = "letter.opened"
    LETTER_REFUSED = "letter.refused"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_REVOKED = "certificate.revoked"
    LOT_RECEIVED = "lot.received"
    LOT_OPENED = "lot.opened"
    LOT_CLOSED = "lot.closed"
    LOT_COUNTED = "lot.counted"
    LOT_CONTROLLED = "lot.controlled"
    LOT_RECALLED = "lot.recalled"
    LOT_RECALL_LIFTED = "lot.recall_lifted"
    LOT_PERSONS_LISTED = "lot.persons_listed"
    SHELF_READ = "shelf.read"
    FILE_IMPORTED = "file.imported"
    LABORATORY_ALLOWED = "laboratory.allowed"
    LABORATORY_WITHDRAWN = "laboratory.withdrawn"
    DATE_ORDER_SAID = "file.date_order_said"
    COLUMNS_SAID = "file.columns_said"
    FILE_HANDED_IN = "file.handed_in"
    PATIENTS_IMPORTED = "file.patients_imported"
    FILE_ROWS_READ = "file.rows_read"
    PERSONS_LISTED = "persons.listed"
    PERSONS_COUNTED = "persons.counted"
    PHARMACY_OPENED = "pharmacy.opened"
    PHARMACY_CLOSED = "pharmacy.closed"
    PHARMACY_CLOCK_MOVED = "pharmacy.clock_moved"
    MEMBER_SEATED = "member.seated"
    MEMBER_INVITED = "member.invited"
    INVITATION_APPROVED = "invitation.approved"
    INVITATION_WITHDRAWN = "invitation.withdrawn"
    MEMBER_ENROLLED = "member.enrolled"
    MEMBER_CHANGED = "member.changed"
    MEMBER_SUSPENDED = "member.suspended"
    MEMBER_RESUMED = "member.resumed"
    MEMBER_DEPARTED = "member.departed"
    REGISTER_AGREED = "register.agreed"
    REGISTER_DIFFERED = "register.differed"
    REGISTER_COMPARED = "register.compared"
    FACTORS_RESET = "member.factors_reset"
    FACTORS_RECOVERED = "member.factors_recovered"
    FACTOR_ADDED = "factor.added"
    FACTOR_CHANGED = "factor.changed"
    FACTOR_REMOVED = "factor.removed"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105 the name of an event
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_ENDED = "account.ended"
    PROGRAM_REFUSED = "program.refused"
    SIGN_IN_FAILED = "session.refused"
    SIGNED_IN = "session.opened"
    TRAINING_ENTERED = "training.entered"
    ACCESS_DENIED = "access.denied"
    SEAL_BROKEN = "seal.broken"
    LISTING_LOST = "listing.lost"
    READING_MUCH = "reading.much"
    JOURNAL_READ = "journal.read"
    JOURNAL_EXPORTED = "journal.exported"
    LOOKS_LISTED = "looks.listed"
    SENDER_READ = "sender.read"
    DATA_KEYS_TURNED = "data_keys.turned"
    ROWS_REWRAPPED = "rows.rewrapped"
    ROWS_REINDEXED = "rows.reindexed"
    DATA_KEY_DESTROYED = "data_key.destroyed"
    DATA_KEYS_REWRAPPED = "data_keys.rewrapped"
    ROOT_KEY_TURNED = "root_key.turned"
    ROOT_KEY_DROPPED = "root_key.dropped"
    ROOT_KEYS_BACKED_UP = "root_keys.backed_up"
    ROOT_KEYS_RESTORED = "root_keys.restored"
    KEYS_VERIFIED = "keys.verified"
    BACKUP_VERIFIED = "backup.verified"
    BACKUP_DOUBTED = "backup.doubted"
    EVIDENCE_PACKED = "evidence.packed"
    JOURNAL_RESUMED = "journal.resumed"
    RESTORE_REPORTED = "restore.reported"
    RESTORE_LOOKED_INTO = "restore.looked_into"
    RECORD_ERASED = "record.erased"
    PATIENT_ERASED = "patient.erased"
    INVITATION_ERASED = "invitation.erased"
    SIDES_ERASED = "sides.erased"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    CASE_OPENED = "case.opened"
    CASE_GRANTED = "case.granted"
    CASE_REFUSED = "case.refused"
    CASE_EXTENDED = "case.extended"
    COPY_MADE = "copy.made"
    FILE_BEGUN = "pharmacy.file_begun"
    FILE_SEALED = "pharmacy.file_sealed"
    END_ASKED = "pharmacy.end_asked"
    HANDED_OVER = "session.handed_over"
    PROGRAM_ADDED = "program.added"
    PROGRAM_VOUCHED = "program.vouched"
    PROGRAM_REVOKED = "program.revoked"
    WEBHOOK_REGISTERED = "webhook.registered"
    WEBHOOK_MOVED = "webhook.moved"
    WEBHOOK_SECRET_TURNED = "webhook.secret_turned"  # noqa: S105 the name of an event
    WEBHOOK_TRIED = "webhook.tried"
    WEBHOOK_ENDED = "webhook.ended"
    TOKEN_ISSUED = "program.token_issued"  # noqa: S105 the name of an event


# Looks at one patient's record, result or ticket, or at the form that they filled in.
LOOKS = (
    EventKind.PATIENT_READ.value,
    EventKind.ARRIVAL_READ.value,
    EventKind.TEST_READ.value,
    EventKind.RESULT_PRINTED.value,
    EventKind.TICKET_PRINTED.value,
    EventKind.ANSWERS_READ.value,
    EventKind.LOOKS_LISTED.value,
)

# Looks at several at once: `journal.listings` has whom they showed.
LISTINGS = (EventKind.PATIENT_SEARCHED.value, EventKind.TEST_LIST_READ.value, EventKind.RESULTS_READ.value)

MEANING: dict[EventKind, str] = {
    EventKind.PATIENT_REGISTERED: "A patient record was created, with the consent given.",
    EventKind.PATIENT_AMENDED: "A patient's traits or contact were changed.",
    EventKind.WAY_AGREED: "A patient agreed to get results by the way and under the version of the text named.",
    EventKind.WAY_WITHDRAWN: "A patient no longer wants results by the way named: nothing is sent by it any more.",
    EventKind.PATIENT_MERGED: "A patient's record was merged into another of the person, named with the reason.",
    EventKind.PATIENT_SEARCHED: "Patients were looked for by NIR, or by name and birth date.",
    EventKind.PATIENT_READ: "A patient record was shown.",
    EventKind.ARRIVAL_HANDED_IN: "A patient's form came in by the pharmacy's poster, sealed to the pharmacy's key.",
    EventKind.ARRIVAL_READ: "A form that a patient had filled in was opened at the counter.",
    EventKind.ARRIVAL_ACCEPTED: "A patient's form was accepted: the test was registered. The detail is the form.",
    EventKind.ARRIVAL_REFUSED: "A patient's form was put aside; nothing of it was kept.",
    EventKind.ARRIVAL_CALLED: "A patient who had handed in a form was called by its number.",
    EventKind.ARRIVAL_CALL_UNDONE: "A patient who had handed in a form was not called after all.",
    EventKind.ARRIVALS_ENDED: "Patients' forms and appointments whose hours were over were deleted, as many as said.",
    EventKind.APPOINTMENT_TAKEN: "An appointment was taken by the pharmacy's page, with a form sealed to its key.",
    EventKind.APPOINTMENT_GIVEN_UP: "A patient cancelled their appointment; nothing of their form was kept.",
    EventKind.APPOINTMENT_PUT_OFF: "A patient moved their appointment to another hour.",
    EventKind.APPOINTMENT_CANCELLED: "The pharmacy cancelled an appointment; it opened the form for an address.",
    EventKind.APPOINTMENT_MOVED: "The pharmacy moved an appointment; it opened the form for an address.",
    EventKind.APPOINTMENT_REMINDED: "The form of a patient who asked for it was opened, and they were reminded.",
    EventKind.APPOINTMENT_WRITTEN: "The form of a patient was opened to write that their appointment was changed.",
    EventKind.APPOINTMENT_TOLD: "The team told a patient that their appointment was moved or cancelled.",
    EventKind.CALENDAR_SET: "The hours were set at which appointments can be taken.",
    EventKind.ARRIVAL_KEY_MADE: "A pair of keys for patients' forms was made; the detail is its month.",
    EventKind.ARRIVAL_KEY_ENDED: "A pair of keys for patients' forms of a past month was destroyed.",
    EventKind.POSTER_MADE: "A poster that leads to the patients' form was made.",
    EventKind.POSTER_WITHDRAWN: "A poster was withdrawn: its code leads to no form any more.",
    EventKind.GROUP_OPENED: "A group to be tested in series was opened.",
    EventKind.GROUP_JOINED: "People were put on a group's roster, as many as said, each with a sample number.",
    EventKind.GROUP_MARKED: "A person of a group, named in its seal, was tested, absent or refused, or is expected.",
    EventKind.GROUP_CLOSED: "A group was closed: nobody is tested with it any more.",
    EventKind.GROUP_ENDED: "A group past its month was deleted, its roster with it; the tests stay.",
    EventKind.ORPHAN_KEPT: "A result of an analyser that no test bears was kept for a person; the detail says why.",
    EventKind.ORPHANS_READ: "Results of analysers that no test bears were shown, as many as said; they name nobody.",
    EventKind.ORPHAN_TIED: "A person proposed a kept result of an analyser for a test; its number is the detail.",
    EventKind.ORPHAN_SET_ASIDE: "A person said why a kept result of an analyser is of no test here.",
    EventKind.ORPHAN_ENDED: "A kept result of an analyser past its month was deleted; the detail is its state.",
    EventKind.TEST_REGISTERED: "A test was registered, its ticket's code drawn; the detail is the sample number.",
    EventKind.TEST_READ: "A test record was shown.",
    EventKind.TEST_LIST_READ: "The list of the pharmacy's tests was shown.",
    EventKind.RESULTS_READ: "Signed results of a period were listed, on a page or as a portion of a file.",
    EventKind.RESULTS_EXPORTED: "A file of the pharmacy's results was asked for; the detail has its days.",
    EventKind.BILLING_EXPORTED: "A file of the tests to bill was asked for; the detail has its days.",
    EventKind.TEST_CALLED: "A patient who waits was called to the sample.",
    EventKind.TEST_CALL_UNDONE: "A call to the sample was taken back.",
    EventKind.TEST_NO_SHOW: "A patient who waited was not there; their test stands behind the others.",
    EventKind.TEST_NO_SHOW_UNDONE: "A patient who was not there is back among those who wait.",
    EventKind.TEST_PUT_FIRST: "A patient who waits was put before the others.",
    EventKind.TEST_PUT_FIRST_UNDONE: "A patient who waits stands in order of arrival again.",
    EventKind.SAMPLE_TAKEN: "The sample was taken and the kit lot recorded.",
    EventKind.SAMPLE_UNDONE: "A sample was taken back before the signature: another kit, another time, another person.",
    EventKind.READING_STARTED: "The start of the reading clock was recorded, or mended before the signature.",
    EventKind.READING_UNDONE: "The start of the reading clock was taken back before the signature.",
    EventKind.RESULT_PROPOSED: "A program, or a person in series, noted the reading of a test, for a signature.",
    EventKind.PROPOSAL_WITHDRAWN: "A reading that was noted for a signature was taken back or put aside, unsigned.",
    EventKind.AMENDMENT_PROPOSED: "A program proposed a correction or a cancellation of a signed result.",
    EventKind.AMENDMENT_WITHDRAWN: "A program took back what it had proposed of a signed result.",
    EventKind.AMENDMENT_REFUSED: "What a program had proposed of a signed result was refused; the result stands.",
    EventKind.QUESTIONS_ANSWERED: "What was answered to the questions of a test was recorded, or mended.",
    EventKind.TEST_ABANDONED: "A test was closed before any result.",
    EventKind.RESULT_SIGNED: "A pharmacist signed a result; its parcels left with it.",
    EventKind.RESULT_CORRECTED: "A pharmacist signed a new version of a result.",
    EventKind.RESULT_CANCELLED: "A pharmacist declared a signed result void.",
    EventKind.RESULT_PRINTED: "The result was shown for printing.",
    EventKind.RESULT_TOLD: "The patient was told the version in the detail, by telephone or on paper.",
    EventKind.RESULT_UNTOLD: "A note that the patient was told was taken back; the detail has version, event, reason.",
    EventKind.TICKET_PRINTED: "The counter ticket with the patient's code was shown.",
    EventKind.TICKET_RENEWED: "The patient's code and link were replaced.",
    EventKind.LINK_SENT_AGAIN: "A new link to the patient's letter was sent, for the code they have; by which way.",
    EventKind.TICKET_CODE_DESTROYED: "The worker destroyed the code of a ticket that the patient holds.",
    EventKind.RESULT_PREPARED: "The worker opened a signed version to make the authority's document.",
    EventKind.PARCEL_RELEASED: "A refused parcel was sent on its way again.",
    EventKind.PARCEL_PROVED: "Reconciliation settled a parcel: the destination showed that it holds it.",
    EventKind.PARCEL_RESENT: "Reconciliation sent an accepted parcel again: the destination did not hold it.",
    EventKind.PARCEL_WITHDRAWN: "A refused parcel was taken off the work list; the detail is the reason.",
    EventKind.ANSWERS_READ: "What was sent of a result and what its destination answered were shown.",
    EventKind.STATEMENT_PRINTED: "The statement of a day was shown for printing; the detail has day, results, missing.",
    EventKind.ALARM_SENT: "The worker wrote to the owners that results wait, still wait, or have all arrived.",
    EventKind.LETTER_SEALED: "The worker sealed the patient's letter.",
    EventKind.LETTER_OPENED: "The right code was typed: the letter was handed out, or said to be replaced by another.",
    EventKind.LETTER_REFUSED: "A try with a wrong code on an existing letter.",
    EventKind.CERTIFICATE_ISSUED: "The worker signed a certificate of the result for the patient's letter.",
    EventKind.CERTIFICATE_REVOKED: "The worker put a certificate on the list of revoked ones; its letter had ended.",
    EventKind.LOT_RECEIVED: "A kit lot was added to the pharmacy's stock.",
    EventKind.LOT_OPENED: "A kit lot is used from then on; the detail names the workstation.",
    EventKind.LOT_CLOSED: "A kit lot is used up or set aside: nobody tests with it.",
    EventKind.LOT_COUNTED: "Somebody counted the tests left of a kit lot; the detail is their number.",
    EventKind.LOT_CONTROLLED: "A control was run with a kit lot; the detail says which, and whether it was right.",
    EventKind.LOT_RECALLED: "A kit lot was marked as recalled, under the manufacturer's reference in the detail.",
    EventKind.LOT_RECALL_LIFTED: "That a kit lot was recalled was taken back; it is closed.",
    EventKind.LOT_PERSONS_LISTED: "Everybody tested with a kit lot was listed for letters or a file; how many.",
    EventKind.SHELF_READ: "The temperature of the kits' shelf was read; the detail has it in degrees Celsius.",
    EventKind.FILE_IMPORTED: "Results of a file were taken in.",
    EventKind.LABORATORY_ALLOWED: "An owner let files bring the results of the laboratory named in the detail.",
    EventKind.LABORATORY_WITHDRAWN: "An owner no longer lets files bring the results of the laboratory named.",
    EventKind.PATIENTS_IMPORTED: "A list of patients was taken in, or tried; each patient registered is an event too.",
    EventKind.FILE_HANDED_IN: "A file of results was handed in on the staff site, to be checked first.",
    EventKind.FILE_ROWS_READ: "The refused rows of a file that was handed in were given back, to be corrected.",
    EventKind.COLUMNS_SAID: "What headings of the pharmacy's files stand for was said, or forgotten.",
    EventKind.DATE_ORDER_SAID: "The order of day and month in the pharmacy's files was said, or forgotten.",
    EventKind.PERSONS_LISTED: "The owner listed the persons concerned by a breach; the detail has its bounds.",
    EventKind.PERSONS_COUNTED: "The persons concerned by a breach were counted, from identifiers and times.",
    EventKind.PHARMACY_OPENED: "The operator opened the pharmacy, or opened it again.",
    EventKind.PHARMACY_CLOSED: "The operator closed the pharmacy: places suspended, invitations and programs ended.",
    EventKind.PHARMACY_CLOCK_MOVED: "The operator gave the pharmacy another time zone, named in the detail.",
    EventKind.MEMBER_SEATED: "A person was given a place without invitation: in a demonstration, or to train.",
    EventKind.MEMBER_INVITED: "A place was offered, with the profession named; a one-time code was shown.",
    EventKind.INVITATION_APPROVED: "Somebody who holds the rights that an invitation gives let its code open.",
    EventKind.INVITATION_WITHDRAWN: "An invitation was withdrawn before its use.",
    EventKind.MEMBER_ENROLLED: "A person used the code of an invitation and took their place.",
    EventKind.MEMBER_CHANGED: "A person's profession, and so their rights, were changed to those named.",
    EventKind.MEMBER_SUSPENDED: "A person's place was suspended, from their next request on.",
    EventKind.MEMBER_RESUMED: "A person who was suspended, or had left, has their place again.",
    EventKind.MEMBER_DEPARTED: "A person's last day of work was entered.",
    EventKind.REGISTER_AGREED: "The register of professionals knows a number under this name and profession.",
    EventKind.REGISTER_DIFFERED: "The register of professionals differs; the detail says what. The owners are told.",
    EventKind.REGISTER_COMPARED: "What the register shows otherwise was compared with the card; the detail says what.",
    EventKind.FACTORS_RECOVERED: "The operator, with two holders, ended the factors of whom no colleague may reset; "
    "told in each pharmacy where they work; the digest names both by the hashes of their keys.",
    EventKind.ACCOUNT_ENDED: "What signed a person in was deleted, a year after their last day in every pharmacy.",
    EventKind.FACTORS_RESET: "A colleague ended a person's sessions and factors, and drew a one-time enrolment code.",
    EventKind.FACTOR_ADDED: "A person set up a second factor of their account; the detail has its kind.",
    EventKind.FACTOR_CHANGED: "A second factor of a person was changed, as the use of a recovery code does.",
    EventKind.FACTOR_REMOVED: "A person took away a second factor of their account; the detail has its kind.",
    EventKind.PASSWORD_CHANGED: "A person set or changed the password of their account.",
    EventKind.ACCOUNT_CHANGED: "A one-time enrolment code was used up, or the password's hash made anew.",
    EventKind.PROGRAM_REFUSED: "Calls of a program, or under its name, were refused; the detail has why and how many.",
    EventKind.SIGN_IN_FAILED: "Sign-ins under a person's address failed; the detail has the way and how many.",
    EventKind.SIGNED_IN: "A person opened a session in a pharmacy; the detail tells by which way in.",
    EventKind.TRAINING_ENTERED: "A person went to the training counter, whose own journal tells what they did there.",
    EventKind.ACCESS_DENIED: "A person tried what their profession has no right to; the reason names the right.",
    EventKind.SEAL_BROKEN: "A sealed value did not open: altered, moved, or its key is gone. The owners are told.",
    EventKind.LISTING_LOST: "Whom a list showed is not kept any more, from the event named on. The owners are told.",
    EventKind.READING_MUCH: "A person or a program read unusually much; the detail counts what it read.",
    EventKind.JOURNAL_READ: "Events of the pharmacy were shown, or the daily review of them.",
    EventKind.JOURNAL_EXPORTED: "Events of the pharmacy were exported.",
    EventKind.LOOKS_LISTED: "The list of who saw a result, with its proofs, was made for the patient.",
    EventKind.SENDER_READ: "An authority's officer, the subject, saw how the pharmacy does as a sender: no result.",
    EventKind.DATA_KEYS_TURNED: "The pharmacy's data keys got successors, which seal from then on.",
    EventKind.ROWS_REWRAPPED: "Row keys of a table were wrapped under newer data keys; no content was opened.",
    EventKind.ROWS_REINDEXED: "Blind indexes of a table were computed anew, which opens its rows in memory.",
    EventKind.DATA_KEY_DESTROYED: "A data key that no row named any more was destroyed.",
    EventKind.DATA_KEYS_REWRAPPED: "The pharmacy's data keys were wrapped under a newer root key.",
    EventKind.ROOT_KEY_TURNED: "A new root key was made, which wraps from then on.",
    EventKind.ROOT_KEY_DROPPED: "A root key that wrapped nothing any more was destroyed.",
    EventKind.ROOT_KEYS_BACKED_UP: "The root keys were written to a backup, in shares for several holders; "
    "the digest has the hashes of it and of their keys.",
    EventKind.ROOT_KEYS_RESTORED: "Root keys were restored from shares of a backup.",
    EventKind.KEYS_VERIFIED: "All keys were unwrapped and a sample of rows of each table opened, as a proof.",
    EventKind.BACKUP_VERIFIED: "The newest backup was restored beside the site, and journal and keys agreed in it.",
    EventKind.BACKUP_DOUBTED: "The newest backup was restored, or should have been, and something in it is wrong.",
    EventKind.EVIDENCE_PACKED: "The operator made an evidence pack; the digest is the SHA-256 of its manifest.",
    EventKind.JOURNAL_RESUMED: "After a restore the journal goes on; the detail has the places whose events are lost.",
    EventKind.RESTORE_REPORTED: "The pharmacy was told what a restore lost: the detail counts what receivers hold "
    "and is not here, and what may arrive twice; the digest has the references.",
    EventKind.RESTORE_LOOKED_INTO: "A person looked into what a restore lost, and took it off the work list.",
    EventKind.RECORD_ERASED: "A test past its day, or erased by right, was deleted with all that hung on it.",
    EventKind.PATIENT_ERASED: "A patient's record, of whom no test was left, was deleted at its day, or by right.",
    EventKind.INVITATION_ERASED: "An invitation whose code had ended long ago was deleted, with its number's check.",
    EventKind.SIDES_ERASED: "Both sides of tries with destinations were deleted at their day, as many as said.",
    EventKind.HOLD_PLACED: "An owner kept data from being deleted: a patient's, or the whole pharmacy's, as said.",
    EventKind.HOLD_LIFTED: "An owner let a legal hold end.",
    EventKind.CASE_OPENED: "A patient's request by right was written down; the detail is which right.",
    EventKind.CASE_GRANTED: "An owner granted a patient's request.",
    EventKind.CASE_REFUSED: "An owner refused a patient's request, with the reason.",
    EventKind.CASE_EXTENDED: "An owner took two months more for a patient's request, with the reason.",
    EventKind.FILE_BEGUN: "The owner began to take the whole file along; the digest is of the key it is sealed to.",
    EventKind.FILE_SEALED: "The whole file was written, sealed: its digest, and how many patients it holds.",
    EventKind.END_ASKED: "The owner, who holds the file with this digest, has every patient of the pharmacy erased.",
    EventKind.COPY_MADE: "The copy of all that is held on a patient was made, with who looked.",
    EventKind.HANDED_OVER: "A person ended their session for a colleague to go on at the same screen.",
    EventKind.PROGRAM_ADDED: "A program was given access, with its public key and what it may ask.",
    EventKind.PROGRAM_VOUCHED: "A person took a program over: its access lasts as long as their place.",
    EventKind.PROGRAM_REVOKED: "A program's access was revoked.",
    EventKind.WEBHOOK_REGISTERED: "A program is told of changes at an address of its own, by signed notices.",
    EventKind.WEBHOOK_MOVED: "The address at which a program is told was changed.",
    EventKind.WEBHOOK_SECRET_TURNED: "A program's notices are signed by a new secret; for a week, by the former too.",
    EventKind.WEBHOOK_TRIED: "A trial notice was sent to a program.",
    EventKind.WEBHOOK_ENDED: "A program is told nothing any more.",
    EventKind.TOKEN_ISSUED: "A program proved its key and was given a token for five minutes.",
}
