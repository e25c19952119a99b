"""Opening a pharmacy and seating its people; the operator's commands call these."""

from __future__ import annotations

from uuid import UUID

from temoin.journal.act import HouseActor, act
from temoin.journal.events import EventKind
from temoin.lib.ids import MemberId, new_id
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.professions import Profession


def open_pharmacy(*, finess: str, name: str, address: dict[str, str], is_demo: bool) -> Pharmacy:
    """Create a pharmacy. `address` has street, postcode, city and phone."""
    return Pharmacy.objects.create(finess=finess, name=name, is_demo=is_demo, **address)


def seat_member(*, pharmacy_id: UUID, person_id: UUID, profession: Profession, names: dict[str, str]) -> MemberId:
    """Give a person a place in a pharmacy. `names` has family_name, given_name and rpps ("" outside the register)."""
    member = Member(
        pharmacy_id=pharmacy_id, id=new_id(), person_id=person_id, profession=profession.value, is_active=True
    )
    with act(
        by=HouseActor(pharmacy_id, "operator"),
        kind=EventKind.MEMBER_SEATED,
        subject_kind="member",
        subject_id=member.id,
    ) as commit:
        member.seal(names)
        commit.insert(member)
    return MemberId(member.id)
