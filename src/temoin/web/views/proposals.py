"""What programs propose, and what was read in a group: looked through by a pharmacist, who signs what is right."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from temoin.catalogue.outcomes import NEGATIVE, specimen
from temoin.crypto.envelope import SealBrokenError
from temoin.journal.alerts import note_broken_seal
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.pharmacies.policies import may_sign
from temoin.pharmacies.seat import Seat
from temoin.testing.groups import OpenedGroup
from temoin.testing.proposals import (
    ProposedTest,
    proposed_among,
    proposed_tests,
    put_aside_proposal,
    sign_proposal,
)
from temoin.web.amendment_lines import Unsigned, amendment_lines
from temoin.web.findings import ReadTarget, findings_of
from temoin.web.pages import page_links, page_number, show
from temoin.web.test_steps import Moment, moments_of_report
from temoin.web.times import local_minute
from temoin.web.wording import Words

TICKED = "take"
CHANGED = gettext_lazy("This changed since the page was shown: look at it again.")
_NOT_YOURS = gettext_lazy("Your profession does not sign this kind of test.")
_UNREADABLE = gettext_lazy("This cannot be read any more. The owners are told.")

_TEXTS_OF_PROPOSALS: dict[str, Words] = {
    "title": gettext_lazy("Proposed results"),
    "intro": gettext_lazy(
        "A program of the pharmacy handed these in. None is signed: compare each with what you read, tick what is "
        "right, and sign. The result then goes to the patient and to the destinations that may have it."
    ),
    "noted": gettext_lazy("Proposed"),
    "nothing": gettext_lazy("Nothing is proposed."),
}
_TEXTS_OF_GROUP: dict[str, Words] = {
    "title": gettext_lazy("Results to sign"),
    "intro": gettext_lazy(
        "None is signed. Negative results are ticked; look at each of the others, and tick it yourself. Each is signed "
        "by itself, and goes to its patient and to the destinations that may have it."
    ),
    "noted": gettext_lazy("Noted"),
    "nothing": gettext_lazy("Nothing waits for a signature."),
}


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
    is_ticked: bool  # beforehand

    @property
    def value(self) -> str:
        """Return what its box sends: the test, and a digest of what the person sees."""
        return f"{self.proposed.opened.record_id} {self.proposed.seen_version}"

    @property
    def is_ticked_here(self) -> bool:
        """Tell whether it is signed from this page; a logigram is shown on the test's own."""
        return self.may_sign and not self.proposed.has_page_of_its_own

    @property
    def box(self) -> str:
        """Return the flag of its box."""
        return "checked" if self.is_ticked else ""

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Return what the form of the test would send, for the page before the signature."""
        reading = self.proposed.proposal.reading
        pressed = "" if reading.is_typed else reading.read_at.isoformat()
        read_at = reading.read_at.isoformat() if reading.is_typed else local_minute(reading.read_at)
        outcomes = [(f"outcome-{target}", outcome) for target, outcome in reading.outcomes.items()]
        return [*outcomes, ("read_at", read_at), ("read_at-instant", pressed), ("comment", reading.comment)]


@dataclass(frozen=True)
class Batch:
    """What is looked through and signed together: all that programs propose, or what was read in a group."""

    group: OpenedGroup | None = None
    among: Collection[UUID] | None = None  # the tests of the group

    def address(self, act: str, page: int = 0) -> str:
        """Return where the page is, or where its form goes: "", "sign" or "put_aside"."""
        if self.group is None:
            address = reverse(f"{act}_proposals" if act else "proposals")
            return f"{address}?page={page}" if page else address
        return reverse(f"{act or 'review'}_group", args=[self.group.id])


def proposals(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what is proposed."""
    return show_batch(request, seat, Batch())


def sign(request: HttpRequest, seat: Seat) -> HttpResponse:
    return sign_batch(request, seat, Batch())


def put_aside(request: HttpRequest, seat: Seat) -> HttpResponse:
    return put_batch_aside(request, seat, Batch())


def sign_batch(request: HttpRequest, seat: Seat, batch: Batch) -> HttpResponse:
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
    return show_batch(request, seat, batch, troubles) if troubles else _again(request, batch, signed)


def put_batch_aside(request: HttpRequest, seat: Seat, batch: Batch) -> HttpResponse:
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
    return show_batch(request, seat, batch, troubles) if troubles else _again(request, batch, done)


def _again(request: HttpRequest, batch: Batch, done: int) -> HttpResponse:
    if not done:
        messages.info(request, _("Nothing was ticked, or somebody was faster: nothing was done."))
    if done and batch.group is not None:
        return redirect("group", batch.group.id)
    return redirect(batch.address(""))


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
        return CHANGED
    except DeniedError:
        return _NOT_YOURS
    except InvalidError as error:
        return error.problems[0].message
    except SealBrokenError as error:
        note_broken_seal(error, origin="page")
        return _UNREADABLE
    return ""


def show_batch(
    request: HttpRequest,
    seat: Seat,
    batch: Batch,
    troubles: dict[UUID, str | Promise] | None = None,
    *,
    unsigned: Unsigned | None = None,
) -> HttpResponse:
    """Show what waits, each with its trouble; a trouble of what no longer waits is told above."""
    troubles = troubles or {}
    page = page_number(request)
    found, has_more = _waiting(seat, batch, page)
    lines = [_line(seat, one, troubles.pop(one.opened.record_id, "")) for one in found]
    for trouble in dict.fromkeys(str(one) for one in troubles.values()):
        messages.warning(request, trouble)
    amended = amendment_lines(seat, unsigned) if batch.group is None else []
    status = 400 if troubles or unsigned or any(line.trouble for line in lines) else 200
    return show(
        request,
        seat,
        "proposals.html",
        status=status,
        lines=lines,
        amended=amended,
        problems=unsigned.problems if unsigned else [],
        ticked=TICKED,
        group=batch.group,
        texts=_TEXTS_OF_PROPOSALS if batch.group is None else _TEXTS_OF_GROUP,
        sign_at=batch.address("sign", page),
        aside_at=batch.address("put_aside", page),
        pages=page_links(batch.address(""), page, has_more=has_more),
    )


def _waiting(seat: Seat, batch: Batch, page: int) -> tuple[list[ProposedTest], bool]:
    """Return what a page of it shows, and whether there is more; a group stands on one page."""
    if batch.among is not None:
        return proposed_among(by=seat, record_ids=batch.among), False
    found = proposed_tests(by=seat, page=page)
    return found.tests, found.has_more


def _line(seat: Seat, one: ProposedTest, trouble: str | Promise) -> ProposedLine:
    language = get_language() or "fr"
    opened, used = one.opened, one.opened.kit
    findings = findings_of(one.report, opened.kind)
    # What a person noted is negative or gets a look of its own; of a program's, each does.
    is_plain = not one.proposal.program and all(finding.means == NEGATIVE for finding in findings)
    return ProposedLine(
        one,
        findings,
        moments_of_report(one.report),
        specimen(opened.sealed["specimen"]).label(language),
        f"{used.label(language)}, {one.report.device.lot}" if used is not None else "",
        may_sign(by=seat, signers=opened.kind.signers),
        trouble,
        is_plain and not trouble,
    )
