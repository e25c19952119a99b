"""Recovery by a second person: the colleague's page, and the page where the one-time code is typed."""

from __future__ import annotations

from uuid import UUID

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core import ratelimit
from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from temoin.pharmacies.seat import Seat
from temoin.signin.enrolment import enrol, find_resettable, reset_factors
from temoin.signin.freshness import ENROLMENT
from temoin.signin.tries import note_try
from temoin.web.errors import too_many
from temoin.web.pages import show


class EnrolmentForm(forms.Form):
    """Who one is, the code that a colleague reads out, and the password if one still has it."""

    email = forms.EmailField(label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "username"}))
    code = forms.CharField(label=_("Enrolment code"), max_length=20)
    password = forms.CharField(
        label=_("Password, if you still have one"),
        required=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


def enter_code(request: HttpRequest) -> HttpResponseBase:
    """Sign in with the one-time code, as far as the set-up of a factor and no further."""
    form = EnrolmentForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "web/enrol.html", {"form": form}, status=400 if form.errors else 200)
    told = form.cleaned_data
    if not ratelimit.consume(request, action="enrolment"):  # per caller: a code of 60 bits is not guessed
        return too_many(request)
    person = enrol(email=told["email"], code=told["code"], password=told["password"])
    if person is None:
        note_try(email=told["email"], way="enrolment")
        form.add_error(None, _("This address, code and password do not go together, or the code has expired."))
        return render(request, "web/enrol.html", {"form": form}, status=400)
    record_authentication(request, person, ENROLMENT)
    answer: HttpResponseBase = perform_login(request, Login(user=person, redirect_url="/account/security/"))
    return answer


def reset_colleague(request: HttpRequest, seat: Seat, member_id: UUID) -> HttpResponse:
    """Ask whether to reset a colleague's factors, then show the code, once."""
    other = find_resettable(by=seat, member_id=member_id)
    if request.method != "POST":
        return show(request, seat, "reset_colleague.html", colleague=other)
    code = reset_factors(by=seat, member_id=member_id, password_too=request.POST.get("password_too") == "yes")
    return show(request, seat, "enrolment_code.html", colleague=other, code=code)
