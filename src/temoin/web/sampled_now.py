"""A sample taken this moment, by one press: from the lot to be used up, on the specimen that its kit takes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.actions import lots_to_use
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import Kit, kit
from temoin.catalogue.outcomes import Specimen
from temoin.lib.clock import now
from temoin.lib.errors import refuse
from temoin.pharmacies.seat import Seat
from temoin.testing.sample import Sample
from temoin.web.workstation import Station

NOW = "sampled"  # the button that samples at once


@dataclass(frozen=True)
class ReadySample:
    """What a sample of a kind of test would be taken with."""

    lot_id: UUID
    number: str
    kit: Kit
    specimen: Specimen

    @property
    def words(self) -> str:
        """Return lot, kit and specimen in one line, to be compared with the box in hand."""
        language = get_language() or "fr"
        return f"{self.number} · {self.kit.label(language)} · {self.specimen.label(language)}"

    @property
    def reads_after(self) -> str:
        """Return the minutes from which its kit is read; "" where no source tells."""
        return _minutes(self.kit.read_after_minutes)

    @property
    def reads_before(self) -> str:
        """Return the minutes until which its kit is read; "" for an instrument that keeps its result."""
        return _minutes(self.kit.read_before_minutes)

    @property
    def sample(self) -> Sample:
        return Sample(specimen=self.specimen.code, sampled_at=now(), lot_id=self.lot_id)


def _minutes(number: int | None) -> str:
    return "" if number is None else str(number)


def ready_samples(seat: Seat, station: Station) -> dict[str, ReadySample]:
    """Return what would be used at a workstation, by kind of test; a kind without a good lot is not among them."""
    found: dict[str, ReadySample] = {}
    for kind, lot in lots_to_use(by=seat, place=station.name, scanned=station.lots).items():
        used = kit(lot.kit)
        both = [specimen for specimen in load_kinds()[kind].specimens if specimen in used.specimens]
        if both:
            found[kind] = ReadySample(lot.id, lot.number, used, both[0])
    return found


def sample_now(seat: Seat, kind: str, *, station: Station, shown: str = "") -> Sample:
    """Return the sample taken this moment; InvalidError when no lot of this test is good.

    `shown` is the lot that stood beside the button: InvalidError when another would be used meanwhile.
    """
    ready = ready_samples(seat, station).get(kind)
    if ready is None:
        message = _(
            "No lot of this test can be used: register the test without the sample, or see to it at Lots first."
        )
        raise refuse("kind", "no_lot", message)
    if shown and shown != str(ready.lot_id):
        raise refuse("kind", "other_lot", _("Another lot is used meanwhile: compare it with the box in your hand."))
    return ready.sample


def is_pressed(typed: Mapping[str, str]) -> bool:
    """Tell whether the form was sent by the button that samples at once."""
    return typed.get("then") == NOW
