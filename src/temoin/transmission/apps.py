"""The transmission room as a Django application; its channels are announced by the outbox, from their list."""

from __future__ import annotations

from django.apps import AppConfig


class TransmissionConfig(AppConfig):
    """What was sent and answered is kept with the parcels; its own tables hold what reconciliation found."""

    name = "temoin.transmission"
    label = "transmission"

    def ready(self) -> None:
        """Announce the daily reconciliation."""
        from temoin.outbox.duties import register_duty  # models load after ready() begins
        from temoin.transmission.daily import DAILY

        register_duty(DAILY)
