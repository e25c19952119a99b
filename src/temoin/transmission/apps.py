"""The transmission room as a Django application; its couriers announce themselves to the outbox."""

from django.apps import AppConfig
from django.conf import settings


class TransmissionConfig(AppConfig):
    """What was sent and answered is kept with the parcels; its own tables hold what reconciliation found."""

    name = "temoin.transmission"
    label = "transmission"

    def ready(self) -> None:
        """Announce the couriers, of HL7 v2 and files where a receiver is named, and the daily reconciliation."""
        from temoin.outbox.courier import register_courier  # models load after ready() begins
        from temoin.outbox.duties import register_duty
        from temoin.transmission.couriers.fhir import FhirCourier
        from temoin.transmission.couriers.mllp import MllpCourier
        from temoin.transmission.daily import DAILY

        register_courier(FhirCourier())
        register_duty(DAILY)
        if settings.TEMOIN.mllp is not None:
            register_courier(MllpCourier(settings.TEMOIN.mllp))
        if settings.TEMOIN.sftp is not None:
            from temoin.transmission.couriers.sftp_daily import courier_of  # its library takes a moment to load

            register_courier(courier_of(settings.TEMOIN.sftp))
