"""The delivery room as a Django application; its channels and duties are announced when settings are handed down."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Holds the letters."""

    name = "temoin.delivery"
    label = "delivery"
