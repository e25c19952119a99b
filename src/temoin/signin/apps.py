"""The sign-in room as a Django application."""

from django.apps import AppConfig, apps


class SigninConfig(AppConfig):
    """Holds persons, their sessions and what failed."""

    name = "temoin.signin"
    label = "signin"

    def ready(self) -> None:
        """Bind second factors to their persons and hear of step-ups, in the processes that sign anybody in."""
        if apps.is_installed("allauth.mfa"):
            from allauth.account.signals import authentication_step_completed

            from temoin.signin.factors import seal_factors
            from temoin.signin.freshness import renew_after_step

            seal_factors()
            authentication_step_completed.connect(renew_after_step)
