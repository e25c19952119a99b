"""What the catalogue tells of a kit, in words; what it does not know is in the leaflet, and that is said."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kits import Kit


@dataclass(frozen=True)
class KitWords:
    """A kit as the page of a lot shows it."""

    kit: Kit

    @property
    def source(self) -> str:
        """Return where the catalogue has it from."""
        return self.kit.source.text(get_language() or "fr")

    @property
    def reading(self) -> str:
        """Return when it is read."""
        after, before = self.kit.read_after_minutes, self.kit.read_before_minutes
        if after is None:
            return _("The catalogue has no source for it: see the leaflet.")
        if before is None and after == 0:
            return _("at once")
        if before is None:
            return _("from %(after)d minutes on") % {"after": after}
        return _("from %(after)d to %(before)d minutes") % {"after": after, "before": before}

    @property
    def shelf(self) -> str:
        """Return at which temperatures it is kept."""
        if self.kit.store_from is None or self.kit.store_to is None:
            return _("The catalogue has no source for it: see the leaflet.")
        return _("%(from)d to %(to)d °C") % {"from": self.kit.store_from, "to": self.kit.store_to}
