"""What a restore of the database lost: said to the operator in counts and keys, and to each pharmacy on its work list.

Nothing here opens a record. A pharmacy is told by an event of its journal, which stands on its page of transmissions
until somebody there has looked into it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import QuerySet

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.restored import RestoreLoss
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.channel import Audience
from temoin.outbox.leaving_again import open_at
from temoin.outbox.open_channels import destination_named
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.policies import Holder, check_operator, check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.transmission.after_restore import AskedDestination, LostResult, ask_authorities
from temoin.transmission.models import Ending

NAMED = 200  # references that a pharmacy is shown; the count is whole
_KINDS = (EventKind.RESTORE_REPORTED.value, EventKind.RESTORE_LOOKED_INTO.value)
_COUNTS = ("since", "held", "unasked", "patients", "doctors", "until")
_DETAIL = re.compile(" ".join(f"{name}=(?P<{name}>[0-9]{{1,12}})" for name in _COUNTS))


@dataclass(frozen=True)
class RestoreReport:
    """What a restore lost, over all pharmacies."""

    loss: RestoreLoss
    asked: list[AskedDestination]
    again: Mapping[tuple[UUID, str], int]  # parcels that may leave a second time, by pharmacy and destination
    finess: Mapping[UUID, str]

    @property
    def is_whole(self) -> bool:
        """Tell whether every destination that can be asked has answered to the end."""
        return all(one.ending is not Ending.BROKEN_OFF for one in self.asked)

    @property
    def lost(self) -> list[LostResult]:
        return [each for one in self.asked for each in one.lost]

    def lost_of(self, pharmacy_id: UUID | None) -> list[LostResult]:
        """Return the results of a pharmacy that are elsewhere alone; of None, those of which nobody says whose."""
        return [each for each in self.lost if each.pharmacy_id == pharmacy_id]

    def again_of(self, pharmacy_id: UUID) -> Counter[Audience]:
        """Count what may arrive a second time, by who reads it."""
        found: Counter[Audience] = Counter()
        for (whose, name), count in self.again.items():
            if whose == pharmacy_id and (destination := destination_named(name)) is not None:
                found[destination.audience] += count
        return found


@dataclass(frozen=True)
class LostReference:
    """By what a receiver names a result that is lost here."""

    destination: str
    key: str
    received_at: datetime | None


@dataclass(frozen=True)
class RestoreNotice:
    """What a pharmacy has to look into, as its work list shows it."""

    event_id: UUID
    since: datetime
    until: datetime
    held: int
    unasked: int  # receivers of which nobody can know what they hold
    patients: int
    doctors: int
    references: list[LostReference]

    @property
    def counts_more(self) -> bool:
        """Tell whether there is more to say than between which moments something may be lost."""
        return any((self.held, self.unasked, self.patients, self.doctors))

    @property
    def names_some(self) -> bool:
        """Tell whether there are more references than are named."""
        return self.held > len(self.references)


def report_restore(loss: RestoreLoss) -> RestoreReport:
    """Ask what is held elsewhere, and count what may leave again; nothing is written."""
    finess = dict(Pharmacy.objects.order_by("finess").values_list("id", "finess"))
    return RestoreReport(loss, ask_authorities(loss.since), open_at(loss.until), finess)


def tell_pharmacy(*, by: Operator, report: RestoreReport) -> bool:
    """Put what concerns a pharmacy on its work list; False when just this was told last."""
    check_operator(by=by)
    detail, digest = _detail(report, by.pharmacy_id), _digest(report.lost_of(by.pharmacy_id))
    with tenant_scope(by.pharmacy_id):
        told = _events(by.pharmacy_id).filter(kind=EventKind.RESTORE_REPORTED.value)
        last = told.values_list("detail", "digest").first()
        if last is not None and (_without_end(last[0]), last[1]) == (_without_end(detail), digest):
            return False
        kind = EventKind.RESTORE_REPORTED
        with act(by=by, kind=kind, subject_kind="pharmacy", subject_id=by.pharmacy_id, detail=detail) as commit:
            commit.digest = digest
    return True


def read_restore(*, by: Holder) -> RestoreNotice | None:
    """Return what a restore lost of the pharmacy and nobody has looked into yet; no patient is opened."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        last = _events(by.pharmacy_id).values_list("id", "kind", "detail", "digest").first()
    if last is None or last[1] != EventKind.RESTORE_REPORTED.value:
        return None
    return _notice(last[0], last[2], last[3])


def look_into_restore(*, by: Seat, seen: str) -> None:
    """Take off the work list what was shown; ConflictError when it is not what stands there now."""
    check_right(by=by, right=Right.RELEASE_PARCEL)
    notice = read_restore(by=by)
    if notice is None or str(notice.event_id) != seen:
        raise ConflictError("what stands there now is something else")
    kind = EventKind.RESTORE_LOOKED_INTO
    with act(by=by, kind=kind, subject_kind="pharmacy", subject_id=by.pharmacy_id):
        pass


def _events(pharmacy_id: UUID) -> QuerySet[Event]:
    found: QuerySet[Event] = Event.objects.filter(subject_id=pharmacy_id, kind__in=_KINDS).order_by("-at", "-id")
    return found


def _detail(report: RestoreReport, pharmacy_id: UUID) -> str:
    again = report.again_of(pharmacy_id)
    unasked = sum(one.ending is Ending.NOT_ASKABLE for one in report.asked)
    since, until = (int(moment.timestamp()) for moment in (report.loss.since, report.loss.until))
    counts = (since, len(report.lost_of(pharmacy_id)), unasked, again[Audience.PATIENT], again[Audience.DOCTOR], until)
    return " ".join(f"{name}={count}" for name, count in zip(_COUNTS, counts, strict=True))


def _without_end(detail: str) -> str:
    """Return what was told without when the loss ended: where nothing is stated, that is when the report was made."""
    return detail.rpartition(" ")[0]


def _digest(lost: list[LostResult]) -> str:
    """Return the references as an event keeps them: random keys, of which only who holds the results knows whose."""
    return ",".join(
        f"{int(one.received_at.timestamp()) if one.received_at else ''}/{one.destination}/{one.key}"
        for one in lost[:NAMED]
    )


def _notice(event_id: UUID, detail: str, digest: str) -> RestoreNotice | None:
    found = _DETAIL.fullmatch(detail)
    if found is None:
        return None
    counts = {name: int(found[name]) for name in ("held", "unasked", "patients", "doctors")}
    references = [_reference(entry) for entry in digest.split(",") if entry]
    since, until = (datetime.fromtimestamp(int(found[name]), UTC) for name in ("since", "until"))
    return RestoreNotice(event_id=event_id, since=since, until=until, references=references, **counts)


def _reference(entry: str) -> LostReference:
    at, name, key = entry.split("/", 2)
    return LostReference(name, key, datetime.fromtimestamp(int(at), UTC) if at else None)
