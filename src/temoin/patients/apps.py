"""The patients room as a Django application."""

from django.apps import AppConfig


class PatientsConfig(AppConfig):
    """Holds patient records and consents."""

    name = "temoin.patients"
    label = "patients"
