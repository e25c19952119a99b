"""What `temoin check` looks at besides settings and secrets: folders, certificates, and the database as each role."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psycopg

from temoin.keeping.ledger import KEYS_ENDED, count_forgotten
from temoin.lib.clock import now
from temoin.lib.zones import HOUSE, day_of
from temoin.settings.file import Config, Process
from temoin.site.database_role import power_findings
from temoin.site.known_schema import schema_findings
from temoin.site.server_settings import clock_words, setting_findings, version_findings

SOON = timedelta(days=30)  # before its end, a certificate is told
OLD = timedelta(days=1)  # in which a backup is to be verified, and after which that is late
NEVER = 1970
_BACKUP = """
SELECT max(due_at), coalesce(bool_or(failing_since IS NOT NULL), false), current_setting('archive_mode')
  FROM outbox_duty WHERE name = 'verification of backups'
"""


@dataclass
class CheckReport:
    """What a look found: what keeps a process from its work, and what is only to be said."""

    findings: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, other: CheckReport) -> None:
        self.findings += other.findings
        self.remarks += other.remarks


def folders_of(config: Config, process: Process) -> Iterator[tuple[str, Path]]:
    """Return the folders that a process writes in, by what they are for."""
    if process in {Process.STAFF, Process.PORTAL, Process.AUTHORITY}:
        yield "static files", config.served / process.value
    if process is Process.SEALER:
        yield "checkpoints of the journal", config.journal.folder
    if process is Process.KEEPER:
        yield "the ledger of destroyed keys", config.key_ledger.parent


def folder_findings(config: Config, process: Process) -> list[str]:
    """Return a sentence for each folder in which this account cannot write what the process will write there."""
    return [
        f"The folder for {noun}, {path}, cannot be written in by this account: create it, or correct its owner."
        for noun, path in folders_of(config, process)
        if not _is_writable(path)
    ]


def _is_writable(path: Path) -> bool:
    there = next((each for each in (path, *path.parents) if each.exists()), Path("/"))
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def certificates_told(config: Config) -> CheckReport:
    """Tell of our own certificates that have ended, or will within a month; of one that the host declared, too."""
    from temoin.crypto.signatures import PublicKeyError, end_of_certificate

    told = CheckReport()
    for _name, noun, path in config.own_certificates:
        try:
            left = end_of_certificate(path.read_bytes()) - now()
        except (OSError, PublicKeyError):
            continue  # told by a check of its own
        if left < SOON:
            words = f"has ended: renew {path}" if left < timedelta(0) else f"ends in {left.days} days: {path}"
            told.remarks.append(f"The {noun} {words}.")
    return told


def look_at_database(config: Config, role: str, told: CheckReport, database: psycopg.Connection) -> Iterator[str]:
    """Yield what is wrong with role, tables, settings and clock over a connection of this role."""
    yield from power_findings(role, database)
    yield from schema_findings(database)
    yield from version_findings(database)
    yield from setting_findings(database, role, demo=config.site.demo)
    findings, remarks = clock_words(database)
    yield from findings
    told.remarks += remarks + writing_words(database)
    if role == Process.SEALER.role:
        told.remarks += ledger_words(config.key_ledger, database)
    if role == Process.KEEPER.role and not config.site.demo:
        told.remarks += backup_words(database)


def writing_words(database: psycopg.Connection) -> list[str]:
    """Return that nothing can be written: no reason not to start, as another server may become the primary."""
    (setting,) = database.execute("SELECT current_setting('transaction_read_only')").fetchone() or ("off",)
    words = (
        "The database takes no writes: it is a standby, or its default_transaction_read_only is on. Name the primary."
    )
    return [words] if setting == "on" else []


def ledger_words(ledger: Path, database: psycopg.Connection) -> list[str]:
    """Return what is amiss with the ledger of destroyed keys, asked as the sealer: a restore goes by it."""
    try:
        with database.transaction():
            missing = count_forgotten((key for (key,) in database.execute(KEYS_ENDED)), ledger)
    except psycopg.errors.UndefinedTable:
        return []  # told already
    except OSError as error:
        return [f"The ledger of destroyed keys, {ledger}, cannot be read ({error.strerror}): a restore goes by it."]
    if not missing:
        return []
    words = f"The ledger of destroyed keys, {ledger}, is missing or old: it lacks {missing} that the journal names."
    return [f"{words} Put its newest copy back; temoin retention apply then adds what is left."]


def backup_words(database: psycopg.Connection) -> list[str]:
    """Return what is to be said of backups, asked as the keeper: nothing of it keeps a process from its work."""
    try:
        with database.transaction():
            row = database.execute(_BACKUP).fetchone()
    except psycopg.errors.UndefinedTable:
        return []  # told already
    due_at, is_failing, archives = row or (None, False, "off")
    words = []
    if due_at is None or due_at.year == NEVER:
        words.append("No backup was ever verified: temoin backup verify restores the newest beside the site.")
    elif due_at + OLD < now():
        words.append(
            f"No backup was verified since {day_of(due_at - OLD, HOUSE)}: is temoin-backup-verify.timer running?"
        )
    if is_failing:
        words.append("The newest backup did not restore as it must: temoin backup verify tells why.")
    if archives == "off":
        words.append("The log of the database is not archived: a restore loses all that came after the backup.")
    return words
