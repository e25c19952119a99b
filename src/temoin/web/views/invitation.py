"""Taking up an invitation: the code, then a new account or the one that the person has, then the second factor."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from temoin.lib.errors import ConflictError, NotFoundError, Problem
from temoin.pharmacies.invitations import AwaitsApprovalError, Offer, accept_offer, find_offer, read_offer
from temoin.pharmacies.professions import LABEL
from temoin.signin.freshness import has_second_factor
from temoin.signin.joining import HasAccountError, enrol_with_password
from temoin.web.errors import too_many
from temoin.web.fields import Field, Typed
from temoin.web.seats import bind_session
from temoin.web.told import told

OFFER = "offer"  # pharmacy and invitation that the code led to; the code itself is not kept


def invitation(request: HttpRequest) -> HttpResponse:
    problems: list[Problem] = []
    if request.method == "POST":
        if not ratelimit.consume(request, action="invitation"):
            return too_many(request)
        try:
            offer = find_offer(code=request.POST.get("code", ""))
        except AwaitsApprovalError:
            problems = [
                Problem("code", "waiting", _("This invitation waits for the approval of the pharmacy's owner."))
            ]
        except NotFoundError:
            problems = [Problem("code", "unknown", _("This code opens nothing: it is wrong, was used, or is too old."))]
        else:
            request.session[OFFER] = [str(offer.pharmacy_id), str(offer.invitation_id)]
            return redirect("invitation_account")
    field = Typed({}, problems)("code", _("Code of the invitation"), required=True, autofocus=True)
    context = {"fields": [field], "problems": told(problems, field)}
    return render(request, "web/invitation.html", context, status=400 if problems else 200)


def invitation_account(request: HttpRequest) -> HttpResponse:
    """Make the invited person's account, or add the place to the account with which they are signed in."""
    offer = _offer(request)
    if offer is None:
        return redirect("invitation")
    if not request.user.is_authenticated:
        return _with_new_account(request, offer)
    if not has_second_factor(request):
        return redirect("home")  # which leads to the second factor first
    return _with_this_account(request, offer)


def _offer(request: HttpRequest) -> Offer | None:
    try:
        pharmacy_id, invitation_id = (UUID(one) for one in request.session.get(OFFER, []))
        return read_offer(pharmacy_id=pharmacy_id, invitation_id=invitation_id)
    except (ValueError, NotFoundError):
        return None


def _with_new_account(request: HttpRequest, offer: Offer) -> HttpResponse:
    password = request.POST.get("password", "")
    problems = _password_problems(request, offer, password) if request.method == "POST" else []
    if request.method != "POST" or problems:
        return _show(request, offer, problems, fields=_password_fields(problems))
    try:
        person = enrol_with_password(offer=offer, password=password)
    except HasAccountError:
        messages.info(request, _("Sign in with your account first: it then gets its place here."))
        return redirect(f"{reverse('account_login')}?next={reverse('invitation_account')}")
    del request.session[OFFER]
    get_adapter().login(request, person)
    # The password was typed a moment ago: setting up the second factor need not ask for it again.
    record_authentication(request, person, method="password", reauthenticated=True)
    return redirect("home")


def _with_this_account(request: HttpRequest, offer: Offer) -> HttpResponse:
    person = cast("Any", request.user)
    if person.email != offer.email:
        return _show(
            request, offer, [Problem("", "another", _("This invitation is for another address: sign out first."))]
        )
    if request.method != "POST":
        return _show(request, offer, [])
    try:
        accept_offer(offer=offer, person_id=person.id, email=person.email)
    except ConflictError:
        advice = _("You have a place in this team already; it may be suspended: ask who manages the team.")
        return _show(request, offer, [Problem("", "seated", advice)])
    del request.session[OFFER]
    bind_session(request, offer.pharmacy_id)
    return redirect("home")


def _password_problems(request: HttpRequest, offer: Offer, password: str) -> list[Problem]:
    if password != request.POST.get("again", ""):
        return [Problem("again", "different", _("The two passwords differ."))]
    try:
        validate_password(password, get_user_model()(email=offer.email))
    except ValidationError as error:
        return [Problem("password", "weak", message) for message in error.messages]
    return []


def _password_fields(problems: list[Problem]) -> list[Field]:
    typed = Typed({}, problems)  # a password is never sent back
    kept = {"autocomplete": "new-password"}
    hint = _("At least 12 characters: mix upper case, lower case, digits and others, or take a long phrase.")
    return [
        typed("password", _("Password"), "password", required=True, hint=hint, attributes=kept),
        typed("again", _("The same password again"), "password", required=True, attributes=kept),
    ]


def _show(request: HttpRequest, offer: Offer, problems: list[Problem], **context: Any) -> HttpResponse:
    shared = {"offer": offer, "profession": LABEL[offer.profession], "problems": told(problems, context.get("fields"))}
    return render(request, "web/invitation_account.html", {**shared, **context}, status=400 if problems else 200)
