"""Settling: what each attempt brought is written, with the attempt itself, a pharmacy at a time."""

from __future__ import annotations

import logging
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import connection

from temoin.lib.away import DATABASE_AWAY
from temoin.lib.clock import now
from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import scopes_together, tenant_scope
from temoin.outbox.attempts import add_attempt
from temoin.outbox.bell import RING
from temoin.outbox.courier import Answer, Load, Verdict
from temoin.outbox.models import Parcel
from temoin.outbox.queries import is_overtaken
from temoin.outbox.repetition import repetition
from temoin.outbox.states import PARCEL, SETTLED, ParcelState

log = logging.getLogger("temoin.outbox")

LONGEST_WAIT = 3600.0  # seconds; retries never stop, they only get this far apart

_VERB = {
    Verdict.ACCEPTED: "accept",
    Verdict.REFUSED: "refuse",
    Verdict.REPLACED: "replace",
    Verdict.POSTPONED: "postpone",
    Verdict.DOUBTFUL: "doubt",
}
# A version that was never tried waits for the one before it, and for nothing else: it may leave at once.
_WAKE = """
UPDATE outbox_parcel later SET due_at = %(now)s
FROM unnest(%(pharmacies)s::uuid[], %(chains)s::uuid[], %(places)s::text[], %(sequences)s::int[])
  AS settled (pharmacy, chain, place, sequence)
WHERE later.pharmacy_id = settled.pharmacy AND later.chain_id = settled.chain AND later.destination = settled.place
  AND later.sequence > settled.sequence AND later.state = 'waiting' AND later.attempts = 0 AND later.due_at > %(now)s
"""

Pair = tuple[Load, Answer]


def settle_parcels(answers: Iterable[Pair]) -> None:
    """Write what each attempt brought: the parcel's move and the sealed attempt, together."""
    pairs = sorted(answers, key=lambda pair: pair[0].pharmacy_id)
    _settle_in_parts(pairs)
    _wake_later_versions([load for load, answer in pairs if _settles(_VERB[answer.verdict])])


def _settle_in_parts(pairs: list[Pair]) -> None:
    """Settle all at once; where that fails, each pharmacy by itself, and each parcel by itself where that fails."""
    if len(pairs) == 1:
        _settle_alone(pairs[0])
        return
    groups = _by_pharmacy(pairs)
    try:
        with scopes_together():
            for group in groups:
                _settle_together(group)
    except DATABASE_AWAY:
        raise
    except Exception:  # noqa: BLE001 one parcel must not delay the rest
        # Another worker owns one of the parcels since its lease ended, or a pharmacy's key is unavailable.
        for part in groups if len(groups) > 1 else [[pair] for pair in pairs]:
            _settle_in_parts(part)


def _by_pharmacy(pairs: list[Pair]) -> list[list[Pair]]:
    return [list(group) for _, group in groupby(pairs, key=lambda pair: pair[0].pharmacy_id)]


def _settle_together(group: list[Pair]) -> None:
    moment = now()
    with tenant_scope(group[0][0].pharmacy_id):
        commit = Commit()
        moves: dict[tuple[str, bool], list[Pair]] = {}
        for load, answer in group:
            moves.setdefault((_verb(load, answer), answer.may_come_back), []).append((load, answer))
        for (verb, _), told in moves.items():
            _add_moves(commit, verb, told, moment)
        for load, answer in group:
            add_attempt(
                commit,
                pharmacy_id=load.pharmacy_id,
                parcel_id=load.id,
                number=load.attempts,
                at=moment,
                answer=answer,
            )
        commit.flush()


def _settle_alone(pair: Pair) -> None:
    try:
        _settle_together([pair])
    except ConflictError:
        return  # another worker holds it now and will settle it by asking the destination
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 a key that cannot be had, a defect of ours
        log.error("parcel %s cannot be settled: %s", pair[0].id, type(error).__name__)
        _set_back(*pair)


def _set_back(load: Load, answer: Answer) -> None:
    """Keep in clear that an answer could not be kept; the parcel pauses, and a person hears of it if that goes on.

    Left to its lease it would come back each half minute, for ever, and only the log would know.
    """
    is_surely_not_there = answer.verdict in {Verdict.POSTPONED, Verdict.REPLACED}
    kept = Answer(Verdict.POSTPONED if is_surely_not_there else Verdict.DOUBTFUL, "not_kept")
    try:
        with tenant_scope(load.pharmacy_id):
            commit = Commit()
            _add_moves(commit, _VERB[kept.verdict], [(load, kept)], now())
            commit.flush()
    except ConflictError:
        return
    except DATABASE_AWAY:
        raise
    except Exception as error:  # noqa: BLE001 it comes back in doubt when its lease ends
        log.error("parcel %s cannot be set back: %s", load.id, type(error).__name__)


def _verb(load: Load, answer: Answer) -> str:
    """Return what becomes of the parcel: a refusal that a newer version already answers asks nobody to act."""
    if answer.verdict is Verdict.REFUSED and is_overtaken(load.id):
        return "replace"
    return _VERB[answer.verdict]


def _settles(verb: str) -> bool:
    return PARCEL.move(verb).target in SETTLED


def _add_moves(commit: Commit, verb: str, told: list[Pair], moment: datetime) -> None:
    settled = _settles(verb)
    repeated = [repetition(load, answer, moment) for load, answer in told]
    same: dict[str, object] = {
        "lease_until": moment if verb == "doubt" else None,
        "settled_at": moment if settled else None,
    }
    if verb == "replace" or (verb == "accept" and not told[0][1].may_come_back):
        same["sealed"] = None  # the secret of the link leaves the system with the message
    commit.move_all(
        Parcel,
        [load.id for load, _ in told],
        verb,
        # Only the holder of the lease settles: each claim counts one attempt more.
        only_if={"attempts": [load.attempts for load, _ in told]},
        each={
            "answer_code": [answer.code for _, answer in told],
            "due_at": [moment if settled else moment + _pause(load, answer) for load, answer in told],
            "same_count": [each.count for each in repeated],
            "same_since": [each.since for each in repeated],
            "matter_since": [None if settled else each.matter_since for each in repeated],
        },
        same=same,
    )


def _wake_later_versions(settled: list[Load]) -> None:
    """Make them due, those of every pharmacy at once; one that is forgotten here is due soon by itself."""
    if not settled:
        return
    values: dict[str, Any] = {
        "now": now(),
        "pharmacies": [load.pharmacy_id for load in settled],
        "chains": [load.chain_id for load in settled],
        "places": [load.destination for load in settled],
        "sequences": [load.sequence for load in settled],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAKE, values)
        if cursor.rowcount:  # this lane looks again by itself, unless its worker is told to stop
            cursor.execute(RING, [sorted(set(values["places"]))])


def _pause(load: Load, answer: Answer) -> timedelta:
    """Return the pause before the next try: doubling with jitter up to an hour; never a final give-up."""
    asked = answer.retry_after or 0.0
    if answer.verdict is Verdict.DOUBTFUL and load.state == ParcelState.SENDING:
        return timedelta(seconds=max(0.5, asked))  # ask soon: patient and counter wait for the acknowledgement
    return timedelta(seconds=max(asked, pause_after(load.attempts)))


def pause_after(attempts: int) -> float:
    """Return the seconds before the next try of what was tried so often."""
    pause = min(LONGEST_WAIT, 2.0 ** min(attempts, 12))
    return pause * random.uniform(0.5, 1.0)  # noqa: S311 spreads retries, guards nothing
