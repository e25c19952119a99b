"""The crypto room as a Django application."""

from django.apps import AppConfig


class CryptoConfig(AppConfig):
    """Holds the wrapped data keys."""

    name = "temoin.crypto"
    label = "crypto"
