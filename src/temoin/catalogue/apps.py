"""The catalogue room as a Django application."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Holds the kit lots of each pharmacy."""

    name = "temoin.catalogue"
    label = "catalogue"
