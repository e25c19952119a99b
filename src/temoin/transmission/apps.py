"""The transmission room as a Django application; whoever hands the settings down announces its channels and duties."""

from __future__ import annotations

from django.apps import AppConfig


class TransmissionConfig(AppConfig):
    """What was sent and answered is kept with the parcels; its own tables hold what reconciliation found."""

    name = "temoin.transmission"
    label = "transmission"
