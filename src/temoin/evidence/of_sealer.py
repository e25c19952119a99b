"""What the sealer may ask: the journal, its witnesses, what happened in each month, and who has which factor."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from temoin.crypto.notes import NoteVerifier
from temoin.evidence.chain import countersigned
from temoin.evidence.facts import CountTold, CutTold, JournalTold, MonthTold, VerificationTold, WitnessTold, told_count
from temoin.journal.checkpoint import Checkpoint
from temoin.journal.events import LISTINGS, LOOKS, EventKind
from temoin.journal.findings import JournalFinding
from temoin.journal.models import WitnessState
from temoin.journal.standing import journal_standing
from temoin.journal.walk import WalkOutcome
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, bounds_of_day, day_of, today_in

MONTHS = 12  # the one that runs, and those before it
_SEEN = {
    "looks": "kind = ANY(%(looks)s) AND outcome = 'done'",
    "denials": "outcome = 'denied'",
    "failed_sign_ins": "kind = %(failed)s",
    "broken_seals": "kind = %(broken)s",
}
_COLUMNS = ", ".join(
    f"count(*) FILTER (WHERE {rule}), count(DISTINCT pharmacy_id) FILTER (WHERE {rule})" for rule in _SEEN.values()
)
_MONTHS = f"""
    SELECT to_char(at AT TIME ZONE %(zone)s, 'YYYY-MM'), {_COLUMNS}
      FROM journal_event WHERE at >= %(since)s GROUP BY 1
"""  # noqa: S608 rules of our own
_LAST = "SELECT kind, max(at) FROM journal_event WHERE kind = ANY(%s) GROUP BY kind"
_FACTORS = """
    SELECT count(*), count(*) FILTER (WHERE has @> '{webauthn}'), count(*) FILTER (WHERE has @> '{totp}'),
           count(*) FILTER (WHERE NOT has && '{webauthn,totp}')
      FROM (SELECT coalesce(array_agg(factor.type::text) FILTER (WHERE factor.type IS NOT NULL), '{}') AS has
              FROM signin_person AS person LEFT JOIN mfa_authenticator AS factor ON factor.user_id = person.id
             WHERE person.is_active GROUP BY person.id) AS persons
"""


def ask_at_length(sql: str, values: Any = None) -> list[tuple[Any, ...]]:
    """Ask what goes through the whole journal, for as long as it takes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def last_days(*kinds: EventKind) -> dict[EventKind, date | None]:
    found = dict(ask_at_length(_LAST, [[kind.value for kind in kinds]]))
    return {kind: day_of(found[kind.value], HOUSE) if kind.value in found else None for kind in kinds}


def accounts_by_factor(pharmacies: int) -> dict[str, CountTold]:
    """Return how many active accounts there are, and how many have which factor."""
    ((*counts,),) = ask_at_length(_FACTORS)
    names = ("accounts", "with_passkey", "with_one_time_code", "with_no_factor")
    return {name: told_count(count, pharmacies, complete=False) for name, count in zip(names, counts, strict=True)}


def months_told() -> list[MonthTold]:
    """Return what happened in each month, the last first; one without events is there as well."""
    today = today_in(HOUSE)
    index = today.year * 12 + today.month - 1
    asked = [date((index - back) // 12, (index - back) % 12 + 1, 1) for back in range(MONTHS)]
    values = {
        "since": bounds_of_day(asked[-1], HOUSE)[0],
        "zone": HOUSE.key,
        "looks": [*LOOKS, *LISTINGS],
        "failed": EventKind.SIGN_IN_FAILED.value,
        "broken": EventKind.SEAL_BROKEN.value,
    }
    found = {month: counts for month, *counts in ask_at_length(_MONTHS, values)}
    nothing = [0] * (2 * len(_SEEN))
    return [_month(f"{day:%Y-%m}", found.get(f"{day:%Y-%m}", nothing), complete=day != asked[0]) for day in asked]


def _month(month: str, counts: list[int], *, complete: bool) -> MonthTold:
    pairs = zip(_SEEN, counts[::2], counts[1::2], strict=True)
    told = {name: told_count(count, pharmacies, complete=complete) for name, count, pharmacies in pairs}
    return MonthTold(month=month, complete=complete, **told)


def journal_told(
    *,
    verifier: NoteVerifier,
    chain: list[Checkpoint],
    earlier: set[int],
    outcome: WalkOutcome,
    findings: Iterable[JournalFinding],
    witnesses: Mapping[str, NoteVerifier],
) -> JournalTold:
    """Tell how the journal stands; `chain` is that of the pack, and has its last checkpoint."""
    standing, last, found = journal_standing(), chain[-1], list(findings)
    known = {one.witness: one for one in standing.witnesses}
    lacking = earlier - {one.size for one in chain}
    waited = timedelta(0) if standing.oldest is None else now() - standing.oldest
    sealed_at = 0 if last.reach is None else last.reach.microseconds
    return JournalTold(
        key=verifier.vkey,
        size=last.size,
        root=b64encode(last.root).decode(),
        sealed_at=datetime.fromtimestamp(sealed_at // 1_000_000, UTC),
        waiting=standing.waiting,
        oldest_waiting_seconds=max(0, int(waited.total_seconds())),
        checkpoints=len(chain),
        earlier_packs=len(earlier),
        earlier_packs_lacking=len(lacking),
        verification=VerificationTold(
            events=outcome.events,
            checkpoints=outcome.checkpoints,
            findings=len(found),
            faults=dict(sorted(Counter(one.fault.value for one in found).items())),
        ),
        cuts=[CutTold(first=cut.lost.start, end=cut.lost.end, lost=cut.lost.count) for cut in outcome.cuts],
        witnesses=[
            _witness(name, chain, known.get(name), witnesses.get(name)) for name in sorted({*known, *witnesses})
        ],
        months=months_told(),
    )


def _witness(name: str, chain: list[Checkpoint], state: WitnessState | None, key: NoteVerifier | None) -> WitnessTold:
    return WitnessTold(
        name=name,
        key=None if key is None else key.vkey,
        countersigned=0 if key is None else countersigned(chain, key),
        behind=chain[-1].size if state is None else max(0, chain[-1].size - state.size),
        trouble="unknown" if state is None else state.trouble,
    )
