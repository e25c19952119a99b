"""What the pages of the staff are handed of the settings."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.lib.handed import Handed
from temoin.lib.site import Site
from temoin.outbox.lateness import Alarms
from temoin.web.provider_settings import ProSanteConnect


@dataclass(frozen=True, kw_only=True)
class WebSettings:
    """The addresses to show, from when on something is late, and what the site has beside."""

    site: Site
    alarms: Alarms
    provider: ProSanteConnect | None
    asks_register: bool  # whether numbers of professionals are looked up


WEB: Handed[WebSettings] = Handed("settings of the staff site")
