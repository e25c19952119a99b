"""How the sign-in library is bound to the house: no sign-up, fresh factors, our words."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from temoin.lib.callers import plain_address
from temoin.lib.clock import now
from temoin.lib.zones import utc_offset, wall_clock
from temoin.pharmacies.zones import page_zone
from temoin.signin.devices import known_device
from temoin.signin.freshness import FACTORS, came_by_provider, has_only_password, is_fresh
from temoin.signin.tries import note_try

BY_PROVIDER = "temoin_by_provider"  # in the state of a sign-in: the identity provider has asked for both factors
_SECOND_STEP = "allauth.mfa.stages.AuthenticateStage"


class ClosedAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # the library has no types
    """Accounts are made by a pharmacy's people, never by whoever finds the page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return who asks, IPv4 as IPv4: the library counts IPv6 by its /64, in which all of IPv4 may be written."""
        return plain_address(super().get_client_ip(request))

    def get_login_stages(self) -> list[str]:
        """Ask for the second step with our own class, in the place of the library's."""
        ours = f"{__name__}.{SecondStep.__name__}"
        return [ours if stage == _SECOND_STEP else stage for stage in super().get_login_stages()]

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try, under the browser's own number where the person signed in before."""
        email = str(credentials.get("email", ""))
        device = known_device(request, email)
        usage = ratelimit.consume(
            request,
            app="allauth.account",
            action="known_login_failed" if device else "login_failed",
            key=f"{email.lower()} {device}",
        )
        if not usage:
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = usage  # which the library gives back after a right password

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Keep a failed try for its person and the journals."""
        note_try(email=str(credentials.get("email", "")), way="password")

    def is_reauthentication_required(self, *, app: str, **details: Any) -> bool:
        """Judge freshness by one rule, for the library's pages as for ours."""
        return not is_fresh(context.request)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return the pages where this person can confirm, best first; a password alone only before any factor."""
        methods = {method["url"]: method for method in super().get_reauthentication_methods(user)}
        words = {
            "mfa_reauthenticate_webauthn": _("Use a passkey"),
            "mfa_reauthenticate": _("Use the code of your application"),
            "account_reauthenticate": _("Use your password"),
        }
        if not has_only_password(context.request):
            del words["account_reauthenticate"]
        found = [(reverse(name), text) for name, text in words.items() if reverse(name) in methods]
        if settings.PRO_SANTE_CONNECT_SECRET and came_by_provider(context.request):
            found.append((reverse("pro_sante_connect"), _("Use Pro Santé Connect")))
        return [{"id": url, "url": url, "description": text} for url, text in found]


class SecondStep(AuthenticateStage):  # type: ignore[misc] # the library has no types
    """The second step of a sign-in, which whoever comes by the identity provider has done there."""

    def _should_handle(self, request: HttpRequest) -> bool:
        return bool(super()._should_handle(request)) and not self.login.state.get(BY_PROVIDER)


class HouseMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc] # the library has no types
    """Second factors as the house shows them; they are sealed whole, see `signin.factors`."""

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Say of a refused code what may be wrong with it: most often the telephone's clock."""
        if code != "incorrect_code":
            error: ValidationError = super().validation_error(code, *args)
            return error
        here = wall_clock(now(), page_zone())  # the house's before anybody came in: the offset tells which
        words = _(
            "This code was refused. Each code opens once, and holds for about a minute: wait for the next one. If that "
            "one is refused too, set the telephone's clock to automatic time; here it is %(time)s (%(offset)s)."
        )
        return ValidationError(words % {"time": f"{here:%H:%M:%S}", "offset": utc_offset(here)}, code=code)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Keep the last factor: without one, nobody but a colleague opens the account again."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return bool(others.exclude(pk=authenticator.pk).exists())

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002 the library's name
        """Propose a name that tells passkeys apart in the list."""
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the site as the browser shows it beside the passkey."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Témoin"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """Name the account as the browser shows it: by its address."""
        return {**super().get_public_key_credential_user_entity(user), "display_name": user.email}
