"""Groups tested in series: their list, and the page of one, kept live for everybody who works at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem
from temoin.lib.ids import new_id
from temoin.lib.lengths import LONGEST
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.group_queries import GroupLine, list_groups
from temoin.testing.groups import MOST, PlaceState, open_group, series_kinds
from temoin.web.fields import Choice, Field, Typed
from temoin.web.group_lines import RosterLine, roster, roster_mark
from temoin.web.pages import show
from temoin.web.scan_field import scan_field
from temoin.web.ticket_paper import ticket_of_new
from temoin.web.workstation import habits_of


def groups(request: HttpRequest, seat: Seat) -> HttpResponse:
    return _groups_page(request, seat, [])


def open_new(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Open a group; its id comes with the form, so that a double click opens one."""
    group_id, typed = _posted_id(request), request.POST
    try:
        open_group(
            by=seat,
            group_id=group_id,
            name=typed.get("name", ""),
            kind=typed.get("kind", ""),
            asker=typed.get("asker", ""),
        )
    except InvalidError as error:
        return _groups_page(request, seat, error.problems)
    except ConflictError:
        messages.info(request, _("This group was already opened: here it is."))
    return redirect("group", group_id)


def _posted_id(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("group_id", ""))
    except ValueError:
        raise NotFoundError from None


def _groups_page(request: HttpRequest, seat: Seat, problems: list[Problem]) -> HttpResponse:
    lines = list_groups(by=seat)
    return show(
        request,
        seat,
        "groups.html",
        status=400 if problems else 200,
        problems=problems,
        fields=_fields(Typed(request.POST if problems else {}, problems), habits_of(request).kind),
        group_id=new_id(),
        lines=[_counted(line) for line in lines],
    )


def _counted(line: GroupLine) -> tuple[GroupLine, int, int, int | str]:
    """Return a group with how many people it has, how many were tested, and how many are still to come."""
    expected = line.counts[PlaceState.EXPECTED] if line.group.is_open else "–"
    return line, len(line.group.places), line.counts[PlaceState.TESTED], expected


def _fields(typed: Typed, last: str) -> list[Field]:
    language = get_language() or "fr"
    kinds = [Choice(kind.code, kind.label(language)) for kind in series_kinds()]
    length = {"maxlength": str(LONGEST["Group.name"])}
    hint = _("School, care home, firm: it is shown here and on the attendance list, and never with a result.")
    return [
        typed("name", _("Name of the group"), required=True, hint=hint, attributes=length),
        typed("kind", _("Test"), "select", choices=kinds, required=True, initial=last),
        typed(
            "asker",
            _("Who asks for it"),
            hint=_("Doctor, head of the school, employer: for the attendance list."),
            attributes=length,
        ),
    ]


def group(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    return show_group(request, seat, group_id)


def show_group(
    request: HttpRequest,
    seat: Seat,
    group_id: UUID,
    *,
    problems: list[Problem] | None = None,
    opened: str = "",
) -> HttpResponse:
    """Return the page of a group, with what was wrong with a scan, or with the result of the row that is open."""
    problems = problems or []
    typed = Typed(request.POST, problems) if problems else None
    shown = roster(request, seat, group_id, opened=opened, typed=typed)
    lines: list[RosterLine] = shown["lines"]
    registers = shown["group"].is_open and has_right(by=seat, right=Right.REGISTER_TEST)
    leads = any(line.is_opened for line in lines)
    fields = [field for line in lines for field in line.fields]
    told = {field.name for field in fields}
    new = next((line.member.test for line in lines if line.is_new), None)
    return show(
        request,
        seat,
        "group.html",
        status=400 if problems else 200,
        problems=problems,
        scan_field=_scan(problems, leads=leads),
        people_fields=_people_fields(Typed(request.POST, problems)),
        opened_fields=fields,
        row_problems=[one for one in problems if one.field not in told],  # the row is in sight, and not the page's head
        may_import=has_right(by=seat, right=Right.IMPORT_RESULTS),
        may_close=registers,
        prints_labels=any(line.member.test is None for line in lines) and registers,
        is_unfolded=not lines or any(problem.field == "people" for problem in problems),
        ticket=ticket_of_new(request, seat, new),
        most=MOST,
        **shown,
    )


def _scan(problems: list[Problem], *, leads: bool) -> Field:
    return scan_field(
        label=_("Label, or beginning of a name"),
        hint=_("Scan the label, or type a name: the row opens. The next scan keeps what was chosen in it."),
        problems=problems,
        autofocus=not leads,
    )


def _people_fields(typed: Typed) -> list[Field]:
    hint = _("One person a line: birth name; given names; date of birth; sex (F or M); telephone; e-mail")
    return [typed("people", _("People"), "textarea", hint=hint, is_one_of=True)]


def fresh_roster(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Return the roster alone, or 304 while it is what the page shows already: then nobody looked at anything."""
    mark = roster_mark(request, seat, group_id)
    unchanged = get_conditional_response(request, etag=f'"{mark}"')
    if unchanged is not None:
        return unchanged
    shown: dict[str, Any] = roster(request, seat, group_id)
    answer = show(request, seat, "parts/roster.html", **shown)
    answer["ETag"] = f'"{mark}"'
    return answer
