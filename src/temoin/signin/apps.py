"""The sign-in room as a Django application."""

from django.apps import AppConfig, apps


class SigninConfig(AppConfig):
    """Holds persons, their sessions and what failed."""

    name = "temoin.signin"
    label = "signin"

    def ready(self) -> None:
        """Bind second factors to their persons, in the processes that sign anybody in."""
        if apps.is_installed("allauth.mfa"):
            from temoin.signin.factors import seal_factors

            seal_factors()
