"""The surveillance room as a Django application; its duties are announced where they are given their settings."""

from django.apps import AppConfig


class SurveillanceConfig(AppConfig):
    """Holds the counts of each pharmacy's days, sealed."""

    name = "temoin.surveillance"
    label = "surveillance"
