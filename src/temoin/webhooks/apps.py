"""The room of webhooks as a Django application; its duty is announced where it is given its settings."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Holds the addresses that programs are told at, and the notices."""

    name = "temoin.webhooks"
    label = "webhooks"
