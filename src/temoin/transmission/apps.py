"""The transmission room as a Django application; its couriers announce themselves to the outbox."""

from collections.abc import Callable

from django.apps import AppConfig
from django.conf import settings


class TransmissionConfig(AppConfig):
    """What was sent and answered is kept with the parcels; its own tables hold what reconciliation found."""

    name = "temoin.transmission"
    label = "transmission"

    def ready(self) -> None:
        """Announce the couriers, the authority's in its own dialect, and the daily reconciliation."""
        from temoin.outbox.courier import Courier, register_courier  # models load after ready() begins
        from temoin.outbox.duties import register_duty
        from temoin.transmission.authority import Profile
        from temoin.transmission.couriers.ch_elm import ChElmCourier
        from temoin.transmission.couriers.demis import DemisCourier
        from temoin.transmission.couriers.fhir import FhirCourier
        from temoin.transmission.couriers.mllp import MllpCourier
        from temoin.transmission.daily import DAILY

        speakers: dict[Profile, Callable[[], Courier]] = {
            Profile.EU_LABORATORY: FhirCourier,
            Profile.CH_ELM: ChElmCourier,
            Profile.DEMIS: DemisCourier,
        }
        register_courier(speakers[settings.TEMOIN.authority.profile]())
        register_duty(DAILY)
        if settings.TEMOIN.mllp is not None:
            register_courier(MllpCourier(settings.TEMOIN.mllp))
        if settings.TEMOIN.sftp is not None:
            from temoin.transmission.couriers.sftp_daily import courier_of  # its library takes a moment to load

            register_courier(courier_of(settings.TEMOIN.sftp))
