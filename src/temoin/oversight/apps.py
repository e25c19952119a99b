"""The oversight room as a Django application; its duties are announced where they are given their settings."""

from django.apps import AppConfig


class OversightConfig(AppConfig):
    """Holds the alarms that are raised."""

    name = "temoin.oversight"
    label = "oversight"
