"""One run of reconciliation: a day of one destination is compared, what differs kept, what agrees again closed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE, bounds_of_day
from temoin.outbox.courier import Courier, Reconcilable
from temoin.outbox.reconciling import sequences_of, unproved_between
from temoin.outbox.set_aside import ItemFate, apart
from temoin.pharmacies.models import Pharmacy
from temoin.transmission.asking import Asking
from temoin.transmission.comparing import PORTION, STRETCH, Comparison, Found, judged
from temoin.transmission.differences import GRACE, DifferenceKind
from temoin.transmission.erased_here import accepted_and_erased, erased_here
from temoin.transmission.models import Difference, Ending, Reconciliation

ALIENS = 1_000  # named; all are counted


@dataclass(slots=True)
class Reconciling:
    """What a run goes by and what it has counted."""

    courier: Courier
    day: date
    stop: threading.Event = field(default_factory=threading.Event)
    found: Counter[str] = field(default_factory=Counter)
    aliens: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)  # keys held there, to be told from what was erased here
    comparison: Comparison | None = None

    @property
    def destination(self) -> str:
        return self.courier.destination

    def apart(self, key: str) -> AbstractContextManager[ItemFate]:
        """Return what sets one of the keys aside, rather than end the run."""
        return apart(f"reconcile {self.destination}", key, passing=(OSError,))


def reconcile_day(courier: Courier, day: date, stop: threading.Event | None = None) -> Reconciliation:
    """Compare, keep what differs, close what agrees again; running it again adds nothing.

    What was found before a destination stopped answering stays, as each difference rests on an answer about its key.
    """
    run = Reconciling(courier, day, stop or threading.Event())
    started_at = now()
    ending = Ending.WHOLE if isinstance(courier, Reconcilable) else Ending.NOT_ASKABLE
    try:
        _go_through(run)
        _compare_acknowledgements(run)
        still_open = _close_mended(run)
    except OSError:
        ending = Ending.BROKEN_OFF
        still_open = sum(1 for _ in open_of_day(run.destination, day))
    if run.stop.is_set():
        ending = Ending.STOPPED
    return _kept(run, started_at, ending, still_open)


def bounds_of(day: date) -> tuple[datetime, datetime]:
    """Return the day in the house's time zone, up to a little before now and in whole stretches."""
    since, until = bounds_of_day(day, HOUSE)
    whole = max(min(until, now() - GRACE) - since, timedelta(0)) // STRETCH
    return since, since + whole * STRETCH


def _go_through(run: Reconciling) -> None:
    if not isinstance(run.courier, Reconcilable):
        return
    since, until = bounds_of(run.day)
    with Asking(run.courier) as asking:
        erased = accepted_and_erased(pharmacies(), run.day, since)
        comparison = run.comparison = Comparison(run.destination, asking, since, until, unseen=erased)
        try:
            for found in comparison.differences(run.stop.is_set):
                _note(run, found)
        finally:
            _name_unknown(run)
    if comparison.unseen and not run.stop.is_set():
        run.found[DifferenceKind.ERASED_UNSEEN] = len(comparison.unseen)


def _compare_acknowledgements(run: Reconciling) -> None:
    """Look for what is accepted without an acknowledgement of ours; all that can be done where nobody can be asked."""
    since, until = bounds_of(run.day)
    for pharmacy_id in pharmacies():
        with tenant_scope(pharmacy_id):
            unproved = unproved_between(run.destination, since, until)
        for parcel in unproved:
            _note(run, Found(DifferenceKind.UNPROVED, parcel.key, pharmacy_id, parcel.id))


def pharmacies() -> Iterator[UUID]:
    """Give every pharmacy, closed ones included."""
    yield from Pharmacy.real.order_by("id").values_list("id", flat=True)


def _note(run: Reconciling, found: Found) -> None:
    """Keep a difference; one that is open already is nothing new, and one that cannot be kept holds no other."""
    if found.pharmacy_id is None or found.parcel_id is None:
        run.unknown.append(found.key)
        if len(run.unknown) >= PORTION:
            _name_unknown(run)
        return
    with run.apart(found.key), suppress(ConflictError), tenant_scope(found.pharmacy_id):
        commit = Commit()
        commit.insert(
            Difference(
                pharmacy_id=found.pharmacy_id,
                id=new_id(),
                destination=run.destination,
                day=run.day,
                parcel_id=found.parcel_id,
                key=found.key,
                kind=found.kind.value,
                found_at=now(),
            )
        )
        commit.flush()
        run.found[found.kind] += 1


def _name_unknown(run: Reconciling) -> None:
    """Tell what was erased here from what nobody here ever knew."""
    keys, run.unknown = run.unknown, []
    erased = erased_here(pharmacies(), keys, bounds_of(run.day)[0])
    aliens = [key for key in keys if key not in erased]
    run.found += Counter({DifferenceKind.ERASED: len(keys) - len(aliens), DifferenceKind.ALIEN: len(aliens)})
    run.aliens += aliens[: ALIENS - len(run.aliens)]


def open_of_day(destination: str, day: date) -> Iterator[Difference]:
    """Give the open differences of a day, pharmacy by pharmacy, earlier versions of a result first."""
    for pharmacy_id in pharmacies():
        with tenant_scope(pharmacy_id):
            rows = list(Difference.objects.filter(destination=destination, day=day, mended_at=None).order_by("key"))
            version = sequences_of([row.parcel_id for row in rows])
        rows.sort(key=lambda row: version[row.parcel_id])
        yield from rows


def _close_mended(run: Reconciling) -> int:
    """Close the open differences of the day that are none any more; return how many stay."""
    still_open = 0
    for pharmacy_id, group in groupby(open_of_day(run.destination, run.day), lambda row: row.pharmacy_id):
        rows = list(group)
        lasting = _lasting(run, rows)
        for row in rows:
            if (row.kind, row.key) in lasting:
                still_open += 1
                continue
            with run.apart(row.key) as fate:
                close_difference(pharmacy_id, row.id)
            still_open += fate.was_set_aside
    return still_open


def _lasting(run: Reconciling, rows: list[Difference]) -> set[tuple[str, str]]:
    unproved = {(row.kind, row.key) for row in rows if row.kind == DifferenceKind.UNPROVED and _is_unproved(run, row)}
    if not isinstance(run.courier, Reconcilable):
        return unproved
    with Asking(run.courier) as asking:
        found = judged(run.destination, asking, sorted({row.key for row in rows}))
        return unproved | {(each.kind.value, each.key) for each in found}


def _is_unproved(run: Reconciling, row: Difference) -> bool:
    with tenant_scope(row.pharmacy_id):
        return any(each.id == row.parcel_id for each in unproved_between(run.destination, *bounds_of(run.day)))


def close_difference(pharmacy_id: UUID, difference_id: UUID) -> None:
    """Tell that our books and theirs agree again."""
    with tenant_scope(pharmacy_id):
        commit = Commit()
        commit.change(Difference, difference_id, mended_at=now())
        commit.flush()


def _kept(run: Reconciling, started_at: datetime, ending: Ending, still_open: int) -> Reconciliation:
    return Reconciliation.objects.create(
        destination=run.destination,
        day=run.day,
        started_at=started_at,
        ended_at=now(),
        ending=ending.value,
        accepted=run.comparison.accepted if run.comparison else 0,
        held=run.comparison.held if run.comparison else 0,
        found=dict(run.found),
        open=still_open,
        aliens=run.aliens,
    )
