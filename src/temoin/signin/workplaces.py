"""Where a professional whom the national identity provider names has a place here."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from temoin.journal.unreadable import each_opened
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.seat import seat_at_work

log = logging.getLogger("temoin.signin")
MOST = 30  # sites of one professional: more is no workplace but a mistake


@dataclass(frozen=True)
class Workplace:
    """A person's active place in a pharmacy."""

    pharmacy_id: UUID
    person_id: UUID


def workplaces_of(*, rpps: str, finess: Collection[str]) -> list[Workplace]:
    """Return the active places that bear this RPPS number, in the pharmacies with these FINESS numbers only.

    The numbers are sealed in each pharmacy's own rows, so its people are read and compared: a few dozen at most,
    and no index across pharmacies is needed, which a dump would hand out.
    """
    if len(finess) > MOST:
        log.warning("a register entry names %d workplaces: only the first %d were looked at", len(finess), MOST)
    pharmacies = Pharmacy.objects.filter(finess__in=sorted(finess)[:MOST]).order_by("name")
    return [place for pharmacy in pharmacies for place in _places_in(pharmacy.id, rpps)]


def _places_in(pharmacy_id: UUID, rpps: str) -> list[Workplace]:
    with tenant_scope(pharmacy_id):
        seats = each_opened(Member.objects.all(), seat_at_work)
        return [Workplace(pharmacy_id, seat.person_id) for seat in seats if seat is not None and seat.rpps == rpps]
