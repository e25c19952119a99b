"""What a patient may ask for by right, and what can become of it."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class CaseKind(StrEnum):
    """The rights of the GDPR that are asked for at a counter."""

    ACCESS = "access"  # article 15: a copy of all that is held
    CORRECTION = "correction"  # article 16
    ERASURE = "erasure"  # article 17
    OBJECTION = "objection"  # article 21


class CaseState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


CASE = Lifecycle(
    "case",
    CaseState,
    CaseState.OPEN,
    {
        "grant": ({CaseState.OPEN}, CaseState.GRANTED),
        "refuse": ({CaseState.OPEN}, CaseState.REFUSED),
    },
)
