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
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from temoin.catalogue.outcomes import specimen
from temoin.crypto.envelope import SealBrokenError
from temoin.journal.alerts import note_broken_seal
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.pharmacies.policies import may_sign
from temoin.pharmacies.seat import Seat
from temoin.testing.proposals import ProposedTest, proposed_tests, put_aside_proposal, sign_proposal
from temoin.web.findings import ReadTarget, findings_of
from temoin.web.pages import show
from temoin.web.test_steps import Moment, moments_of_report
from temoin.web.times import local_minute

TICKED = "take"
_CHANGED = gettext_lazy("This changed since the page was shown: look at it again.")
_NOT_YOURS = gettext_lazy("Your profession does not sign this kind of test.")
_UNREADABLE = gettext_lazy("This cannot be read any more. The owners are told.")


@dataclass(frozen=True)
class ProposedLine:
    """A line of the page: all that the signature will hold."""

    proposed: ProposedTest
    findings: list[ReadTarget]
    moments: list[Moment]
    specimen: str
    kit: str
    may_sign: bool
    trouble: str | Promise  # why it was not signed just now, "" for nothing

    @property
    def value(self) -> str:
        """Return what its box sends: the test, and a digest of what the person sees."""
        return f"{self.proposed.opened.record_id} {self.proposed.seen_version}"

    @property
    def is_ticked_here(self) -> bool:
        """Tell whether it is signed from this page; a logigram is shown on the test's own."""
        return self.may_sign and not self.proposed.has_page_of_its_own

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Return what the form of the test would send, for the page before the signature."""
        reading = self.proposed.proposal.reading
        pressed = "" if reading.is_typed else reading.read_at.isoformat()
        read_at = reading.read_at.isoformat() if reading.is_typed else local_minute(reading.read_at)
        outcomes = [(f"outcome-{target}", outcome) for target, outcome in reading.outcomes.items()]
        return [*outcomes, ("read_at", read_at), ("read_at-instant", pressed), ("comment", reading.comment)]


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
    troubles: dict[UUID, str | Promise] = {}
    for record_id, seen in _ticked(request):
        trouble = _trouble_of(partial(put_aside_proposal, by=seat, record_id=record_id, seen_version=seen))
        if trouble:
            troubles[record_id] = trouble
        done += not trouble
    if done:
        told = ngettext("%(number)d proposal was put aside.", "%(number)d proposals were put aside.", done)
        messages.success(request, told % {"number": done})
    return _page(request, seat, troubles) if troubles else _again(request, done)


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
    except (ConflictError, NotFoundError):
        return _CHANGED
    except DeniedError:
        return _NOT_YOURS
    except InvalidError as error:
        return error.problems[0].message
    except SealBrokenError as error:
        note_broken_seal(error, origin="page")
        return _UNREADABLE
    return ""


def _page(request: HttpRequest, seat: Seat, troubles: dict[UUID, str | Promise]) -> HttpResponse:
    """Show what waits, each with its trouble; a trouble of what no longer waits is told above."""
    lines = [_line(seat, one, troubles.pop(one.opened.record_id, "")) for one in proposed_tests(by=seat)]
    for trouble in dict.fromkeys(str(one) for one in troubles.values()):
        messages.warning(request, trouble)
    status = 400 if troubles or any(line.trouble for line in lines) else 200
    return show(request, seat, "proposals.html", status=status, lines=lines, ticked=TICKED)


def _line(seat: Seat, one: ProposedTest, trouble: str | Promise) -> ProposedLine:
    language = get_language() or "fr"
    opened, used = one.opened, one.opened.kit
    return ProposedLine(
        one,
        findings_of(one.report, opened.kind),
        moments_of_report(one.report),
        specimen(opened.sealed["specimen"]).label(language),
        f"{used.label(language)}, {one.report.device.lot}" if used is not None else "",
        may_sign(by=seat, signers=opened.kind.signers),
        trouble,
    )
