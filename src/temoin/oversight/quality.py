"""The yearly quality sheet of rapid tests (order of 1 August 2016): what the records know, no patient in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.catalogue.kits import Kit, kit
from temoin.catalogue.models import Lot
from temoin.catalogue.shelf import ShelfDay, ShelfRange, shelf_days, shelf_range
from temoin.catalogue.usable import LotRecall, recall_of
from temoin.journal.events import EventKind
from temoin.journal.queries import EventRow, events_about
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import bounds_of_day
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.zones import zone_of
from temoin.testing.lot_use import LotUse, tests_between, use_of_lots
from temoin.testing.models import RecordVersion

FIRST_YEAR, LAST_YEAR = 2016, 2999  # of the order that asks for the sheet, and of what dates can hold


@dataclass(frozen=True)
class ControlRun:
    """One control of the year."""

    at: datetime
    level: str
    is_right: bool
    who: str


@dataclass(frozen=True)
class LotYear:
    """One lot in the year: its kit, what was used of it, and the controls run with it."""

    kit: Kit
    use: LotUse
    tests: int  # registered in the year
    runs: tuple[ControlRun, ...]

    @property
    def recall(self) -> LotRecall | None:
        """Return the notice by which the lot is recalled today."""
        return recall_of(self.use.lot)


@dataclass(frozen=True)
class KindYear:
    """One kind of test in the year, with its lots; lots of kits that the catalogue lost come under none."""

    kind: Kind | None
    lots: tuple[LotYear, ...]


@dataclass(frozen=True)
class QualityYear:
    """What the sheet of a year is filled with."""

    year: int
    kinds: tuple[KindYear, ...]
    signers: tuple[tuple[str, int], ...]  # who signed first versions, and how many
    shelf: list[ShelfDay]
    outside: int  # days on which the shelf was too cold or too warm for the kits of today
    wanted: ShelfRange | None


def quality_of_year(*, by: Seat, year: int) -> QualityYear:
    """Return what the records know of a year: kits, lots, controls, who signed, the shelf."""
    check_right(by=by, right=Right.READ_TEST)
    begins, ends = _bounds(year, zone_of(by.pharmacy_id))
    with tenant_scope(by.pharmacy_id):
        kept = Lot.objects.filter(received_at__lt=ends, expiry__gte=date(year, 1, 1))
        used = use_of_lots(by=by, lots=kept.exclude(closed_at__lt=begins).order_by("kit", "received_at", "id"))
        lot_ids = [one.lot.id for one in used]
        runs = _runs(lot_ids, begins, ends)
        tests = tests_between(by=by, lot_ids=lot_ids, begins=begins, ends=ends)
        signers = _signers(begins, ends)
    shelf = shelf_days(by=by, since=date(year, 1, 1), until=date(year, 12, 31))
    wanted = shelf_range(by=by)
    outside = sum(not wanted.holds(one.celsius) for one in shelf) if wanted else 0
    lots = [LotYear(kit(one.lot.kit), one, tests.get(one.lot.id, 0), runs.get(one.lot.id, ())) for one in used]
    return QualityYear(year, _by_kind(lots), signers, shelf, outside, wanted)


def _bounds(year: int, zone: ZoneInfo) -> tuple[datetime, datetime]:
    return bounds_of_day(date(year, 1, 1), zone)[0], bounds_of_day(date(year + 1, 1, 1), zone)[0]


def _runs(lot_ids: list[UUID], begins: datetime, ends: datetime) -> dict[UUID, tuple[ControlRun, ...]]:
    events = [one for one in events_about(lot_ids, [EventKind.LOT_CONTROLLED.value]) if begins <= one.at < ends]
    names = names_of({event.actor_id for event in events if event.actor_id is not None})
    found: dict[UUID, tuple[ControlRun, ...]] = {}
    for event in events:
        if event.subject_id is not None:
            who = names.get(event.actor_id, "") if event.actor_id else ""
            found[event.subject_id] = (*found.get(event.subject_id, ()), _run(event, who))
    return found


def _run(event: EventRow, who: str) -> ControlRun:
    level, _space, outcome = event.detail.partition(" ")
    return ControlRun(event.at, level, outcome == "right", who)


def _signers(begins: datetime, ends: datetime) -> tuple[tuple[str, int], ...]:
    first = RecordVersion.objects.filter(Q(number=1), signed_at__gte=begins, signed_at__lt=ends)
    counts = dict(first.values_list("signed_by").annotate(Count("id")).order_by())
    names = names_of(set(counts))
    return tuple(sorted((names.get(member_id, str(member_id)[:8]), count) for member_id, count in counts.items()))


def _by_kind(lots: Iterable[LotYear]) -> tuple[KindYear, ...]:
    found: dict[str, tuple[LotYear, ...]] = {}
    for lot in lots:
        found[lot.kit.kind] = (*found.get(lot.kit.kind, ()), lot)
    return tuple(KindYear(load_kinds().get(kind), lots) for kind, lots in found.items())
