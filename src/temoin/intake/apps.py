"""The intake room as a Django application."""

from django.apps import AppConfig


class IntakeConfig(AppConfig):
    """Holds what each pharmacy lets its files of results say."""

    name = "temoin.intake"
    label = "intake"
