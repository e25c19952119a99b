"""A person's ways in: passkeys, the application's codes, the password; and the pages that ask for one again."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import PasswordSetView
from allauth.mfa.adapter import get_adapter as factor_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.internal import auth
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from temoin.signin.enrolment import lock_person
from temoin.signin.freshness import has_second_factor, person, record_enrolment, renew_session
from temoin.signin.open_sessions import end_sessions, session_id

TYPE = Authenticator.Type


def security(request: HttpRequest) -> HttpResponse:
    """Show the person's factors, what to add, and the doors to the other pages of the account."""
    found = Authenticator.objects.filter(user_id=request.user.pk).order_by("created_at")
    passkeys = [{"row": one, "name": one.wrap().name} for one in found if one.type == TYPE.WEBAUTHN]
    application = next((one for one in found if one.type == TYPE.TOTP), None)
    return render(
        request,
        "web/security.html",
        {
            "passkeys": passkeys,
            "has_one_passkey": len(passkeys) == 1,
            "application": application,
            "must_set_up": not (passkeys or application or has_second_factor(request)),
            "has_codes": any(one.type == TYPE.RECOVERY_CODES for one in found),
            "removable": len(passkeys) + bool(application) > 1,
            "has_password": person(request).has_usable_password(),
        },
    )


def to_security(_request: HttpRequest) -> HttpResponse:
    """Answer an address that the library leads to and that the house does not have."""
    return redirect("mfa_index")


def confirm(request: HttpRequest) -> HttpResponse:
    """Lead to the best page where this person can confirm that it is them, and from there back."""
    methods = get_adapter(request).get_reauthentication_methods(request.user)
    if not methods:
        messages.info(request, _("Sign in again to go on."))
        return redirect("account_login")
    back = get_next_redirect_url(request) or "/"
    return redirect(f"{methods[0]['url']}?{urlencode({'next': back})}")


class SetPasswordView(PasswordSetView):  # type: ignore[misc] # the library has no types
    """Choose a first password. The library would end the session, and with it the enrolment under way."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the password, and this session under a new id."""
        form.save()
        self.request.session[HASH_SESSION_KEY] = form.user.get_session_auth_hash()
        renew_session(self.request)
        messages.success(self.request, _("The password is set."))
        return redirect("mfa_index" if has_second_factor(self.request) else "mfa_activate_totp")


class SetUpView(ActivateTOTPView):  # type: ignore[misc] # the library has no types
    """Set up the application that shows codes."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Lead whoever has an application already back; and first to a password, whoever has none."""
        if is_mfa_enabled(request.user, [TYPE.TOTP]):
            return redirect("mfa_index")
        if not person(request).has_usable_password():
            messages.info(request, _("The application's code goes with a password: choose one first."))
            return redirect("account_set_password")
        answer: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the factor; the code just typed counts as its first showing."""
        answer: HttpResponse = super().form_valid(form)
        application = Authenticator.objects.get(user_id=person(self.request).id, type=TYPE.TOTP)
        application.wrap().validate_code(form.cleaned_data["code"])  # so that it opens nothing a second time
        record_enrolment(self.request, TYPE.TOTP.value)
        return answer


class AddPasskeyView(AddWebAuthnView):  # type: ignore[misc] # the library has no types
    """Add a passkey that signs in alone: kept in the device, and unlocked by its owner."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Ask the browser for a discoverable credential with user verification."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"options": auth.begin_registration(self.request.user, passwordless=True)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Keep the passkey; unlocking it just now counts as its first showing."""
        answer: HttpResponse = super().form_valid(form)
        record_enrolment(self.request, TYPE.WEBAUTHN.value)
        return answer


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc] # the library has no types
    """Remove a passkey, never the last factor."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Remove it while the person's row is locked: two removals at once must not take both."""
        return remove_unless_last(self.request, self.get_object(), super().form_valid, form)


class RemoveApplicationView(DeactivateTOTPView):  # type: ignore[misc] # the library has no types
    """Take the application off, never the last factor."""

    def form_valid(self, form: Any) -> HttpResponse:
        """Take it off while the person's row is locked."""
        return remove_unless_last(self.request, form.authenticator, super().form_valid, form)


class ConfirmByPasskeyView(ReauthenticateWebAuthnView):  # type: ignore[misc] # the library has no types
    """Ask for a passkey again, and say so here when it was not accepted."""

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = self.render_to_response(self.get_context_data(form=form), status=400)
        return answer


def remove_unless_last(request: HttpRequest, factor: Authenticator, remove: Any, form: Any) -> HttpResponse:
    """Call `remove` unless the factor is the last one."""
    with transaction.atomic():
        lock_person(person(request).id)
        if factor_adapter().can_delete_authenticator(factor):
            answer: HttpResponse = remove(form)
            # The factor may have been stolen, and used.
            end_sessions(person(request), but=session_id(request.session.session_key))
            return answer
    messages.error(request, _("This is your last factor: add another one before removing it."))
    return redirect("mfa_index")
