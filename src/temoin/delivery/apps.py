"""The delivery room as a Django application; its couriers announce themselves to the outbox."""

from django.apps import AppConfig
from django.conf import settings


class DeliveryConfig(AppConfig):
    """Holds the letters."""

    name = "temoin.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Announce the couriers, except on the patients' site, which has no key and posts nothing."""
        if settings.TEMOIN_PROCESS == "portal":
            return
        from temoin.delivery.couriers.email import EmailCourier  # models load after ready() begins
        from temoin.outbox.courier import register_courier

        register_courier(EmailCourier())
