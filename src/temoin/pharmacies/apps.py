"""The pharmacies room as a Django application."""

from django.apps import AppConfig


class PharmaciesConfig(AppConfig):
    """Holds pharmacies, their members and their programs."""

    name = "temoin.pharmacies"
    label = "pharmacies"
