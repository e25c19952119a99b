"""The officers' room as a Django application."""

from django.apps import AppConfig


class OfficersConfig(AppConfig):
    """Holds accounts and sessions of the authority's people."""

    name = "temoin.officers"
    label = "officers"
