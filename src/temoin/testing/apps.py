"""The testing room as a Django application."""

from django.apps import AppConfig


class TestingConfig(AppConfig):
    """Holds test records, their versions and tickets."""

    name = "temoin.testing"
    label = "testing"
