"""The outbox room as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Holds parcels and attempts. Channels, couriers and duties are announced by whoever hands the settings down."""

    name = "temoin.outbox"
    label = "outbox"
