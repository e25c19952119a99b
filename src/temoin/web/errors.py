"""Every error as a page, in one place; the pages say what to do and never what was being handled."""

from __future__ import annotations

import logging
import secrets
import sys
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from temoin.crypto.envelope import SealBrokenError
from temoin.journal.alerts import note_broken_seal
from temoin.lib.away import as_told, is_away
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError, Problem, TemoinError
from temoin.patients.queries import MergedError
from temoin.web.away import away_page
from temoin.web.unreadable_words import what_of
from temoin.web.wording import ENTRANCE, RIGHT_WORDS, Words

log = logging.getLogger("temoin.web")


def error_page(request: HttpRequest, error: TemoinError) -> HttpResponse:
    """Return the page for an error that a room raised."""
    if isinstance(error, NotFoundError):
        return not_found(request)
    if isinstance(error, DeniedError):
        return denied(request, right=str(error))
    if isinstance(error, MergedError):
        messages.info(
            request, _("This record was merged into another of the same patient: here is the one that stays.")
        )
        return redirect("patient", error.stays)
    if isinstance(error, ConflictError):
        return _page(
            request,
            409,
            _("Someone else was first"),
            _("This was already done, by a colleague or by a double click. Nothing was written twice."),
        )
    if isinstance(error, InvalidError):
        title = _("This cannot be recorded as it is")
        return _page(request, 400, title, _("Go back and check what was entered."), problems=error.problems)
    raise error


def not_found(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 Django names it
) -> HttpResponse:
    """Return the one 404 page: unknown, malformed and another pharmacy's look the same."""
    return _page(
        request,
        404,
        _("Page not found"),
        _("This page does not exist, or does not belong to your pharmacy."),
    )


def denied(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 Django names it
    *,
    right: str = "",
) -> HttpResponse:
    """Return the page that names the missing right in plain words."""
    words = RIGHT_WORDS.get(right)
    advice = (
        _("Your profession does not allow you to %(act)s. Ask a pharmacist.") % {"act": words}
        if words
        else _("This page is not open to your account.")
    )
    return _page(request, 403, _("You may not do this"), advice)


def bad_request(
    request: HttpRequest,
    exception: Exception | None = None,  # noqa: ARG001 Django names it
) -> HttpResponse:
    """Return the page for a request that no page of ours makes."""
    return _page(
        request, 400, _("The request was not understood"), _("Go back to the list and start again from there.")
    )


def method_not_allowed(request: HttpRequest, methods: tuple[str, ...]) -> HttpResponse:
    """Return the page for an address that does not answer this method."""
    response = _page(
        request,
        405,
        _("There is no page at this address"),
        _("Go back to the list and start again from there."),
    )
    response["Allow"] = ", ".join(methods)
    return response


def too_many(request: HttpRequest) -> HttpResponse:
    """Return the page for a caller who tries too often."""
    return entrance_page(request, ENTRANCE["too many"], status=429)


def entrance_page(request: HttpRequest, words: tuple[Words, Words], *, status: int) -> HttpResponse:
    """Return a page that says why a sign-in stopped, and leads back to the ways in."""
    title, advice = words
    return render(request, "web/error.html", {"title": title, "advice": advice, "at_entrance": True}, status=status)


def failed(request: HttpRequest) -> HttpResponse:
    """Return the page for a defect of ours: a number to quote, and nothing else."""
    error = sys.exc_info()[1]
    if is_away(error):
        return away_page(request, error)
    note_broken_seal(error, origin="page")
    if isinstance(error, SealBrokenError) and error.row is not None:
        return _unreadable(request, *error.row)
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=True)
    advice = _("The incident has the number %(number)s. Nothing was half-written: look at the list, then try again.")
    return as_told(_page(request, 500, _("Something went wrong here"), advice % {"number": incident}))


def _unreadable(request: HttpRequest, _pharmacy_id: UUID, table: str, row_id: UUID) -> HttpResponse:
    """Return the page for what was altered, or whose key is gone: what it is, and whom to call."""
    log.error("a page cannot be shown: row %s of %s does not open", row_id, table)
    advice = _(
        "What this page shows was altered, or its key is missing. The owners of the pharmacy are told. Call the "
        "operator of Témoin with this number: %(what)s %(number)s. All other pages go on working."
    )
    return as_told(_page(request, 500, _("This cannot be read"), advice % {"what": what_of(table), "number": row_id}))


def _page(
    request: HttpRequest, status: int, title: str, advice: str, *, problems: list[Problem] | None = None
) -> HttpResponse:
    # No seat, no form and no token: the page of another pharmacy's object is, to the byte, that of an unknown one.
    context = {"title": title, "advice": advice, "problems": problems or []}
    return render(request, "web/error.html", context, status=status)
