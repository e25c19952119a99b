"""The retention room as a Django application."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    """Holds what may not be deleted for now."""

    name = "temoin.retention"
    label = "retention"
