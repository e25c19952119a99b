"""The reading window of a kit as pages show it: from when until when a test is read, and what is called out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from temoin.catalogue.kits import kit
from temoin.lib.zones import day_of, wall_clock
from temoin.pharmacies.zones import page_zone
from temoin.testing.sample import Steps
from temoin.web.times import page_today


@dataclass(frozen=True)
class ReadingWindow:
    """From when and until when a kit is read; an instrument that keeps its result has no end."""

    opens: datetime
    closes: datetime | None
    whose: str = ""  # the patient, where several tests stand on the page
    is_known: bool = True  # by the catalogue; the leaflet alone says it else

    @property
    def words(self) -> str:
        """Return the window in words; the day is told when it is not today's."""
        if not self.is_known:
            return _("reading time: see the leaflet")
        zone = page_zone()
        is_today = day_of(self.opens, zone) == page_today()
        shown = f"{wall_clock(self.opens, zone):{'%H:%M' if is_today else '%d/%m/%Y %H:%M'}}"
        if self.closes is None:
            return _("read from %(from)s on") % {"from": shown}
        until = f"{wall_clock(self.closes, zone):%H:%M}"
        return _("read between %(from)s and %(until)s") % {"from": shown, "until": until}

    @property
    def told_open(self) -> str:
        """Return what a screen reader says when the window opens."""
        if not self.whose:
            return _("The test can be read now.")
        return _("%(whose)s: the test can be read now.") % {"whose": self.whose}

    @property
    def told_soon(self) -> str:
        """Return what a screen reader says a minute before the window closes."""
        if not self.whose:
            return _("One minute left to read.")
        return _("%(whose)s: one minute left to read.") % {"whose": self.whose}

    @property
    def told_over(self) -> str:
        """Return what a screen reader says when the window has closed."""
        if not self.whose:
            return _("The reading time is over.")
        return _("%(whose)s: the reading time is over.") % {"whose": self.whose}


def reading_window(kit_code: str, steps: Steps, whose: str = "") -> ReadingWindow | None:
    """Return when a kit is read; None while the start of its reading clock is asked for."""
    used = kit(kit_code)
    begun = steps.clock_start(used)
    if begun is None:
        return None
    closes = None if used.read_before_minutes is None else begun + timedelta(minutes=used.read_before_minutes)
    opens = begun + timedelta(minutes=used.read_after_minutes or 0)
    return ReadingWindow(opens, closes, whose, is_known=used.window_is_known)
