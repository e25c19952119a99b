"""Who may look: an officer whom the operator has not ended."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temoin.lib.errors import DeniedError
from temoin.officers.models import Officer

RIGHT = "look at senders"


@dataclass(frozen=True)
class OfficerSeat:
    """A person of the authority in a session."""

    officer_id: UUID
    name: str


def check_officer(*, by: OfficerSeat) -> None:
    """Refuse whoever is no officer now: asked of the database each time, and believed by its seal alone."""
    officer = Officer.objects.filter(id=by.officer_id, ended_at=None).first()
    if officer is None or not officer.is_sound:
        raise DeniedError(RIGHT)
