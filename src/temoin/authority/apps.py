"""The authority's site as a Django application."""

from django.apps import AppConfig


class AuthorityConfig(AppConfig):
    """Holds the site's pages and their files."""

    name = "temoin.authority"
    label = "authority"
