"""Placing and lifting a legal hold: the owner's acts, each with its reason and its event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.journal.models import Event
from temoin.journal.unreadable import each_opened
from temoin.lib.clock import coarse, now
from temoin.lib.errors import ConflictError, NotFoundError, refuse
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.lib.typed import typed_lines
from temoin.patients.queries import records_of_person
from temoin.pharmacies.member_names import names_of
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today
from temoin.retention.models import Hold
from temoin.retention.turns import take_turn


@dataclass(frozen=True)
class HoldView:
    """A hold as the owner sees it."""

    id: UUID
    patient_id: UUID | None
    placed_at: datetime
    lifted_at: datetime | None
    reason: str
    lifted: str
    review_on: date | None = None  # when an owner looks again; a hold never ends by itself
    placed_by: str = ""
    lifted_by: str = ""

    @property
    def is_in_force(self) -> bool:
        """Tell whether it keeps anything."""
        return self.lifted_at is None

    def is_to_look_at(self, on: date) -> bool:
        """Tell whether an owner should have looked by a day whether it is still needed."""
        return self.is_in_force and self.review_on is not None and self.review_on <= on


def place_hold(*, by: Seat, patient_id: UUID | None, reason: str, review_on: date | None = None) -> UUID:
    """Keep a patient's data, or all of the pharmacy, from being deleted; ConflictError when it is held already."""
    check_right(by=by, right=Right.HOLD_DATA)
    reason = _reason(reason)
    if review_on is not None and review_on <= today(by.pharmacy_id):
        raise refuse("review_on", "past", _("The day on which to look again is still to come."))
    hold_id, whose = new_id(), "pharmacy" if patient_id is None else "patient"
    with act(by=by, kind=EventKind.HOLD_PLACED, subject_kind="hold", subject_id=hold_id, detail=whose) as commit:
        take_turn(by.pharmacy_id)
        if patient_id is not None:
            patient_id, *_merged = persons = records_of_person(patient_id)
            if Hold.objects.filter(patient_id__in=persons, lifted_at=None).exists():
                raise ConflictError("the patient is held already")
        hold = Hold(pharmacy_id=by.pharmacy_id, id=hold_id, patient_id=patient_id, placed_at=coarse(now()))
        hold.seal({"reason": reason, "lifted": "", "review_on": review_on.isoformat() if review_on else ""})
        commit.insert(hold)
    return hold_id


def lift_hold(*, by: Seat, hold_id: UUID, reason: str) -> None:
    """Let a hold end: what is past its day goes the next night. ConflictError when it was lifted before."""
    check_right(by=by, right=Right.HOLD_DATA)
    reason = _reason(reason)
    with act(by=by, kind=EventKind.HOLD_LIFTED, subject_kind="hold", subject_id=hold_id) as commit:
        take_turn(by.pharmacy_id)
        hold = Hold.objects.filter(id=hold_id).first()
        if hold is None:
            raise NotFoundError
        if hold.lifted_at is not None:
            raise ConflictError("the hold was lifted before")
        commit.reseal(hold, {**hold.unseal(), "lifted": reason}, lifted_at=coarse(now()))


def list_holds(*, by: Seat) -> list[HoldView]:
    """Return the pharmacy's holds, those in force first."""
    check_right(by=by, right=Right.HOLD_DATA)
    with tenant_scope(by.pharmacy_id):
        holds = Hold.objects.order_by("-lifted_at", "placed_at")  # NULL comes first, which is in force
        named = _named([hold.id for hold in holds])
        return each_opened(holds, lambda hold: _view(hold, named))


def _view(hold: Hold, named: Mapping[tuple[UUID, str], str]) -> HoldView:
    held = hold.unseal()
    return HoldView(
        *(hold.id, hold.patient_id, hold.placed_at, hold.lifted_at, held["reason"], held["lifted"]),
        review_on=date.fromisoformat(held["review_on"]) if held["review_on"] else None,
        placed_by=named.get((hold.id, EventKind.HOLD_PLACED), ""),
        lifted_by=named.get((hold.id, EventKind.HOLD_LIFTED), ""),
    )


def _named(hold_ids: list[UUID]) -> dict[tuple[UUID, str], str]:
    """Return who did what to these holds, as events tell it: the rows do not say."""
    kinds = [EventKind.HOLD_PLACED.value, EventKind.HOLD_LIFTED.value]
    acts = list(
        Event.objects.filter(subject_id__in=hold_ids, kind__in=kinds).values_list("subject_id", "kind", "actor_id")
    )
    names = names_of({actor_id for _hold, _kind, actor_id in acts if actor_id})
    return {(hold_id, kind): names.get(actor_id, "") for hold_id, kind, actor_id in acts}


def _reason(reason: str) -> str:
    reason = typed_lines("reason", reason, of="Hold")
    if not reason:
        raise refuse("reason", "required", _("Say why: the reason is kept with the hold."))
    return reason
