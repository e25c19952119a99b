"""The team of a pharmacy: who works here, inviting somebody, and changing a colleague's place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from temoin.lib.errors import ConflictError, InvalidError, Problem, refuse
from temoin.pharmacies.card_comparison import compare_with_card
from temoin.pharmacies.newcomer import check_newcomer, check_profession
from temoin.pharmacies.numbers import is_doubtful_rpps
from temoin.pharmacies.policies import seats_within_reach
from temoin.pharmacies.professions import LABEL, Profession
from temoin.pharmacies.queries import Colleague, OpenInvitation, read_colleague, read_invitations, read_team
from temoin.pharmacies.seat import Seat
from temoin.pharmacies.team import (
    approve_invitation,
    change_profession,
    depart_member,
    invite_member,
    resume_member,
    suspend_member,
    withdraw_invitation,
)
from temoin.pharmacies.vouching import programs_vouched_by
from temoin.web.fields import Choice, Field, Typed
from temoin.web.pages import show
from temoin.web.settings import WEB
from temoin.web.times import read_day
from temoin.web.wording import Mark, RegisterLine, Words, place_mark, register_line


@dataclass(frozen=True)
class TeamRow:
    """A colleague as the table shows them."""

    person: Colleague
    profession: Words
    mark: Mark
    register: RegisterLine | None

    @property
    def stays(self) -> bool:
        """Tell whether the place is open, and no last day of work is known."""
        return self.person.is_active and not self.person.last_day

    @property
    def leaves(self) -> bool:
        """Tell whether the place is open until a last day of work that is to come."""
        return self.person.is_active and bool(self.person.last_day) and not self.person.has_left

    @property
    def may_compare(self) -> bool:
        """Tell whether whoever asks may say that they compared the number with the card."""
        person = self.person
        is_matter = person.register is not None and person.register.is_matter
        return is_matter and person.within_reach and not person.is_mine

    @property
    def may_reset(self) -> bool:
        """Tell whether whoever asks may reset how the person signs in."""
        works = self.person.is_active and not self.person.has_left
        return works and self.person.within_reach and not self.person.is_mine


@dataclass(frozen=True)
class InvitedRow:
    """Somebody invited, as the table shows them."""

    invited: OpenInvitation
    profession: Words
    register: RegisterLine | None

    @property
    def is_to_approve(self) -> bool:
        return self.invited.is_waiting and self.invited.may_approve

    @property
    def may_compare(self) -> bool:
        """Tell whether whoever asks may say that they compared the number with the card."""
        invited = self.invited
        is_matter = invited.register is not None and invited.register.is_matter
        return is_matter and (invited.may_approve if invited.is_waiting else invited.within_reach)


def team(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show who works here, and the invitations that wait."""
    invited, people = read_invitations(by=seat), read_team(by=seat)
    checks = [one.register for one in invited] + [one.register for one in people]
    return show(
        request,
        seat,
        "team.html",
        rows=[_row(person) for person in people],
        invitations=[InvitedRow(one, LABEL[one.profession], register_line(one.register)) for one in invited],
        matters=sum(one is not None and one.is_matter for one in checks),
        asks_register=WEB().asks_register,
    )


def _row(person: Colleague) -> TeamRow:
    return TeamRow(person, LABEL[person.profession], place_mark(person), register_line(person.register))


def invite(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Ask who is invited; then show the code, once, for the inviter to hand over."""
    if request.method != "POST":
        return _show_invite(request, seat, [])
    try:
        newcomer = check_newcomer(request.POST.dict())
        invited = invite_member(by=seat, newcomer=newcomer)
    except InvalidError as error:
        return _show_invite(request, seat, error.problems)
    if not invited.is_waiting:
        _doubt(request, newcomer.rpps)
    link = WEB().site.staff_url + reverse("invitation")
    return show(request, seat, "invited.html", newcomer=newcomer, invited=invited, link=link)


def _show_invite(request: HttpRequest, seat: Seat, problems: list[Problem]) -> HttpResponse:
    typed = Typed(request.POST if problems else {}, problems)
    fields = [
        typed("given_name", _("Given name"), required=True, autofocus=True),
        typed("family_name", _("Family name"), required=True),
        typed(
            "email", _("E-mail"), "email", required=True, hint=_("The person signs in with it. Nothing is sent to it.")
        ),
        *_profession_fields(seat, typed),
    ]
    return show(request, seat, "invite.html", status=400 if problems else 200, fields=fields, problems=problems)


def _profession_fields(seat: Seat, typed: Typed, person: Colleague | None = None) -> list[Field]:
    within = [one for one in Profession if one in seats_within_reach(seat)]
    choices = [Choice(one.value, LABEL[one]) for one in within]
    chosen, rpps = (person.profession.value, person.rpps) if person else ("", "")
    return [
        typed("profession", _("Profession"), "select", choices=choices, required=True, initial=chosen),
        typed(
            "rpps",
            _("RPPS number"),
            initial=rpps,
            hint=_("Eleven digits, on the professional card; required of pharmacists and biologists."),
            attributes={"inputmode": "numeric", "maxlength": "20"},
        ),
    ]


def _doubt(request: HttpRequest, rpps: str) -> None:
    if is_doubtful_rpps(rpps):
        messages.warning(request, _("This RPPS number fails its check digit: compare it with the card."))


def approve(request: HttpRequest, seat: Seat, invitation_id: UUID) -> HttpResponse:
    """Let an invitation open that a colleague made for more rights than they have."""
    approve_invitation(by=seat, invitation_id=invitation_id)
    messages.success(request, _("The invitation is approved: its code opens the place for 72 hours."))
    return redirect("team")


def withdraw(request: HttpRequest, seat: Seat, invitation_id: UUID) -> HttpResponse:
    withdraw_invitation(by=seat, invitation_id=invitation_id)
    messages.success(request, _("The invitation is withdrawn: its code opens nothing."))
    return redirect("team")


def compare(request: HttpRequest, seat: Seat, subject_id: UUID) -> HttpResponse:
    """Record that a number which the register shows otherwise was compared with the card."""
    try:
        compare_with_card(by=seat, subject_id=subject_id, seen=request.POST.get("seen", ""))
    except ConflictError:
        messages.warning(request, _("A colleague was first, or the register answers otherwise by now: look again."))
    else:
        messages.success(request, _("The comparison with the card is recorded."))
    return redirect("team")


def member(request: HttpRequest, seat: Seat, member_id: UUID) -> HttpResponse:
    """Show a colleague's place, and what can be done with it."""
    return _show_member(request, seat, read_colleague(by=seat, member_id=member_id), [])


def _show_member(request: HttpRequest, seat: Seat, person: Colleague, problems: list[Problem]) -> HttpResponse:
    typed = Typed(request.POST if problems else {}, problems)
    context: dict[str, Any] = {
        "row": _row(person),
        "fields": _profession_fields(seat, typed, person),
        "day": typed("last_day", _("Last day of work"), "date", required=True),
        "problems": problems,
        "programs": programs_vouched_by(by=seat, member_id=person.id),
    }
    return show(request, seat, "member.html", status=400 if problems else 200, **context)


def change(request: HttpRequest, seat: Seat, member_id: UUID) -> HttpResponse:
    def do(person: Colleague) -> None:
        profession, rpps = check_profession(request.POST.dict())
        change_profession(by=seat, member_id=person.id, profession=profession, rpps=rpps)
        _doubt(request, rpps)

    return _do(request, seat, member_id, do)


def suspend(request: HttpRequest, seat: Seat, member_id: UUID) -> HttpResponse:
    """Close a colleague's place at once."""
    return _do(request, seat, member_id, lambda person: suspend_member(by=seat, member_id=person.id))


def resume(request: HttpRequest, seat: Seat, member_id: UUID) -> HttpResponse:
    return _do(request, seat, member_id, lambda person: resume_member(by=seat, member_id=person.id))


def depart(request: HttpRequest, seat: Seat, member_id: UUID) -> HttpResponse:
    """Enter a colleague's last day of work."""

    def do(person: Colleague) -> None:
        last_day = read_day(request.POST.get("last_day", ""))
        if last_day is None:
            raise refuse("last_day", "malformed", _("Enter the last day of work."))
        depart_member(by=seat, member_id=person.id, last_day=last_day)

    return _do(request, seat, member_id, do)


def _do(request: HttpRequest, seat: Seat, member_id: UUID, act: Callable[[Colleague], None]) -> HttpResponse:
    person = read_colleague(by=seat, member_id=member_id)
    try:
        act(person)
    except InvalidError as error:
        return _show_member(request, seat, person, error.problems)
    except ConflictError:
        messages.info(request, _("This was already done."))
    else:
        messages.success(request, _("Done. It takes effect with their next request."))
    return redirect("team")
