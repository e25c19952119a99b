"""Who saw a result: the list a patient can be given, with a proof for each look that outsiders can check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from temoin.delivery.models import Letter
from temoin.journal.act import record_look
from temoin.journal.alerts import raise_alert
from temoin.journal.checkpoint import Checkpoint
from temoin.journal.events import EventKind
from temoin.journal.listings import events_showing, lost_listings
from temoin.journal.proofs import Proof, prove_events, witnessed_checkpoint
from temoin.journal.queries import EventRow, events_about
from temoin.lib.tenant import tenant_scope
from temoin.patients.queries import merged_away_into
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.queries import record_in_scope

# Acts that show the result to whoever does them, and looks.
SEEING = (
    EventKind.PATIENT_READ,
    EventKind.PATIENT_MERGED,
    EventKind.TEST_READ,
    EventKind.RESULT_SIGNED,
    EventKind.RESULT_CORRECTED,
    EventKind.RESULT_CANCELLED,
    EventKind.RESULT_PRINTED,
    EventKind.RESULT_PREPARED,
    EventKind.ANSWERS_READ,
    EventKind.COPY_MADE,
    EventKind.LETTER_SEALED,
    EventKind.LETTER_OPENED,
    EventKind.LETTER_REFUSED,
)


@dataclass(frozen=True)
class Look:
    """One event about the result, with its proof once it is sealed."""

    event: EventRow
    proof: Proof | None


@dataclass(frozen=True)
class Looks:
    """Every look at a result, and the checkpoint that the proofs lead to."""

    checkpoint: Checkpoint | None
    looks: list[Look]
    lost: int  # looks at lists and searches of which nobody can say any more whom they showed

    def as_json(self) -> dict[str, Any]:
        """Return what `tools/verify_journal.py --proof` checks: looks that are sealed, and the checkpoint."""
        note = self.checkpoint.note if self.checkpoint else ""
        return {"checkpoint": note, "looks": [look.proof.as_json() for look in self.looks if look.proof]}


def list_looks(*, by: Seat, record_id: UUID) -> Looks:
    """Return who saw a result; NotFoundError for another pharmacy's. Making the list is an event too."""
    check_right(by=by, right=Right.READ_JOURNAL)
    with tenant_scope(by.pharmacy_id):
        patient_id = record_in_scope(record_id).patient_id
        record_look(by=by, kind=EventKind.LOOKS_LISTED, subject_kind="record", subject_id=record_id)
        # Looks at a record that was merged into the patient's were looks at this patient.
        return looks_at(by, [patient_id, *merged_away_into(patient_id)], [record_id])


def looks_at(by: Seat, patients: list[UUID], records: list[UUID]) -> Looks:
    """Return who saw these records of a person and these tests, for an act that records its own event."""
    check_right(by=by, right=Right.READ_JOURNAL)
    letters = Letter.objects.filter(record_id__in=records).values_list("id", flat=True)
    events = events_about([*records, *patients, *letters], [kind.value for kind in SEEING])
    events = sorted({*events, *events_showing([*records, *patients])}, key=lambda event: (event.at, event.id))
    checkpoint = witnessed_checkpoint()
    proofs = prove_events([event.id for event in events], checkpoint) if checkpoint else {}
    return Looks(checkpoint, [Look(event, proofs.get(event.id)) for event in events], _lost(by))


def _lost(by: Seat) -> int:
    """Count the looks whose lists are gone, and have the owners told: somebody took them away behind our back."""
    first, count = lost_listings()
    if count:
        raise_alert(by=by, kind=EventKind.LISTING_LOST, subject_kind="event", subject_id=first, detail=str(count))
    return count
