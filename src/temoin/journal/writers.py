"""Which database role writes which kinds of event, by which doors: the database holds each to it (`site.grants`)."""

from __future__ import annotations

from enum import StrEnum

from temoin.journal.events import EventKind


class Writer(StrEnum):
    """The database roles that write events, by their short names."""

    STAFF = "app"
    WORKER = "worker"
    PORTAL = "portal"
    KEEPER = "keeper"
    AUTHORITY = "authority"


# A broken seal is told by whoever meets it; every other kind has one writer.
_ANYBODYS = {EventKind.SEAL_BROKEN}
_OWN = {
    Writer.WORKER: {
        EventKind.RESULT_PREPARED,
        EventKind.LETTER_SEALED,
        EventKind.CERTIFICATE_ISSUED,
        EventKind.CERTIFICATE_REVOKED,
        EventKind.TICKET_CODE_DESTROYED,
        EventKind.ALARM_SENT,
        EventKind.SIGN_IN_FAILED,
        EventKind.REGISTER_AGREED,
        EventKind.REGISTER_DIFFERED,
        EventKind.PARCEL_PROVED,
        EventKind.PARCEL_RESENT,
        EventKind.RESTORE_REPORTED,
        EventKind.APPOINTMENT_REMINDED,
        EventKind.APPOINTMENT_WRITTEN,
    },
    Writer.PORTAL: {
        EventKind.LETTER_OPENED,
        EventKind.LETTER_REFUSED,
        EventKind.ARRIVAL_HANDED_IN,
        EventKind.APPOINTMENT_TAKEN,
        EventKind.APPOINTMENT_GIVEN_UP,
        EventKind.APPOINTMENT_PUT_OFF,
    },
    Writer.AUTHORITY: {EventKind.SENDER_READ},
    Writer.KEEPER: {
        EventKind.DATA_KEYS_TURNED,
        EventKind.ROWS_REWRAPPED,
        EventKind.ROWS_REINDEXED,
        EventKind.DATA_KEY_DESTROYED,
        EventKind.DATA_KEYS_REWRAPPED,
        EventKind.ROOT_KEY_TURNED,
        EventKind.ROOT_KEY_DROPPED,
        EventKind.ROOT_KEYS_BACKED_UP,
        EventKind.ROOT_KEYS_RESTORED,
        EventKind.KEYS_VERIFIED,
        EventKind.BACKUP_VERIFIED,
        EventKind.BACKUP_DOUBTED,
        EventKind.EVIDENCE_PACKED,
        EventKind.JOURNAL_RESUMED,
        EventKind.RECORD_ERASED,
        EventKind.PATIENT_ERASED,
        EventKind.SIDES_ERASED,
        EventKind.ARRIVALS_ENDED,
        EventKind.ARRIVAL_KEY_ENDED,
        EventKind.INVITATION_ERASED,
        EventKind.ACCOUNT_ENDED,
        EventKind.GROUP_ENDED,
        EventKind.ORPHAN_ENDED,
    },
}
# By which doors. All but the staff site's role name nobody as the actor.
ORIGINS = {
    Writer.STAFF: ("page", "api", "command", "import", "demonstration"),
    Writer.WORKER: ("worker", "command"),
    Writer.PORTAL: ("portal",),
    Writer.KEEPER: ("operator", "command"),
    Writer.AUTHORITY: ("authority",),
}


def kinds_of(writer: Writer) -> list[EventKind]:
    """Return what a role may write; the staff site's, whatever is no other role's own."""
    if writer is Writer.STAFF:
        others = {kind for kinds in _OWN.values() for kind in kinds}
        return [kind for kind in EventKind if kind not in others]
    anybodys = set() if writer in {Writer.PORTAL, Writer.AUTHORITY} else _ANYBODYS  # which open no seal
    return [kind for kind in EventKind if kind in _OWN[writer] | anybodys]
