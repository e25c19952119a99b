"""The outbox room as a Django application; it announces the channels that the settings list."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class OutboxConfig(AppConfig):
    """Holds parcels and attempts."""

    name = "temoin.outbox"
    label = "outbox"

    def ready(self) -> None:
        """Announce every channel, and the couriers and duties of those that are set up."""
        from temoin.outbox.open_channels import open_channels  # models load after ready() begins

        open_channels(settings.TEMOIN_CHANNELS, settings.TEMOIN.channels)
