"""Django's last application: the rooms before it are loaded, and are handed their part of the settings here."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class SiteConfig(AppConfig):
    """Hands the settings of this process down, once, when Django starts."""

    name = "temoin.site"
    label = "site"

    def ready(self) -> None:
        """Hand down what the settings file says."""
        from temoin.site.handing import hand_down  # models load after ready() begins

        hand_down(settings.TEMOIN)
