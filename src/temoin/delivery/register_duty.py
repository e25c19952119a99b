"""The worker's duty to ask the register of professionals about numbers that people claim."""

from __future__ import annotations

import threading
from datetime import timedelta

from temoin.outbox.duties import Duty
from temoin.pharmacies.register import RegisterSettings
from temoin.pharmacies.register_checks import ask_register


def register_check_duty(register: RegisterSettings) -> Duty:
    def ask(stop: threading.Event) -> None:
        from temoin.pharmacies.couriers.annuaire_sante import AnnuaireSante  # loaded where somebody is asked

        ask_register(AnnuaireSante(register), stop)

    return Duty("register of professionals", timedelta(minutes=1), ask)
