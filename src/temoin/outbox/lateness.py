"""The section [alarms]: after how many minutes a result that has not arrived is late, and whom the worker writes to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from temoin.lib.clock import now
from temoin.lib.mail_address import is_address
from temoin.lib.section import Number, Switch, Text, fitting, section, within

LONGEST = 24 * 60  # minutes
_ADDRESS = fitting(is_address, "must be an e-mail address like exploitant@example.fr")


@section
class Alarms:
    """After how many minutes without an acknowledgement a parcel is late; whom the worker then writes to."""

    minutes: Annotated[Number, within(range(1, LONGEST + 1))] = 30
    operator: Annotated[Text, _ADDRESS] | None = None
    pharmacies: Switch = False  # whether the owners of a pharmacy are written to

    @property
    def late_after(self) -> timedelta:
        """Return for how long a parcel may be on its way before it is late."""
        return timedelta(minutes=self.minutes)

    def late_before(self) -> datetime:
        """Return the instant before which a parcel that has not arrived is late."""
        return now() - self.late_after


def alarm_findings(alarms: Alarms, *, demo: bool) -> list[str]:
    """Return a sentence when nobody outside a pharmacy hears of what only its sole owner would be told of."""
    words = (
        "[alarms] has no operator: bulk reading by the sole owner of a pharmacy is told to the rest of the team alone, "
        "or to nobody. Set operator to an address that somebody reads."
    )
    return [] if demo or alarms.operator is not None else [words]
