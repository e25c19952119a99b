"""What programs propose: looked through by a pharmacist, who signs what is right and puts the rest aside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from temoin.lib.errors import ConflictError, DeniedError, InvalidError
from temoin.pharmacies.policies import may_sign
from temoin.pharmacies.seat import Seat
from temoin.testing.proposals import ProposedTest, proposed_tests, sign_proposal, withdraw_proposal
from temoin.web.findings import ReadTarget, findings_to_sign
from temoin.web.pages import show
from temoin.web.test_lines import kits_of

TICKED = "take"
_CHANGED = gettext_lazy("This changed since the page was shown: look at it again.")
_NOT_YOURS = gettext_lazy("Your profession does not sign this kind of test.")


@dataclass(frozen=True)
class ProposedLine:
    """A line of the page."""

    proposed: ProposedTest
    findings: list[ReadTarget]
    kit: str
    may_sign: bool
    trouble: str | Promise  # why it was not signed just now, "" for nothing

    @property
    def value(self) -> str:
        """Return what its box sends: the test, and the proposal that the person sees."""
        return f"{self.proposed.test.id} {self.proposed.proposal.seen_version}"


def proposals(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what is proposed."""
    return _page(request, seat, {})


def sign(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Sign what is ticked, each by itself: what cannot be signed stays with its reason, and keeps no other from it."""
    troubles: dict[UUID, str | Promise] = {}
    signed = 0
    for record_id, seen in _ticked(request):
        trouble = _trouble_of(partial(sign_proposal, by=seat, record_id=record_id, seen_version=seen))
        if trouble:
            troubles[record_id] = trouble
        signed += not trouble
    if signed:
        told = ngettext(
            "%(number)d result is signed and on its way.", "%(number)d results are signed and on their way.", signed
        )
        messages.success(request, told % {"number": signed})
    return _page(request, seat, troubles) if troubles else _again(request, signed)


def put_aside(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Put aside what is ticked: those tests wait for their result as before."""
    done = 0
    for record_id, _seen in _ticked(request):
        done += not _trouble_of(partial(withdraw_proposal, by=seat, record_id=record_id))
    if done:
        told = ngettext("%(number)d proposal was put aside.", "%(number)d proposals were put aside.", done)
        messages.success(request, told % {"number": done})
    return _again(request, done)


def _again(request: HttpRequest, done: int) -> HttpResponse:
    if not done:
        messages.info(request, _("Nothing was ticked, or somebody was faster: nothing was done."))
    return redirect("proposals")


def _ticked(request: HttpRequest) -> list[tuple[UUID, str]]:
    """Return what is ticked; what no page of ours sends is passed over."""
    found = []
    for value in request.POST.getlist(TICKED):
        record_id, _space, seen = value.partition(" ")
        try:
            found.append((UUID(record_id), seen))
        except ValueError:
            continue
    return found


def _trouble_of(act: Callable[[], Any]) -> str | Promise:
    """Do it; return why it could not be done, "" when it was."""
    try:
        act()
    except ConflictError:
        return _CHANGED
    except DeniedError:
        return _NOT_YOURS
    except InvalidError as error:
        return error.problems[0].message
    return ""


def _page(request: HttpRequest, seat: Seat, troubles: dict[UUID, str | Promise]) -> HttpResponse:
    found = proposed_tests(by=seat)
    kits = kits_of(seat, [one.test for one in found])
    lines = [
        ProposedLine(
            one,
            findings_to_sign(one.proposal.reading, one.test.kind),
            kits.get(one.test.lot_id, "") if one.test.lot_id else "",
            may_sign(by=seat, signers=one.test.kind.signers),
            troubles.get(one.test.id, ""),
        )
        for one in found
    ]
    return show(request, seat, "proposals.html", status=400 if troubles else 200, lines=lines, ticked=TICKED)
