"""The operator: whoever runs the server. They act by `temoin` commands only, and hold no right on patient data."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from temoin.pharmacies.professions import OPERATOR, OPERATOR_RIGHTS, Right


@dataclass(frozen=True)
class Operator:
    """The operator at work on one pharmacy, as actions receive them in `by=`. No action on a patient takes one."""

    pharmacy_id: UUID
    actor_id: UUID | None = None
    profession: str = OPERATOR
    origin: str = "command"

    @property
    def rights(self) -> frozenset[Right]:
        return OPERATOR_RIGHTS
