"""The transmission room as a Django application; its couriers announce themselves to the outbox."""

from __future__ import annotations

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
        """Announce the couriers, all but FHIR where their section is there, and the daily reconciliation."""
        from temoin.outbox.courier import register_courier  # models load after ready() begins
        from temoin.outbox.duties import register_duty
        from temoin.transmission.couriers.fhir import FhirCourier
        from temoin.transmission.couriers.mllp import MllpCourier
        from temoin.transmission.daily import DAILY

        register_courier(FhirCourier())
        register_duty(DAILY)
        if settings.TEMOIN.mllp is not None:
            register_courier(MllpCourier(settings.TEMOIN.mllp))
        if settings.TEMOIN.mssante is not None:
            _announce_secure_mail(settings.TEMOIN.mssante)


def _announce_secure_mail(mail: SecureMail) -> None:
    """Announce its two couriers, and the reading of its mailbox where one is named."""
    from temoin.outbox.courier import register_courier
    from temoin.outbox.duties import Duty, register_duty
    from temoin.transmission.couriers.mssante import DoctorCourier, PatientCourier
    from temoin.transmission.couriers.mssante_inbox import read_inbox

    register_courier(DoctorCourier(mail))
    register_courier(PatientCourier(mail))
    if mail.enabled and mail.inbox is not None:
        register_duty(Duty("secure-mail-notices", NOTICES_EVERY, partial(read_inbox, mail, mail.inbox)))
