"""The pharmacies room as a Django application."""

from django.apps import AppConfig, apps


class PharmaciesConfig(AppConfig):
    """Holds pharmacies, persons and members."""

    name = "temoin.pharmacies"
    label = "pharmacies"

    def ready(self) -> None:
        """Bind second factors to their persons, in the processes that sign anybody in."""
        if apps.is_installed("allauth.mfa"):
            from temoin.pharmacies.factors import seal_factors

            seal_factors()
