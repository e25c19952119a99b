"""The pages of a person's account: how they sign in, confirm that they are there, keep their ways, and are invited."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as second_factor
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.webauthn import views as passkeys

from temoin.web import pro_sante_connect as provider
from temoin.web.access import Access, GuardedRoute
from temoin.web.views import account as ways
from temoin.web.views import invitation, recovery, sessions

READ = ("GET",)
WRITE = ("POST",)
FORM = ("GET", "POST")


def _page(name: str, path: str, view: Any, access: Access = Access.SIGNED_IN, **more: Any) -> GuardedRoute:
    """Return a page of the account; most of them are forms."""
    return GuardedRoute(name=name, path=f"account/{path}", view=view, access=access, **{"methods": FORM, **more})


_SIGN_IN = [
    _page("account_login", "sign-in/", account.login, Access.PUBLIC),
    _page("account_logout", "sign-out/", account.logout, Access.PUBLIC),
    _page("account_inactive", "suspended/", account.account_inactive, Access.PUBLIC, methods=READ),
    _page("mfa_authenticate", "second-factor/", second_factor.authenticate, Access.PUBLIC),
    _page("mfa_login_webauthn", "sign-in/passkey/", passkeys.login_webauthn, Access.PUBLIC),
    _page("pro_sante_connect", "sign-in/pro-sante-connect/", provider.start, Access.PUBLIC, methods=READ),
    _page("pro_sante_connect_callback", "pro-sante-connect/", provider.callback, Access.PUBLIC, methods=READ),
    _page("enrol", "enrolment/", recovery.enter_code, Access.PUBLIC),
]
_CONFIRM = [
    _page("confirm", "confirm/", ways.confirm, Access.PASSWORD, methods=READ),
    _page("account_reauthenticate", "confirm/password/", account.reauthenticate, Access.PASSWORD),
    _page("mfa_reauthenticate", "confirm/code/", second_factor.reauthenticate),
    _page("mfa_reauthenticate_webauthn", "confirm/passkey/", ways.ConfirmByPasskeyView.as_view()),
]
_WAYS = [
    _page("mfa_index", "security/", ways.security, Access.PASSWORD, methods=READ),
    _page("account_change_password", "password/", account.password_change, step_up=True),
    _page("account_set_password", "password/first/", ways.SetPasswordView.as_view(), Access.PASSWORD, step_up=True),
    _page("mfa_activate_totp", "application/set-up/", ways.SetUpView.as_view(), Access.PASSWORD, step_up=True),
    _page("mfa_deactivate_totp", "application/remove/", ways.RemoveApplicationView.as_view(), step_up=True),
    _page("mfa_add_webauthn", "passkeys/add/", ways.AddPasskeyView.as_view(), Access.PASSWORD, step_up=True),
    _page("mfa_edit_webauthn", "passkeys/<int:pk>/rename/", passkeys.edit_webauthn, step_up=True),
    _page("mfa_remove_webauthn", "passkeys/<int:pk>/remove/", ways.RemovePasskeyView.as_view(), step_up=True),
    _page("mfa_list_webauthn", "passkeys/", ways.to_security, methods=READ),
    _page("mfa_view_recovery_codes", "recovery-codes/", codes.view_recovery_codes, methods=READ, step_up=True),
    _page("mfa_generate_recovery_codes", "recovery-codes/renew/", codes.generate_recovery_codes, step_up=True),
    _page("sessions", "sessions/", sessions.sessions, methods=READ),
    _page("end_session", "sessions/<str:session>/end/", sessions.end_session, methods=WRITE),
    _page("end_other_sessions", "sessions/end-others/", sessions.end_others, methods=WRITE),
]
_INVITATION = [
    GuardedRoute(name="invitation", path="invitation/", view=invitation.invitation, access=Access.PUBLIC, methods=FORM),
    GuardedRoute(
        name="invitation_account",
        path="invitation/account/",
        view=invitation.invitation_account,
        access=Access.PUBLIC,
        methods=FORM,
    ),
]
ACCOUNTS = [*_SIGN_IN, *_CONFIRM, *_WAYS, *_INVITATION]
