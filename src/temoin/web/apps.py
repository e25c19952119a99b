"""The web room as a Django application."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Holds the pages of the pharmacy's staff."""

    name = "temoin.web"
    label = "web"

    def ready(self) -> None:
        """Hear the sign-in library when a session steps up."""
        from allauth.account.signals import authentication_step_completed

        from temoin.web.freshness import renew_after_step

        authentication_step_completed.connect(renew_after_step)
