"""What the keeper may ask: data keys, duties, destroyed keys and backups; all pharmacies together, none by itself."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import connection

from temoin.crypto.models import DataKey, PlatformKey
from temoin.crypto.root import KEYS
from temoin.evidence.facts import BackupTold, DutyTold, KeeperTold, KeysTold, LedgerTold
from temoin.keeping.acts import every_pharmacy
from temoin.keeping.backups import DUTY, EVERY, backup_verified_at
from temoin.keeping.ending import keys_back
from temoin.keeping.ledger import LEDGER, remembered_keys
from temoin.keeping.turning import data_keys
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, day_of, today_in
from temoin.outbox.duties import duties

_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_NEVER = 1970
_DUTIES = "SELECT name, due_at, failing_since IS NOT NULL FROM outbox_duty ORDER BY name"
_ARCHIVES = """
SELECT current_setting('archive_mode') <> 'off'
       AND NOT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver
"""


def keeper_facts() -> KeeperTold:
    pharmacies = every_pharmacy()
    keys: dict[str, list[DataKey | PlatformKey]] = defaultdict(list)
    for pharmacy_id in pharmacies:
        for key in data_keys(pharmacy_id):
            keys["month" if _MONTH.fullmatch(key.purpose) else key.purpose].append(key)
    keys["platform"] += PlatformKey.objects.all()
    known = _duties()
    return KeeperTold(
        pharmacies=len(pharmacies),
        keys=[_keys(purpose, found) for purpose, found in sorted(keys.items())],
        duties=[one for one in known.values() if one.name != DUTY],
        ledger=_ledger(sum(len(keys_back(one)) for one in pharmacies)),
        backups=_backups(known),
    )


def _keys(purpose: str, keys: Iterable[DataKey | PlatformKey]) -> KeysTold:
    found = list(keys)
    days = [day_of(key.created_at, HOUSE) for key in found]
    ages = [(today_in(HOUSE) - day).days for day in days]
    return KeysTold(
        purpose=purpose,
        count=len(found),
        wrapped=sum(key.root_id.partition(":")[0] == KEYS().wrap_with for key in found),
        root_keys=len({key.root_id for key in found}),
        oldest=min(days, default=None),
        newest=max(days, default=None),
        under_a_month=sum(age < 31 for age in ages),
        under_a_year=sum(31 <= age < 366 for age in ages),
        older=sum(age >= 366 for age in ages),
    )


def _duties() -> dict[str, DutyTold]:
    every = {name: duty.every for name, duty in duties().items()} | {DUTY: EVERY}
    with connection.cursor() as cursor:
        cursor.execute(_DUTIES)
        return {name: _duty(name, due_at, every.get(name), fails=fails) for name, due_at, fails in cursor.fetchall()}


def _duty(name: str, due_at: datetime, every: timedelta | None, *, fails: bool) -> DutyTold:
    """Tell of a duty: when it was last done is known of one that went well and is not due again yet."""
    is_known = not fails and due_at > now()
    return DutyTold(
        name=name,
        last_on=day_of(due_at - every, HOUSE) if is_known and every is not None else None,
        overdue_seconds=max(0, int((now() - due_at).total_seconds())) if due_at.year > _NEVER + 1 else 0,
        fails=fails,
    )


def _ledger(back: int) -> LedgerTold:
    destroyed = {one.key_id: one for one in remembered_keys()}
    try:
        digest = sha256(LEDGER().read_bytes()).hexdigest()
    except FileNotFoundError:
        digest = None
    last = max((_day(one.at) for one in destroyed.values()), default=None)
    return LedgerTold(destroyed=len(destroyed), last_on=last, sha256=digest, back=back)


def _day(moment: str) -> date:
    return day_of(datetime.fromisoformat(moment), HOUSE)


def _backups(known: Mapping[str, DutyTold]) -> BackupTold:
    verified_at = backup_verified_at()
    with connection.cursor() as cursor:
        cursor.execute(_ARCHIVES)
        ((archives,),) = cursor.fetchall()
    return BackupTold(
        verified_at=verified_at,
        hours_since=None if verified_at is None else int((now() - verified_at).total_seconds() // 3600),
        fails=DUTY in known and known[DUTY].fails,
        log_archived=archives,
    )
