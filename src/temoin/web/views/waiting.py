"""Those who wait for their sample: called, not there, put before the others."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from temoin.lib.errors import ConflictError, NotFoundError
from temoin.pharmacies.seat import Seat
from temoin.testing.waiting import WaitMark, mark_waiting, unmark_waiting
from temoin.web.addresses import in_place, lead_to_row
from temoin.web.wording import Words

UNDO = "undo-"
_DONE: dict[str, Words] = {
    "called": gettext_lazy("Noted as called."),
    "undo-called": gettext_lazy("The call was taken back."),
    "absent": gettext_lazy("Noted as not there: the test stands behind the others."),
    "undo-absent": gettext_lazy("Noted as there again."),
    "first": gettext_lazy("Put before the others."),
    "undo-first": gettext_lazy("Back in order of arrival."),
}


def wait(request: HttpRequest, seat: Seat, record_id: UUID) -> HttpResponse:
    """Note something of a patient who waits, or take it back; whoever was called is sampled next."""
    done = request.POST.get("do", "")
    if done not in _DONE:
        raise NotFoundError
    act = unmark_waiting if done.startswith(UNDO) else mark_waiting
    try:
        act(by=seat, record_id=record_id, mark=WaitMark(done.removeprefix(UNDO)), seen=request.POST.get("seen", ""))
    except ConflictError:
        messages.info(request, _("Somebody else was faster: here is how it stands."))
    else:
        messages.success(request, str(_DONE[done]))
    answer = lead_to_row(record_id) if done == WaitMark.CALLED else redirect("home")
    return in_place(request, answer)
