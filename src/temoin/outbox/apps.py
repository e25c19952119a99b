"""The outbox room as a Django application."""

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Holds parcels and attempts."""

    name = "temoin.outbox"
    label = "outbox"
