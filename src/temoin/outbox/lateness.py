"""When a parcel is late, and who is told: the values of the section [alarms]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from temoin.lib.clock import now


@dataclass(frozen=True, kw_only=True)
class Alarms:
    """After how many minutes without an acknowledgement a parcel is late; whom the worker then writes to."""

    minutes: int = 30
    operator: str | None = None  # an e-mail address
    pharmacies: bool = False  # whether the owners of a pharmacy are written to

    @property
    def late_after(self) -> timedelta:
        """Return for how long a parcel may be on its way before it is late."""
        return timedelta(minutes=self.minutes)

    def late_before(self) -> datetime:
        """Return the instant before which a parcel that has not arrived is late."""
        return now() - self.late_after
