"""What can become of a test record."""

from __future__ import annotations

from enum import StrEnum

from temoin.lib.lifecycle import Lifecycle


class RecordState(StrEnum):
    REGISTERED = "registered"
    SAMPLED = "sampled"
    SIGNED = "signed"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"


S = RecordState

RECORD = Lifecycle(
    "record",
    RecordState,
    S.REGISTERED,
    {
        "mark_waiting": ({S.REGISTERED}, S.REGISTERED),
        "sample": ({S.REGISTERED}, S.SAMPLED),
        "undo_sample": ({S.SAMPLED}, S.REGISTERED),
        "answer_before": ({S.REGISTERED}, S.REGISTERED),
        "answer_after": ({S.SAMPLED}, S.SAMPLED),
        "start": ({S.SAMPLED}, S.SAMPLED),
        "undo_start": ({S.SAMPLED}, S.SAMPLED),
        "propose": ({S.SAMPLED}, S.SAMPLED),
        "withdraw": ({S.SAMPLED}, S.SAMPLED),
        "sign": ({S.SAMPLED}, S.SIGNED),
        "correct": ({S.SIGNED, S.CORRECTED}, S.CORRECTED),
        "cancel": ({S.SIGNED, S.CORRECTED}, S.CANCELLED),
        "abandon": ({S.REGISTERED, S.SAMPLED}, S.ABANDONED),
    },
)


class AmendmentFate(StrEnum):
    """What became of a correction or cancellation that a program proposed."""

    WAITS = "waits"
    SIGNED = "signed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    OUTDATED = "outdated"  # another version was signed meanwhile


class GroupState(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


GROUP = Lifecycle(
    "group",
    GroupState,
    GroupState.OPEN,
    {
        "change": ({GroupState.OPEN}, GroupState.OPEN),
        "close": ({GroupState.OPEN}, GroupState.CLOSED),
    },
)


class OrphanState(StrEnum):
    WAITING = "waiting"
    TIED = "tied"
    SET_ASIDE = "set_aside"


class OrphanWhy(StrEnum):
    """Why an analyser's result was not proposed by itself."""

    NO_NUMBER = "no_number"
    UNKNOWN = "unknown"
    OVER = "over"
    NOT_SAMPLED = "not_sampled"
    OTHER_KIND = "other_kind"
    TWICE = "twice"
    WAITS = "waits"
    PUT_ASIDE = "put_aside"
    UNFIT = "unfit"
    RETURNED = "returned"


ORPHAN = Lifecycle(
    "orphan",
    OrphanState,
    OrphanState.WAITING,
    {
        "tie": ({OrphanState.WAITING}, OrphanState.TIED),
        "set_aside": ({OrphanState.WAITING}, OrphanState.SET_ASIDE),
    },
)

UNDER_WAY = (S.REGISTERED, S.SAMPLED)
WITH_RESULT = frozenset({S.SIGNED, S.CORRECTED, S.CANCELLED})
