"""Results of instruments that no test bears: looked at beside the tests under way, tied to one, or set aside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from temoin.catalogue.kinds import load_kinds, measured_by
from temoin.catalogue.outcomes import outcome
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.quantity import quantity_in
from temoin.pharmacies.seat import Seat
from temoin.testing.lists import TestRow, list_tests
from temoin.testing.orphans import OpenedOrphan, list_orphans, read_orphan, set_aside_orphan, tie_orphan
from temoin.testing.states import OrphanWhy, RecordState
from temoin.web.fields import Typed
from temoin.web.overtaken import overtaken
from temoin.web.pages import show
from temoin.web.wording import Words

_WHY: dict[OrphanWhy, Words] = {
    OrphanWhy.NO_NUMBER: gettext_lazy("No sample number of ours was scanned at the instrument."),
    OrphanWhy.UNKNOWN: gettext_lazy("No test here bears this number."),
    OrphanWhy.OVER: gettext_lazy("The test under this number is over."),
    OrphanWhy.NOT_SAMPLED: gettext_lazy("No sample was recorded for the test under this number."),
    OrphanWhy.OTHER_KIND: gettext_lazy("The test under this number is of another kind."),
    OrphanWhy.TWICE: gettext_lazy("The instrument told two results of one sample."),
    OrphanWhy.WAITS: gettext_lazy("Another result waits for a signature under this number."),
    OrphanWhy.PUT_ASIDE: gettext_lazy("A result under this number was put aside, perhaps this one."),
    OrphanWhy.RETURNED: gettext_lazy(
        "The instrument tells no time, and told the same of another test that bore this number within the month."
    ),
    OrphanWhy.UNFIT: gettext_lazy("It does not fit the test under this number: its time, its kit or what it reads."),
}


@dataclass(frozen=True)
class OrphanLine:
    """A result with the words for it."""

    orphan: OpenedOrphan
    findings: list[tuple[str, str]]
    why: Words


def orphans(request: HttpRequest, seat: Seat) -> HttpResponse:
    """List what waits for a person."""
    return show(request, seat, "orphans.html", lines=[_line(one) for one in list_orphans(by=seat)])


def orphan(request: HttpRequest, seat: Seat, orphan_id: UUID) -> HttpResponse:
    """Show a result beside the tests that it may be of."""
    return _show(request, seat, orphan_id)


def tie(request: HttpRequest, seat: Seat, orphan_id: UUID) -> HttpResponse:
    """Propose it for the test chosen."""
    try:
        record_id = UUID(request.POST.get("test", ""))
    except ValueError:
        return _show(request, seat, orphan_id, [Problem("", "required", _("Choose the test in the list."))])
    comment = request.POST.get("comment", "")
    try:
        tie_orphan(by=seat, orphan_id=orphan_id, record_id=record_id, comment=comment)
    except InvalidError as error:
        return _show(request, seat, orphan_id, error.problems)
    except (ConflictError, NotFoundError):
        return _overtaken(request)
    messages.success(request, _("The result is proposed for this test: check it, and sign."))
    return redirect("proposals")


def set_aside(request: HttpRequest, seat: Seat, orphan_id: UUID) -> HttpResponse:
    """Note why it is of no test here."""
    try:
        set_aside_orphan(by=seat, orphan_id=orphan_id, reason=request.POST.get("reason", ""))
    except InvalidError as error:
        return _show(request, seat, orphan_id, error.problems)
    except ConflictError:
        return _overtaken(request)
    messages.success(request, _("The result was set aside."))
    return redirect("orphans")


def _overtaken(request: HttpRequest) -> HttpResponse:
    told = _("Somebody else was faster: here is how it stands.")
    return overtaken(request, told, redirect("orphans"), typed=("comment", "reason"))


def _show(request: HttpRequest, seat: Seat, orphan_id: UUID, problems: Sequence[Problem] = ()) -> HttpResponse:
    try:
        line = _line(read_orphan(by=seat, orphan_id=orphan_id))
    except ConflictError:
        return _overtaken(request)
    typed = Typed(request.POST.dict(), list(problems))
    comment = typed("comment", _("Comment"), kind="textarea", hint=_("Needed where the reading time is over."))
    reason = typed("reason", _("Why is it of no test here?"), kind="textarea", required=True)
    return show(
        request,
        seat,
        "orphan.html",
        status=400 if problems else 200,
        line=line,
        tests=[row for row in list_tests(by=seat).under_way if _may_be_of(line.orphan, row)],
        comment=comment,
        reason=reason,
        problems=list(problems),
    )


def _may_be_of(one: OpenedOrphan, row: TestRow) -> bool:
    is_free = row.state == RecordState.SAMPLED and not row.proposed_by
    return is_free and one.result.outcomes(row.kind) is not None


def _line(one: OpenedOrphan) -> OrphanLine:
    return OrphanLine(one, [_words(*finding) for finding in one.result.findings], _WHY[one.why])


def _words(loinc: str, code: str) -> tuple[str, str]:
    """Return what was looked for and what was found; a test that we do not know goes by its code."""
    language = get_language() or "fr"
    known = (target for kind in load_kinds().values() if (target := kind.target_of(loinc)) is not None)
    target = next(known, None)
    label = target.label(language) if target else f"LOINC {loinc}"
    if measured_by(loinc):
        quantity = quantity_in(code)
        return label, quantity.words(language) if quantity else code  # LO and HI stay until the instrument is known
    return label, capfirst(outcome(code).label(language))
