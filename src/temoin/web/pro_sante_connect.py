"""Pro Santé Connect: what the sign-in library leaves to the house when an OpenID provider vouches for a person.

The library carries state, PKCE and every call. Here the ID token's signature is verified although it came over TLS,
its level and nonce are required, and the person is matched by the national number to a place that a pharmacy gave,
never by e-mail. Nothing of the provider's is stored.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from threading import BoundedSemaphore
from typing import Any, NoReturn

from allauth.account.adapter import get_adapter as account_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from allauth.utils import build_absolute_uri
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from temoin.lib.errors import NotFoundError
from temoin.signin.accounts import account_of
from temoin.signin.adapters import BY_PROVIDER
from temoin.signin.claims import LEVEL, ClaimError, check_claims, rpps_of, sites_of
from temoin.signin.freshness import renew_session
from temoin.signin.workplaces import Workplace, workplaces_of
from temoin.web.errors import entrance_page
from temoin.web.seats import PLACES
from temoin.web.settings import WEB
from temoin.web.wording import ENTRANCE

log = logging.getLogger("temoin.web")

SILENT = "pro-sante-connect-silent"
AT_ONCE = 3  # sign-ins that a server process carries at the same time, of its eight threads
PAUSE = 30  # seconds during which nobody waits again for a provider that did not answer
_NAMED = ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")


class Connection(OpenIDConnectOAuth2Adapter):  # type: ignore[misc] # the library has no types
    """The conversation with the provider."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request, "pro-sante-connect")

    def get_provider(self) -> IdentityProvider:
        return make_provider(self.request)

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's discovery document, once it is known to name all that is used of it."""
        found = super().openid_config
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _NAMED):
            raise ClaimError("discovery document")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return str(build_absolute_uri(request, reverse("pro_sante_connect_callback")))

    def complete_login(self, request: HttpRequest, app: SocialApp, token: Any, **answers: Any) -> Any:
        """Read the ID token, its signature, issuer, audience and dates verified, and what it says of the person."""
        try:
            claims = jwtkit.verify_and_decode(
                credential=answers["response"]["id_token"],
                keys_url=self.openid_config["jwks_uri"],
                issuer=self.openid_config["issuer"],
                audience=app.client_id,
                lookup_kid=jwtkit.lookup_kid_jwk,
            )
            person = self._fetch_user_info(token.token)
            return self.get_provider().sociallogin_from_response(request, {"id_token": claims, "userinfo": person})
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, OSError):
                raise  # the provider was cut short in the middle of an answer
            raise ClaimError("malformed answer") from error


class IdentityProvider(OpenIDConnectProvider):  # type: ignore[misc] # the library has no types
    """The provider as the library sees it."""

    oauth2_adapter_class = Connection

    def get_oauth2_adapter(self, request: HttpRequest) -> Connection:
        return Connection(request)


def make_provider(request: HttpRequest) -> IdentityProvider:
    """Return the provider of the settings file; NotFoundError where there is none."""
    known = WEB().provider
    if known is None:
        raise NotFoundError
    app = SocialApp(
        provider="openid_connect",
        provider_id="pro-sante-connect",
        name="Pro Santé Connect",
        client_id=known.client_id,
        secret=settings.PRO_SANTE_CONNECT_SECRET,
        settings={"server_url": known.discovery_url, "scope": known.scope.split(), "oauth_pkce_enabled": True},
    )
    return IdentityProvider(request, app=app)


def start(request: HttpRequest) -> HttpResponseBase:
    """Send the person to the provider, which must ask who they are: posts at the counter are shared."""
    provider = make_provider(request)
    if cache.get(SILENT):
        return _silent(request)
    nonce = secrets.token_urlsafe(32)
    wanted = {"acr_values": LEVEL, "nonce": nonce, "prompt": "login"}
    back = get_next_redirect_url(request)
    return _talk(request, lambda: provider.redirect(request, "login", back, nonce=nonce, auth_params=wanted))


def callback(request: HttpRequest) -> HttpResponseBase:
    return _talk(request, lambda: _library_callback(request))


def _talk(request: HttpRequest, ask: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Let the library talk to the provider, in few threads at once: a slow one must leave threads to the counter."""
    if not _talks.acquire(blocking=False):
        return _silent(request)
    try:
        return ask()
    except (OSError, OAuth2Error) as error:  # the library's own handling of errors begins after its first call
        return _failed(request, error)
    finally:
        _talks.release()


_talks = BoundedSemaphore(AT_ONCE)
_library_callback = OAuth2CallbackView.adapter_view(Connection)


class MatchingAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # the library has no types
    """Matches whom the provider vouches for to whom a pharmacy has seated; nobody is made or kept."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> NoReturn:
        """Sign the person in, or show why not: the library's own sign-up is never reached."""
        told = sociallogin.account.extra_data
        check_claims(told["id_token"], told["userinfo"], nonce=sociallogin.state.get("nonce", ""))
        places = workplaces_of(rpps=rpps_of(told["userinfo"]), finess=set(sites_of(told["userinfo"])))
        raise ImmediateHttpResponse(_enter(request, places, sociallogin.state.get("next")))

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, *, error: Any = None, exception: Any = None, **_context: Any
    ) -> NoReturn:
        """Show what happened and the other ways in."""
        if error == AuthError.CANCELLED:
            raise ImmediateHttpResponse(redirect("account_login"))
        raise ImmediateHttpResponse(_failed(request, exception))


def _enter(request: HttpRequest, places: list[Workplace], back: str | None) -> HttpResponseBase:
    people = {place.person_id for place in places}
    if len(people) != 1:
        return entrance_page(request, ENTRANCE["two accounts" if people else "no place"], status=403)
    person = account_of(people.pop())
    stepping_up = request.user == person
    if request.user.is_authenticated and not stepping_up:
        account_adapter(request).logout(request)
    record_authentication(request, person, "socialaccount", provider="pro-sante-connect")
    if stepping_up:
        renew_session(request)
        return redirect(back or "home")
    answer: HttpResponseBase = perform_login(request, Login(user=person, redirect_url=back, state={BY_PROVIDER: True}))
    request.session[PLACES] = [str(place.pharmacy_id) for place in places]
    return answer


def _failed(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Answer a failure: down and slow are remembered for a while, so that nobody else waits for nothing."""
    if isinstance(error, OSError):  # every failure of the network is one, in the library's client too
        log.warning("Pro Santé Connect does not answer: %s", type(error).__name__)
        cache.set(SILENT, value=True, timeout=PAUSE)
        return _silent(request)
    claim = str(error) if isinstance(error, ClaimError) else type(error).__name__
    log.warning("Pro Santé Connect was refused: %s", claim)
    return entrance_page(request, ENTRANCE["refused"], status=403)


def _silent(request: HttpRequest) -> HttpResponse:
    return entrance_page(request, ENTRANCE["silent"], status=503)
