"""The transmission room as a Django application; its couriers announce themselves to the outbox."""

from django.apps import AppConfig
from django.conf import settings


class TransmissionConfig(AppConfig):
    """Has no tables: what was sent and answered is kept with the parcels."""

    name = "temoin.transmission"
    label = "transmission"

    def ready(self) -> None:
        """Announce the couriers: each other than FHIR where its section names a receiver."""
        from temoin.outbox.courier import register_courier  # models load after ready() begins
        from temoin.transmission.couriers.fhir import FhirCourier
        from temoin.transmission.couriers.mllp import MllpCourier

        register_courier(FhirCourier())
        if settings.TEMOIN.mllp is not None:
            register_courier(MllpCourier(settings.TEMOIN.mllp))
        if settings.TEMOIN.mssante is not None:
            from temoin.transmission.couriers.mssante import DoctorCourier, PatientCourier

            register_courier(DoctorCourier(settings.TEMOIN.mssante))
            register_courier(PatientCourier(settings.TEMOIN.mssante))
