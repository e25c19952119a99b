"""The journal room as a Django application."""

from django.apps import AppConfig


class JournalConfig(AppConfig):
    """Holds the events."""

    name = "temoin.journal"
    label = "journal"
