"""The web room as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Holds the pages of the pharmacy's staff."""

    name = "temoin.web"
    label = "web"
