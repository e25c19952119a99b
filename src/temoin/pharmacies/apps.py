"""The pharmacies room as a Django application."""

from django.apps import AppConfig


class PharmaciesConfig(AppConfig):
    """Holds pharmacies, persons and members."""

    name = "temoin.pharmacies"
    label = "pharmacies"
