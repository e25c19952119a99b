"""Where a program is told of changes: registering an address, moving it, turning its secret, a trial, the end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.lib.errors import ConflictError, InvalidError, Problem
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.seat import Seat
from temoin.web.fields import Field, Typed
from temoin.web.pages import show
from temoin.web.webhook_words import TOLD, answer_words
from temoin.webhooks.actions import (
    BOTH_SECRETS,
    ShownSecret,
    end_webhook,
    move_webhook,
    register_webhook,
    try_webhook,
    turn_secret,
)
from temoin.webhooks.queries import read_webhook

_OVERTAKEN = gettext_lazy(
    "Nothing was done now: the address or the secret was changed since your page was shown, by a colleague or by a "
    "second press. Here is how it stands."
)
_OTHER_ADDRESS = gettext_lazy(
    "The address or the secret was changed since your page was shown. What you typed stands here: change it again."
)


def webhook(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    return _show(request, seat, program_id)


def register(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    """Register an address; then show the secret, once."""
    try:
        secret = register_webhook(by=seat, program_id=program_id, address=request.POST.get("address", ""))
    except InvalidError as error:
        return _show(request, seat, program_id, problems=error.problems)
    except ConflictError:
        return _show(request, seat, program_id, problems=[Problem("address", "changed", _OTHER_ADDRESS)])
    return _show(request, seat, program_id, secret=secret)


def move(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    try:
        address = request.POST.get("address", "")
        move_webhook(by=seat, program_id=program_id, address=address, expected_version=_seen(request))
    except InvalidError as error:
        return _show(request, seat, program_id, problems=error.problems)
    except ConflictError:
        return _show(request, seat, program_id, problems=[Problem("address", "changed", _OTHER_ADDRESS)])
    messages.success(request, _("The program is told at the new address from now on."))
    return redirect("webhook", program_id)


def turn(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    """Replace the secret, and show the new one, once; a reload of the page that shows it replaces nothing."""
    try:
        secret = turn_secret(by=seat, program_id=program_id, expected_version=_seen(request))
    except ConflictError:
        return _overtaken(request, program_id)
    return _show(request, seat, program_id, secret=secret)


def send_trial(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    try_webhook(by=seat, program_id=program_id)
    messages.success(request, _("The trial notice leaves in a few seconds: reload this page to see the answer."))
    return redirect("webhook", program_id)


def end(request: HttpRequest, seat: Seat, program_id: UUID) -> HttpResponse:
    try:
        end_webhook(by=seat, program_id=program_id, expected_version=_seen(request))
    except ConflictError:
        return _overtaken(request, program_id)
    messages.success(request, _("The program is told nothing any more."))
    return redirect("webhook", program_id)


def _seen(request: HttpRequest) -> str:
    return request.POST.get("seen", "")


def _overtaken(request: HttpRequest, program_id: UUID) -> HttpResponse:
    messages.warning(request, str(_OVERTAKEN))
    return redirect("webhook", program_id)


def _show(
    request: HttpRequest,
    seat: Seat,
    program_id: UUID,
    *,
    problems: list[Problem] | None = None,
    secret: ShownSecret | None = None,
) -> HttpResponse:
    told = read_webhook(by=seat, program_id=program_id)
    notices = told.webhook.notices if told.webhook else []
    address = told.webhook.address if told.webhook else ""
    answer = show(
        request,
        seat,
        "webhook.html",
        status=400 if problems else 200,
        program=told,
        webhook=told.webhook,
        field=_field(Typed(request.POST if problems else {"address": address}, problems or [])),
        rows=[(one, TOLD[one.kind], answer_words(one.answer_code)) for one in notices],
        secret=secret.text if secret else "",
        days=BOTH_SECRETS.days,
        problems=problems or [],
    )
    if secret:
        answer["Cache-Control"] = "no-store"
    return answer


def _field(typed: Typed) -> Field:
    return typed(
        "address",
        _("Address"),
        "url",
        required=True,
        hint=_("Where the program's maker wants notices: it begins with https://"),
        attributes={"maxlength": str(LONGEST["Webhook.address"])},
    )
