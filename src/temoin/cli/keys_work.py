"""What `temoin keys` does, with Django loaded as the keeper; each command ends with what to do next."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from temoin.crypto.backup import NEEDED, BackupError, marks_of, read_backup, read_manifest, shares_of, write_backup
from temoin.crypto.root import KEYS, writing_provider
from temoin.crypto.roots.file import FileRoots
from temoin.journal.events import EventKind
from temoin.keeping.acts import every_pharmacy, tell_every_pharmacy
from temoin.keeping.broken import broken_secrets
from temoin.keeping.platform import begin_platform_turn, destroy_spent_platform_keys, move_platform_secrets
from temoin.keeping.roots import drop_root, rewrap_keys, rewrap_platform_keys, turn_root, wrapped_by_root
from temoin.keeping.state import broken_platform_keys, key_states, verify_pharmacy
from temoin.keeping.turning import begin_turn, destroy_spent, index_due, move_rows, reindex, seconds_until_spent
from temoin.lib.clock import now
from temoin.lib.config_error import ConfigError
from temoin.lib.key_places import Keeper
from temoin.pharmacies.models import Pharmacy

Tell = Callable[[str], None]
DONE, FAILED = 0, 1


def show_status(_options: argparse.Namespace, tell: Tell) -> int:
    """Print root keys, then each pharmacy's data keys."""
    current, counts = writing_provider().current(), wrapped_by_root()
    tell(f"Root keys ({KEYS().wrap_with})")
    for root_id in dict.fromkeys([current, *writing_provider().known(), *counts]):
        note = "wraps" if root_id == current else "may be dropped" if not counts[root_id] else "run temoin keys rewrap"
        tell(f"  {root_id:<34} wraps {counts[root_id]:>6} keys   {note}")
    unfinished = False
    for pharmacy_id in every_pharmacy():
        tell(f"Pharmacy {_finess(pharmacy_id)}")
        for key in key_states(pharmacy_id):
            rows = "" if key.rows is None else f"{key.rows:>8} rows"
            unfinished = unfinished or key.superseded
            note = "has a successor" if key.superseded else "in use"
            tell(f"  {key.purpose:<8} {key.number:>3}  {key.id}  {key.root_id:<34} {rows:<14} {note}")
    tell("Next: temoin keys rotate-data --all, to end the turn that has begun." if unfinished else "Next: nothing.")
    return DONE


def turn_root_key(_options: argparse.Namespace, tell: Tell) -> int:
    root_id = turn_root()
    tell(f"{root_id} wraps new data keys from now on. The earlier root keys still unwrap.")
    if KEYS().wrap_with == Keeper.FILE:
        tell("Next: temoin keys backup, as the last backup does not hold it; then temoin keys rewrap.")
    else:
        tell("Next: back up the engine or the token by its own means; then temoin keys rewrap.")
    return DONE


def rewrap_all(_options: argparse.Namespace, tell: Tell) -> int:
    """Wrap every data key under the current root key."""
    count = rewrap_platform_keys()
    for pharmacy_id in every_pharmacy():
        again = rewrap_keys(pharmacy_id)
        count += again
        tell(f"Pharmacy {_finess(pharmacy_id)}: {again} keys wrapped anew")
    spent = [root_id for root_id, left in _roots().items() if not left]
    tell(f"{count} keys wrapped anew under {writing_provider().current()}.")
    for root_id in spent:
        tell(f"Next: temoin keys drop-root {root_id}, once no database backup older than now is needed.")
    if not spent:
        tell("Next: nothing.")
    return DONE


def drop_root_key(options: argparse.Namespace, tell: Tell) -> int:
    """Destroy a root key that wraps nothing."""
    drop_root(options.root_id)
    tell(f"{options.root_id} is destroyed. Database backups from before the rewrap no longer open without it.")
    tell("Next: destroy its copies in earlier key backups, or keep those as long as such database backups.")
    return DONE


def turn_data_keys(options: argparse.Namespace, tell: Tell) -> int:
    """Turn the data keys of one pharmacy or of all, to the end; what was begun and killed is gone on with."""
    chosen = every_pharmacy() if options.all else [_pharmacy(options.pharmacy)]
    if options.all and begin_platform_turn():
        tell("Second factors: a new platform key")
    for pharmacy_id in chosen:
        begun = begin_turn(pharmacy_id)
        words = f"{begun} new keys" if begun else "no new key: a turn goes on, or nothing is sealed yet"
        tell(f"Pharmacy {_finess(pharmacy_id)}: {words}")
    _move(chosen, tell, platform=options.all)
    _wait(max((seconds_until_spent(pharmacy_id) for pharmacy_id in chosen), default=0.0), tell)
    _move(chosen, tell, platform=options.all)
    left = sum(_end_turn(pharmacy_id, tell) for pharmacy_id in chosen)
    if options.all:
        tell(f"Second factors: {destroy_spent_platform_keys()} old keys destroyed")
    tell("Next: temoin keys verify." if not left else "Next: the same command again; some rows were held by others.")
    return FAILED if left else DONE


def back_up(options: argparse.Namespace, tell: Tell) -> int:
    """Write the root keys, sealed, in shares."""
    if options.folder.exists():
        raise BackupError(f"{options.folder} exists: name a new folder")
    keys = _file_roots().raw_keys()
    write_backup(options.folder, keys, options.recipient, at=now())
    told = marks_of(options.folder, options.recipient)
    tell_every_pharmacy(EventKind.ROOT_KEYS_BACKED_UP, str(len(keys)), digest=told)
    tell(f"{len(keys)} root keys are in {options.folder}; any {NEEDED} of its 3 shares open them.")
    tell(
        "Next: give each holder their share, keep root-keys.sealed and manifest.json apart from the database's backups,"
    )
    tell("      and try it: temoin keys verify --backup FOLDER --identity HOLDER-1 --identity HOLDER-2")
    return DONE


def restore(options: argparse.Namespace, tell: Tell) -> int:
    """Tell the journal of a restoration, which took place before Django was loaded."""
    tell_every_pharmacy(EventKind.ROOT_KEYS_RESTORED, str(len(options.restored)))
    tell("Next: temoin keys verify.")
    return DONE


def verify(options: argparse.Namespace, tell: Tell) -> int:
    """Unwrap every key, open rows of every table, and see that the backup holds every root key in use."""
    broken = broken_platform_keys() + broken_secrets()
    for pharmacy_id in every_pharmacy():
        proof = verify_pharmacy(pharmacy_id, size=options.rows)
        tell(f"Pharmacy {_finess(pharmacy_id)}: {proof.keys} keys and {proof.rows} rows tried")
        broken += proof.broken
    if options.folder is not None:
        broken += _faults_of_backup(options)
    for fault in broken:
        tell(f"  does not open: {fault}")
    tell("Next: see `Restore` in the operator's guide." if broken else "All opens. Next: nothing.")
    return FAILED if broken else DONE


def _faults_of_backup(options: argparse.Namespace) -> list[str]:
    manifest = read_manifest(options.folder)
    held = set(manifest.root_ids)
    shares = shares_of(options.folder, options.identity, options.share)
    if shares:
        held = set(read_backup(options.folder, shares))
    return [
        f"root key {root_id}, which is not in the backup" for root_id in _file_roots().known() if root_id not in held
    ]


def _move(chosen: list[UUID], tell: Tell, *, platform: bool) -> None:
    for pharmacy_id in chosen:
        move_rows(pharmacy_id, _named(pharmacy_id, tell))
    if platform and (moved := move_platform_secrets()):
        tell(f"  second factors: {moved} wrapped anew")


def _wait(seconds: float, tell: Tell) -> None:
    """Wait until every running process writes under the new keys only."""
    if seconds > 0:
        tell(
            f"Waiting {seconds:.0f} s, until no process can still write under an old key. "
            "The command may be killed and run again."
        )
        time.sleep(seconds + 1)


def _end_turn(pharmacy_id: UUID, tell: Tell) -> int:
    """Make indexes anew and destroy old keys; return how many keys are left that have a successor."""
    due = index_due(pharmacy_id)
    reindexed = due is not None and due <= now() + timedelta(seconds=1)
    if reindexed:
        reindex(pharmacy_id, _named(pharmacy_id, tell))
    destroyed = destroy_spent(pharmacy_id, reindexed=reindexed)
    left = [key for key in key_states(pharmacy_id) if key.superseded]
    tell(f"Pharmacy {_finess(pharmacy_id)}: {destroyed} old keys destroyed, {len(left)} left")
    return len(left)


def _roots() -> dict[str, int]:
    counts = wrapped_by_root()
    current = writing_provider().current()
    return {root_id: counts[root_id] for root_id in writing_provider().known() if root_id != current}


def _file_roots() -> FileRoots:
    path = KEYS().root
    if path is None:
        raise BackupError("no root key is in a file: back up the engine or the token by its own means")
    return FileRoots(path)


def _pharmacy(finess: str) -> UUID:
    found: UUID | None = Pharmacy.objects.filter(finess=finess).values_list("id", flat=True).first()
    if found is None:
        raise ConfigError("No pharmacy has this FINESS number here.")
    return found


def _named(pharmacy_id: UUID, tell: Tell) -> Tell:
    finess = _finess(pharmacy_id)
    return lambda words: tell(f"  {finess} {words}")


def _finess(pharmacy_id: UUID) -> str:
    return str(Pharmacy.objects.values_list("finess", flat=True).get(id=pharmacy_id))
