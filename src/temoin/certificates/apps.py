"""The certificates room as a Django application."""

from django.apps import AppConfig


class CertificatesConfig(AppConfig):
    """Holds the numbers of certificates, sealed, and the list of revoked ones."""

    name = "temoin.certificates"
    label = "certificates"
