"""What a program proposes of a signed result: a pharmacist signs it as the counter's own, or refuses it with a word."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from temoin.lib.errors import ConflictError, InvalidError, Problem
from temoin.pharmacies.seat import Seat
from temoin.testing.amendments import refuse_amendment, sign_amendment
from temoin.web.amendment_lines import Unsigned
from temoin.web.views.proposals import CHANGED, Batch, show_batch


def sign(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Sign the correction or the cancellation that the person saw."""
    seen = request.POST.get("seen", "")
    decide = partial(sign_amendment, by=seat, record_id=record_id, seen_version=seen)
    return _decided(request, seat, record_id, decide, done=_("What was proposed is signed and on its way."))


def refuse(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Refuse it: the result stands as it is signed."""
    seen, word = request.POST.get("seen", ""), request.POST.get("word", "")
    decide = partial(refuse_amendment, by=seat, record_id=record_id, seen_version=seen, word=word)
    return _decided(
        request, seat, record_id, decide, done=_("Refused: the result stays as it is, and the program is told.")
    )


def _decided(
    request: HttpRequest, seat: Seat, record_id: UUID, decide: Callable[[], object], *, done: str
) -> HttpResponse:
    word = request.POST.get("word", "")
    try:
        decide()
    except InvalidError as error:
        return show_batch(request, seat, Batch(), unsigned=Unsigned(record_id, word, error.problems))
    except ConflictError:
        if word:  # it stays in its field, beside what is proposed now
            changed = Unsigned(record_id, word, [Problem("word", "changed", CHANGED)])
            return show_batch(request, seat, Batch(), unsigned=changed)
        messages.warning(request, CHANGED)
    else:
        messages.success(request, done)
    return redirect("proposals")
