"""The transmission room as a Django application; its couriers announce themselves to the outbox."""

from django.apps import AppConfig


class TransmissionConfig(AppConfig):
    """Has no tables: what was sent and answered is kept with the parcels."""

    name = "temoin.transmission"
    label = "transmission"

    def ready(self) -> None:
        """Announce the couriers."""
        from temoin.outbox.courier import register_courier  # models load after ready() begins
        from temoin.transmission.couriers.fhir import FhirCourier

        register_courier(FhirCourier())
