"""The transmission room as a Django application; its couriers announce themselves to the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

if TYPE_CHECKING:
    from temoin.transmission.secure_mail import SecureMail

NOTICES_EVERY = timedelta(minutes=2)


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
        if settings.TEMOIN.mssante is not None:
            _announce_secure_mail(settings.TEMOIN.mssante)
        if settings.TEMOIN.sftp is not None:
            from temoin.transmission.couriers.sftp_daily import courier_of  # its library takes a moment to load

            register_courier(courier_of(settings.TEMOIN.sftp))


def _announce_secure_mail(mail: SecureMail) -> None:
    """Announce its two couriers, and the reading of its mailbox where one is named."""
    from temoin.outbox.courier import register_courier
    from temoin.outbox.duties import Duty, register_duty
    from temoin.transmission.couriers.mssante import DoctorCourier, PatientCourier
    from temoin.transmission.couriers.mssante_inbox import DUTY, read_inbox

    register_courier(DoctorCourier(mail))
    register_courier(PatientCourier(mail))
    if mail.enabled and mail.inbox is not None:
        register_duty(Duty(DUTY, NOTICES_EVERY, partial(read_inbox, mail, mail.inbox)))
