"""The temperature of the shelf where kits are kept: one line a day, against the range of the kits in stock.

A line is an event of the journal and nothing else: nobody can take it back or write it for another day. The last one of
a day counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kits import kit
from temoin.catalogue.models import Lot
from temoin.catalogue.states import IN_USE
from temoin.journal.act import record_look
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.queries import rows_of
from temoin.lib.errors import refuse
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import bounds_of_day, day_of
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.pharmacies.zones import zone_of

COLDEST, HOTTEST = Decimal(-30), Decimal(60)
_DEGREES = re.compile(r"[-+−]?[0-9]{1,2}([.,][0-9])?")


@dataclass(frozen=True)
class ShelfRange:
    """Between which temperatures every kit in stock may be kept, as far as the catalogue knows them."""

    lowest: int
    highest: int

    def holds(self, celsius: Decimal) -> bool:
        """Tell whether a temperature lies within, the ends included."""
        return self.lowest <= celsius <= self.highest


@dataclass(frozen=True)
class ShelfDay:
    """The temperature of one day, and who read it."""

    day: date
    celsius: Decimal
    who: str


def read_degrees(text: str) -> Decimal:
    """Return a temperature as people write it, with a comma or a point; InvalidError for anything else."""
    written = text.strip().removesuffix("°C").strip()
    if not _DEGREES.fullmatch(written):
        raise refuse("celsius", "malformed", _("Enter the temperature in degrees, such as 21,5."))
    return Decimal(written.replace(",", ".").replace("−", "-"))


def record_temperature(*, by: Seat, celsius: Decimal) -> bool:
    """Record the temperature of the shelf today; tell whether it lies within the range of the kits in stock."""
    check_right(by=by, right=Right.TAKE_SAMPLE)
    if not COLDEST <= celsius <= HOTTEST:
        raise refuse("celsius", "impossible", _("No shelf has this temperature: look again."))
    with tenant_scope(by.pharmacy_id):
        record_look(
            by=by,
            kind=EventKind.SHELF_READ,
            subject_kind="pharmacy",
            subject_id=by.pharmacy_id,
            detail=f"{celsius:.1f}",
        )
        wanted = shelf_range(by=by)
    return wanted is None or wanted.holds(celsius)


def shelf_range(*, by: Seat) -> ShelfRange | None:
    """Return the range of the kits of which a lot is in use; None where the catalogue knows none of theirs."""
    check_right(by=by, right=Right.READ_TEST)
    with tenant_scope(by.pharmacy_id):
        used = Lot.objects.filter(state__in=[state.value for state in IN_USE], expiry__gte=today(by.pharmacy_id))
        kits = [kit(code) for code in set(used.values_list("kit", flat=True))]
    known = [(one.store_from, one.store_to) for one in kits if one.store_from is not None and one.store_to is not None]
    return ShelfRange(max(low for low, _high in known), min(high for _low, high in known)) if known else None


def shelf_days(*, by: Seat, since: date, until: date) -> list[ShelfDay]:
    """Return the last reading of each day from `since` to `until`, both included, in order."""
    check_right(by=by, right=Right.READ_TEST)
    zone = zone_of(by.pharmacy_id)
    (begins, _noon), (_night, ends) = bounds_of_day(since, zone), bounds_of_day(until, zone)
    with tenant_scope(by.pharmacy_id):
        read = Event.objects.filter(subject_id=by.pharmacy_id, kind=EventKind.SHELF_READ.value)
        events = rows_of(read.filter(at__gte=begins, at__lt=ends).order_by("at", "id"))
        names = names_of({event.actor_id for event in events if event.actor_id is not None})
    found: dict[date, ShelfDay] = {}
    for event in events:
        day, who = day_of(event.at, zone), names.get(event.actor_id, "") if event.actor_id else ""
        found[day] = ShelfDay(day, Decimal(event.detail), who)
    return [found[day] for day in sorted(found)]
