"""The room's place among Django's applications."""

from django.apps import AppConfig


class ArrivalsConfig(AppConfig):
    """The patient's own form."""

    name = "temoin.arrivals"
    label = "arrivals"
