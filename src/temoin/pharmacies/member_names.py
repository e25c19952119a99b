"""The names behind the ids of members, past ones included."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from temoin.journal.unreadable import each_opened
from temoin.pharmacies.models import Member


def names_of(member_ids: Collection[UUID]) -> Mapping[UUID, str]:
    """Return the name of each of these members of the pharmacy in scope; without the one whose row does not open."""
    return dict(each_opened(Member.objects.filter(id__in=member_ids), name_of)) if member_ids else {}


def name_of(member: Member) -> tuple[UUID, str]:
    """Return a member's id and name."""
    names = member.unseal()
    return member.id, f"{names['given_name']} {names['family_name']}"
