"""What is done at a group's roster: scan, sample, note a result, tick off, add people, close."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from temoin.formats.csv.template import HEADING_OF_TYPED, list_of_lines
from temoin.intake import turns
from temoin.intake.handing import hand_in, try_file
from temoin.intake.held import FileKind
from temoin.lib.clock import now
from temoin.lib.errors import ConflictError, InvalidError, NotFoundError, Problem, refuse
from temoin.lib.names import loose_name, plain_beginnings, plain_name
from temoin.patients.actions import check_notice
from temoin.pharmacies.seat import Seat
from temoin.scanning.scan import ScanKind
from temoin.testing.actions import start_reading
from temoin.testing.group_queries import GroupMember, GroupView, group_named, read_group
from temoin.testing.groups import PlaceState, close_group, join_group, mark_place, sample_place
from temoin.testing.proposals import enter_result
from temoin.testing.sample import Start
from temoin.web.addresses import NEW, ROW
from temoin.web.record_forms import read_reading
from temoin.web.sampled_now import sample_now
from temoin.web.scan_field import SCAN, posted_scan
from temoin.web.views.groups import show_group
from temoin.web.workstation import station_of


def scan(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Keep what was chosen in the row that is open, then open the row of the label scanned, or of the name typed."""
    view = read_group(by=seat, group_id=group_id)
    refused = _keep(request, seat, view)
    if refused is not None:
        return refused
    try:
        found = _asked(request, view)
    except InvalidError as error:
        return show_group(request, seat, group_id, problems=error.problems)
    return _lead(group_id, **({ROW: found} if found else {}))


def _keep_chosen(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse | None:
    """Keep what was chosen in the open row before another is acted upon, or return the page that says why not."""
    if not request.POST.get("entered") or not read_reading(request.POST).outcomes:
        return None
    return _keep(request, seat, read_group(by=seat, group_id=group_id))


def _keep(request: HttpRequest, seat: Seat, view: GroupView) -> HttpResponse | None:
    entered = request.POST.get("entered", "")
    try:
        _note(request, seat, view, entered)
    except InvalidError as error:
        return show_group(request, seat, view.group.id, problems=error.problems, opened=entered)
    return None


def _note(request: HttpRequest, seat: Seat, view: GroupView, number: str) -> None:
    """Note the result that was chosen in a row; nothing where none was."""
    reading = read_reading(request.POST)
    member = next((one for one in view.members if one.place.number == number), None)
    if member is None or member.test is None or not reading.outcomes:
        return
    if member.proposal is not None and member.proposal.reading.outcomes == reading.outcomes:
        return  # looked at again, and left as it was
    try:
        seen = request.POST.get("seen", "")
        enter_result(by=seat, record_id=member.test.id, reading=reading, expected=seen)
    except ConflictError:
        words = _("Sample %(number)s was noted or signed by somebody else meanwhile: nothing of yours was noted.")
        messages.warning(request, words % {"number": number})
    else:
        messages.success(request, _("Noted, to be signed: sample %(number)s.") % {"number": number})


def _asked(request: HttpRequest, view: GroupView) -> str:
    """Return the number of the row that was asked for; "" where nothing was."""
    pressed = request.POST.get("next", "")
    if any(one.place.number == pressed for one in view.members):
        return pressed
    text = request.POST.get(SCAN, "").strip()
    named = [one for one in view.members if text and _begins(one, text)]
    if len(named) == 1:
        return named[0].place.number
    if named:
        raise refuse(SCAN, "several", _("Several people of this group are called so: type more, or scan the label."))
    scan = posted_scan(request, {ScanKind.SAMPLE}) if any(sign.isdigit() for sign in text) else None
    if scan is None and text:
        raise refuse(SCAN, "nobody", _("Nobody of this group is called so."))
    if scan is None:
        return ""
    if not any(one.place.number == scan.number for one in view.members):
        raise refuse(SCAN, "no_test", _("This label is of nobody in this group."))
    return scan.number


def _begins(member: GroupMember, text: str) -> bool:
    wanted = plain_beginnings(text)
    known = [plain_name(name) for name in (member.traits.name, member.traits.birth_family_name)]
    return any(name.startswith(wanted) for plain in known for name in (plain, loose_name(plain)))


def sample(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Register the test of a person who consents, and its sample, by one press."""
    number, station = request.POST.get("number", ""), station_of(request)
    refused = _keep_chosen(request, seat, group_id)
    if refused is not None:
        return refused
    kind = group_named(by=seat, group_id=group_id).kind
    try:
        taken = sample_now(seat, kind, station=station, shown=request.POST.get("lot", ""))
        record_id = sample_place(
            by=seat,
            group_id=group_id,
            number=number,
            notice_version=check_notice(request.POST.get("consent", "")),
            sample=taken,
            station=station.name,
        )
    except InvalidError as error:
        for problem in error.problems:
            messages.error(request, str(problem.message))
        return _lead(group_id, **{ROW: number})
    except ConflictError:
        return _overtaken(request, group_id)
    return _lead(group_id, **{NEW: str(record_id)})


def start(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Start the reading clock of a sample, which nobody started since the row was shown: "number state" says which."""
    number, _space, seen = request.POST.get("start", "").partition(" ")
    places = group_named(by=seat, group_id=group_id).places
    record_id = next((one.record_id for one in places if one.number == number), None)
    if record_id is None:
        raise NotFoundError
    refused = _keep_chosen(request, seat, group_id)
    if refused is not None:
        return refused
    try:
        start_reading(by=seat, record_id=record_id, start=Start(now()), seen=seen or "unseen")
    except InvalidError as error:
        messages.error(request, str(error.problems[0].message))
    except ConflictError:
        return _overtaken(request, group_id)
    return _lead(group_id)


def mark(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Note that a person is absent or refuses, or take it back; the button's value is "state number"."""
    state, _space, number = request.POST.get("mark", "").partition(" ")
    if state not in set(PlaceState) - {PlaceState.TESTED}:
        raise NotFoundError
    refused = _keep_chosen(request, seat, group_id)
    if refused is not None:
        return refused
    try:
        mark_place(by=seat, group_id=group_id, number=number, state=PlaceState(state))
    except ConflictError:
        return _overtaken(request, group_id)
    return _lead(group_id)


def close(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    try:
        close_group(by=seat, group_id=group_id)
    except ConflictError:
        return _overtaken(request, group_id)
    messages.success(request, _("The group is closed. What was read is still to be signed."))
    return _lead(group_id)


def type_people(request: HttpRequest, seat: Seat, group_id: UUID) -> HttpResponse:
    """Hand in what was typed as a list of patients for this group, which is checked as a file is."""
    try:
        file_id = hand_in(
            by=seat,
            name=group_named(by=seat, group_id=group_id).name,
            content=list_of_lines(request.POST.get("people", "")),
            encoding="",
            dates="",
            kind=FileKind.PATIENTS,
            group_id=group_id,
            first_row=HEADING_OF_TYPED,
        )
    except InvalidError:
        problem = Problem("people", "required", _("Type at least one person."))
        return show_group(request, seat, group_id, problems=[problem])
    try_file(by=seat, file_id=file_id, start=turns.start_behind)
    messages.success(request, _("The list is here: each person is checked, nobody is taken yet."))
    return redirect("handed_file", file_id)


def join(request: HttpRequest, seat: Seat, patient_id: UUID) -> HttpResponse:
    """Put a patient on the roster of the group chosen beside their record."""
    try:
        group_id = UUID(request.POST.get("group", ""))
    except ValueError:
        raise NotFoundError from None
    try:
        is_new = join_group(by=seat, group_id=group_id, patient_ids=[patient_id])
    except InvalidError as error:
        messages.error(request, str(error.problems[0].message))
    except ConflictError:
        return _overtaken(request, group_id)
    else:
        words = _("The patient is on the roster.") if is_new else _("The patient was on the roster already.")
        messages.success(request, words)
    return _lead(group_id)


def _overtaken(request: HttpRequest, group_id: UUID) -> HttpResponse:
    messages.info(request, _("Somebody else was faster: here is how it stands."))
    return _lead(group_id)


def _lead(group_id: UUID, **asked: str) -> HttpResponseRedirect:
    query = f"?{urlencode(asked)}" if asked else ""
    return HttpResponseRedirect(f"{reverse('group', args=[group_id])}{query}")
