"""After a restore: results that a destination holds and that are not here any more. It names them and repairs nothing.

A destination is asked for all that it received since before the loss. What nobody here knows, and nobody erased here,
was signed and lost; by its key, and where the destination's list tells it, by its pharmacy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from temoin.lib.clock import now
from temoin.outbox.channel import Audience
from temoin.outbox.courier import Courier, Holding, Reconcilable, couriers
from temoin.outbox.open_channels import names_of
from temoin.outbox.reconciling import booked_under
from temoin.pharmacies.models import Pharmacy
from temoin.transmission.asking import Asking
from temoin.transmission.comparing import moment_told
from temoin.transmission.differences import GRACE
from temoin.transmission.erased_here import erased_here
from temoin.transmission.models import Ending
from temoin.transmission.reconcile import pharmacies
from temoin.transmission.report_courier import ReportCourier

_YEARS = range(2020, 2200)


@dataclass(frozen=True)
class LostResult:
    """A result that is with a destination and not here; of no pharmacy where that is not told, or nobody's here."""

    destination: str
    key: str
    received_at: datetime | None
    pharmacy_id: UUID | None


@dataclass(frozen=True)
class AskedDestination:
    """What a destination answered: wholly, not wholly, or nothing, as it cannot be asked."""

    name: str
    ending: Ending
    lost: tuple[LostResult, ...] = ()


def ask_authorities(since: datetime) -> list[AskedDestination]:
    """Ask each authority that this site sends to what it received since a moment."""
    wanted = [couriers()[name] for name in names_of(Audience.AUTHORITY) if name in couriers()]
    return [lost_at(one, since) for one in wanted if isinstance(one, ReportCourier) and one.enabled]


def lost_at(courier: Courier, since: datetime) -> AskedDestination:
    """Ask one destination. Clocks may differ, so that it is asked for a little more on both sides."""
    if not isinstance(courier, Reconcilable):
        return AskedDestination(courier.destination, Ending.NOT_ASKABLE)
    unknown: dict[str, Holding] = {}
    try:
        with Asking(courier) as asking:
            for portion in asking.received(since - GRACE, now() + GRACE):
                unknown |= _unknown_of(courier.destination, portion)
    except OSError:
        return AskedDestination(courier.destination, Ending.BROKEN_OFF)
    erased = erased_here(pharmacies(), list(unknown), since - GRACE)
    lost = _told(courier.destination, (one for key, one in unknown.items() if key not in erased))
    return AskedDestination(courier.destination, Ending.WHOLE, lost)


def _unknown_of(destination: str, portion: list[Holding]) -> dict[str, Holding]:
    known = {each.key for each in booked_under(destination, [each.key for each in portion])}
    return {each.key: each for each in portion if each.key not in known}


def _told(destination: str, holdings: Iterable[Holding]) -> tuple[LostResult, ...]:
    whose: Mapping[str, UUID] = dict(Pharmacy.real.values_list("finess", "id"))
    found = [LostResult(destination, each.key, _received(each), _owner(each, whose)) for each in holdings]
    return tuple(sorted(found, key=lambda one: (one.received_at is None, one.received_at or now(), one.key)))


def _received(holding: Holding) -> datetime | None:
    """Return when it came there, as they tell it; None for a moment that no clock of theirs can have shown."""
    moment = moment_told(holding.received_at)
    return moment if moment is not None and moment.year in _YEARS else None


def _owner(holding: Holding, whose: Mapping[str, UUID]) -> UUID | None:
    """Return whose it is; nobody's is what bears a key that no result here ever had."""
    try:
        is_ours = str(UUID(holding.key)) == holding.key
    except ValueError:
        is_ours = False
    return whose.get(holding.finess) if is_ours else None
