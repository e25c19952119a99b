"""The certificate of the end of a pharmacy's data: what was erased, with the journal's signature over each event.

`tools/verify_journal.py --proof` checks it without any of our code: the checkpoint is signed by this site and its
witnesses, and each event leads to it.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.checkpoint import Checkpoint
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.proofs import Proof, prove_events, witnessed_checkpoint
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, refuse
from temoin.lib.tenant import tenant_scope
from temoin.patients.models import Patient
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.policies import Holder, check_operator
from temoin.testing.models import Record
from temoin.testing.states import UNDER_WAY

PORTION = 1_000  # events proven at once
PROVEN = (
    EventKind.FILE_SEALED,
    EventKind.END_ASKED,
    EventKind.RECORD_ERASED,
    EventKind.PATIENT_ERASED,
    EventKind.DATA_KEY_DESTROYED,
)
STAYS = {
    "fr": "Restent : le journal des accès et des actes, qui ne nomme aucun patient ; les comptes du personnel ; ce "
    "que les destinataires ont reçu ; les sauvegardes, jusqu’à leur destruction ou celle de la clé racine de "
    "leur époque.",
    "en": "What stays: the journal of looks and acts, which names no patient; accounts of staff; what destinations "
    "received; backups, until they or the root key of their time are destroyed.",
}


class NotEndedError(ConflictError):
    """Something of the pharmacy is still here, or not sealed yet."""

    def __init__(self, tests: int, patients: int, unsealed: int, under_way: int) -> None:
        asked = f" ({under_way} under way: sign or abandon each)" if under_way else ""
        here = f"{tests} tests{asked} and {patients} patients are still here"
        super().__init__(f"{here}; {unsealed} events wait for their seal")
        self.tests, self.patients, self.unsealed = tests, patients, unsealed


def end_certificate(*, by: Holder) -> dict[str, Any]:
    """Return the certificate; NotEndedError while a patient is left, InvalidError where no end was asked for."""
    check_operator(by=by)
    with tenant_scope(by.pharmacy_id):
        asked = Event.objects.filter(kind=EventKind.END_ASKED.value).order_by("at").last()
        if asked is None:
            raise refuse("pharmacy", "not_asked", _("The owner has not asked for the end: temoin leaving end"))
        events = Event.objects.filter(kind__in=[kind.value for kind in PROVEN])
        ids = list(events.order_by("at", "id").values_list("id", flat=True))
        checkpoint = witnessed_checkpoint()
        proofs = _proofs(ids, checkpoint) if checkpoint else {}
        left = Record.objects.count(), Patient.objects.count(), len(ids) - len(proofs)
        if checkpoint is None or any(left):
            raise NotEndedError(*left, Record.objects.filter(state__in=[one.value for one in UNDER_WAY]).count())
        counts = {kind: events.filter(kind=kind.value).count() for kind in PROVEN}
    return {
        "certificate": {**_words(by.pharmacy_id, asked), **_counted(counts), "stays": STAYS},
        "checkpoint": checkpoint.note,
        "looks": [proofs[one].as_json() for one in ids],
    }


def _proofs(ids: list[UUID], checkpoint: Checkpoint) -> dict[UUID, Proof]:
    """Prove against the checkpoint that the certificate shows: another may be sealed at any moment."""
    found: dict[UUID, Proof] = {}
    for start in range(0, len(ids), PORTION):
        found |= prove_events(ids[start : start + PORTION], checkpoint)
    return found


def _words(pharmacy_id: UUID, asked: Event) -> dict[str, Any]:
    pharmacy = Pharmacy.objects.get(id=pharmacy_id)
    return {
        "pharmacy": {"id": str(pharmacy.id), "finess": pharmacy.finess, "name": pharmacy.name},
        "made_at": now().isoformat(),
        "asked_at": asked.at.isoformat(),
        "file_sha256": asked.digest,
    }


def _counted(counts: dict[EventKind, int]) -> dict[str, int]:
    return {
        "tests_erased": counts[EventKind.RECORD_ERASED],
        "patients_erased": counts[EventKind.PATIENT_ERASED],
        "keys_destroyed": counts[EventKind.DATA_KEY_DESTROYED],
    }
