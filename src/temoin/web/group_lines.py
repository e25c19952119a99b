"""A person of a group as the roster shows them: what is done next, and what was read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kinds import Kind
from temoin.patients.notice import CURRENT_NOTICE
from temoin.pharmacies.policies import has_right, may_sign
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.testing.group_queries import GroupMember, read_group, version_of_group
from temoin.testing.groups import PlaceState
from temoin.testing.opening import Proposal, proposal_mark
from temoin.testing.states import RecordState
from temoin.web.addresses import NEW, ROW
from temoin.web.fields import Field, Typed
from temoin.web.findings import ReadTarget, findings_to_sign
from temoin.web.reading_window import ReadingWindow
from temoin.web.record_forms import outcome_fields
from temoin.web.sampled_now import ready_samples
from temoin.web.test_lines import kits_of, test_lines
from temoin.web.times import page_today
from temoin.web.wording import STATE, Mark, Words
from temoin.web.workstation import station_of

PLACE: dict[PlaceState, Mark] = {
    PlaceState.EXPECTED: Mark("calm", "○", _("Expected")),
    PlaceState.ABSENT: Mark("over", "–", _("Absent")),
    PlaceState.REFUSED: Mark("over", "✕", _("Refuses the test")),
}
NOTED = Mark("busy", "✎", _("To be signed"))
UNREADABLE = Mark("warn", "!", _("Cannot be read"))
COUNTED: dict[str, Words] = {
    "expected": _("Expected"),
    "to_read": _("To be read"),
    "noted": _("To be signed"),
    "signed": _("Signed"),
    "absent": _("Absent"),
    "refused": _("Refuses the test"),
}


@dataclass(frozen=True)
class RosterLine:
    """A row of the roster."""

    member: GroupMember
    mark: Mark
    window: ReadingWindow | None = None
    is_to_start: bool = False
    findings: list[ReadTarget] = field(default_factory=list)  # noted, and not signed
    fields: list[Field] = field(default_factory=list)  # of the result, in the row that was asked for
    is_opened: bool = False
    is_new: bool = False
    may_enter: bool = False
    may_start: bool = False
    may_sample: bool = False  # as above, while the group is open

    @property
    def number(self) -> str:
        return self.member.place.number

    @property
    def seen(self) -> str:
        """Return what the form of the row says was noted when it was shown."""
        return proposal_mark(self.member.proposal)

    @property
    def is_absent(self) -> bool:
        return self.member.place.state is PlaceState.ABSENT

    @property
    def is_to_read(self) -> bool:
        return self.member.test is not None and self.member.test.state is RecordState.SAMPLED

    @property
    def row_class(self) -> str:
        if self.is_opened:
            return "is-opened"
        if self.is_new:
            return "is-new"
        return "is-absent" if self.member.place.state in {PlaceState.ABSENT, PlaceState.REFUSED} else ""

    @property
    def part(self) -> str:
        """Return the template of what is done next."""
        return f"web/roster/{self._next}.html"

    @property
    def _next(self) -> str:
        if self.fields:
            return "enter"
        if self.findings:
            return "noted"
        if self.is_to_read:
            return self._reading
        if not self.may_sample or self.member.test is not None:
            return "nothing"
        return "refused" if self.member.place.state is PlaceState.REFUSED else "sample"

    @property
    def _reading(self) -> str:
        if self.is_to_start and self.may_start:
            return "start"
        return "read" if self.may_enter else "others"

    @property
    def counted(self) -> str:
        """Return as what the person is counted at the head of the page; "" for a test that was given up."""
        if self.member.test is None:
            return self.member.place.state.value
        if not self.is_to_read:
            return "" if self.member.test.state is RecordState.ABANDONED else "signed"
        return "noted" if self.findings else "to_read"


@dataclass(frozen=True)
class _Looks:
    """What the rows of a roster depend on beside their person: whose page it is, and where work goes on."""

    kind: Kind
    kits: dict[UUID, str]
    opened: str
    new: str
    typed: Typed | None
    may_enter: bool
    may_start: bool
    may_sample: bool


def roster(
    request: HttpRequest, seat: Seat, group_id: UUID, *, opened: str = "", typed: Typed | None = None
) -> dict[str, Any]:
    """Return what the live part of a group's page shows; `opened` is the number of the row in which work goes on."""
    mark, view = roster_mark(request, seat, group_id), read_group(by=seat, group_id=group_id)
    samples = has_right(by=seat, right=Right.TAKE_SAMPLE)
    looks = _Looks(
        kind=view.kind,
        kits=kits_of(seat, [one.test for one in view.members if one.test is not None]),
        opened=opened or request.GET.get(ROW, ""),
        new=request.GET.get(NEW, ""),
        typed=typed,
        may_enter=has_right(by=seat, right=Right.PROPOSE_RESULT) and may_sign(by=seat, signers=view.kind.signers),
        may_start=samples,
        may_sample=samples and view.group.is_open,
    )
    lines = [_line(one, looks) for one in view.members]
    counts = Counter(line.counted for line in lines)
    ready = ready_samples(seat, station_of(request)).get(view.kind.code) if looks.may_sample else None
    return {
        "group": view.group,
        "kind": view.kind,
        "lines": lines,
        "counts": [(words, counts[code]) for code, words in COUNTED.items() if counts[code] or code == "expected"],
        "noted": counts["noted"],
        "may_review": bool(counts["noted"]) and has_right(by=seat, right=Right.SIGN_RESULT),
        "ready": ready,
        "samples": looks.may_sample,
        "notice": CURRENT_NOTICE,
        "list_mark": mark,
    }


def roster_mark(request: HttpRequest, seat: Seat, group_id: UUID) -> str:
    """Return by what a page knows that the roster it shows is today's."""
    version = version_of_group(by=seat, group_id=group_id)
    shown = f"{version} {get_language()} {page_today()} {request.GET.get(ROW, '')} {sorted(seat.rights)}"
    return salted_hmac("temoin.roster", f"{shown} {station_of(request)}", algorithm="sha256").hexdigest()[:32]


def _line(member: GroupMember, looks: _Looks) -> RosterLine:
    place, test = member.place, member.test
    is_opened = looks.opened == place.number
    if test is None:
        mark = PLACE.get(place.state, UNREADABLE)
        return RosterLine(member, mark, is_opened=is_opened, may_sample=looks.may_sample)
    (listed,) = test_lines([test], looks.kits)
    noted = member.proposal if test.state is RecordState.SAMPLED else None
    may_enter = looks.may_enter and listed.window is not None
    return RosterLine(
        member,
        NOTED if noted else STATE[test.state],
        window=None if noted else listed.window,
        is_to_start=listed.is_to_start,
        findings=findings_to_sign(noted.reading, looks.kind) if noted else [],
        fields=_fields(noted, place.number, looks) if is_opened and may_enter else [],
        is_opened=is_opened,
        is_new=looks.new == str(test.id),
        may_enter=may_enter,
        may_start=looks.may_start,
    )


def _fields(noted: Proposal | None, number: str, looks: _Looks) -> list[Field]:
    """Return the buttons of the result, as they were pressed before."""
    before = {f"outcome-{target}": outcome for target, outcome in noted.reading.outcomes.items()} if noted else {}
    return outcome_fields(looks.kind, looks.typed or Typed(before), takes_focus=True, row=number)
