"""What a restored copy must show: a journal that the site's own goes on from, rows that open, and no destroyed key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from temoin.cli.looks import ledger_words
from temoin.lib.clock import now
from temoin.lib.lifeline import die_with
from temoin.settings.checks import secrets_of
from temoin.settings.file import COPIED_LEDGER, COPY, VARIABLE, Config, Process, read_config
from temoin.site.database_role import connect_as
from temoin.site.known_schema import schema_findings

# What counts is asked as the sealer, who sees every pharmacy and opens nothing.
_LAST = "SELECT xid::text, at FROM journal_event ORDER BY xid DESC LIMIT 1"
_SEALED = "SELECT size, note FROM journal_checkpoint ORDER BY size DESC LIMIT 1"
_SAME = "SELECT note FROM journal_checkpoint WHERE size = %s"
_CLUSTER = "SELECT system_identifier::text FROM pg_control_system()"
_SINCE = "SELECT count(*), min(at) FROM journal_event WHERE xid > %s::xid8 AND at <= %s"
_COUNTED = """
SELECT table_name FROM information_schema.column_privileges
 WHERE grantee = 'temoin_sealer' AND column_name = 'pharmacy_id' AND table_schema = 'public' ORDER BY table_name
"""
STAYS = 1  # status of `temoin retention apply` while a destroyed key is there
SHOWN = 10  # lines of a step that went wrong
LONGEST = 12 * 3600  # seconds that a step may take: what a backup brings along may wait for ever
# How every connection to a copy is made: a password is proved and never shown, and what a superuser may have set for
# the roles (ALTER ROLE ... SET) is set by us, as far as a client can.
_WAY = {
    "require_auth": "scram-sha-256",
    "options": "-c search_path=public -c role=none -c local_preload_libraries= -c row_security=on "
    "-c statement_timeout=1h -c lock_timeout=1min -c default_transaction_read_only=off",
}
_WAY_OF_CHILDREN = {"PGREQUIREAUTH": _WAY["require_auth"], "PGOPTIONS": _WAY["options"]}


@dataclass(frozen=True)
class ProofStep:
    """One thing that was tried on the copy."""

    name: str
    is_well: bool
    words: tuple[str, ...] = ()


@dataclass
class BackupProof:
    """What a verification found."""

    began_at: datetime
    last_event_at: datetime | None = None  # in the copy
    lost_events: int | None = None  # that the site had when the verification began, and the copy has not
    recovery_point_seconds: float | None = None
    sealed_events: int = 0
    rows: dict[str, tuple[int, int | None]] = field(default_factory=dict)  # in the copy, and at the site now
    steps: list[ProofStep] = field(default_factory=list)
    took_seconds: float = 0.0

    @property
    def is_verified(self) -> bool:
        return bool(self.steps) and all(step.is_well for step in self.steps)

    def add(self, name: str, faults: list[str], words: str = "") -> None:
        """Take a step into account: well without faults."""
        self.steps.append(ProofStep(name, not faults, tuple(faults) or ((words,) if words else ())))

    def lines(self) -> list[str]:
        """Return what a person is told."""
        lines = [f"{'well ' if step.is_well else 'WRONG'}  {step.name}{_told(step)}" for step in self.steps]
        for table, (copied, live) in self.rows.items():
            lines.append(f"{table}: {copied} rows" + ("" if live is None else f", the site has {live} now"))
        return lines

    def as_json(self) -> dict[str, Any]:
        return {"verified": self.is_verified, **asdict(self)}


@dataclass(frozen=True)
class _Ends:
    """Where a journal ends."""

    cluster: str
    xid: str
    at: datetime | None
    size: int
    note: str


def measure(proof: BackupProof, copy: Config, site: Config, *, at_most: timedelta | None) -> None:
    """Compare counts and the journal's end with the site, before anything is done to the copy."""
    with connect_as(copy, "sealer", **_WAY) as database:
        counted = {table: _count(database, table) for (table,) in database.execute(_COUNTED).fetchall()}
        ends = _ends(database)
    proof.last_event_at, proof.sealed_events = ends.at, ends.size
    proof.rows = {table: (count, None) for table, count in counted.items()}
    try:
        with connect_as(site, "sealer") as database:
            database.execute("SET statement_timeout = 0")
            proof.rows = {table: (count, _count(database, table)) for table, (count, _) in proof.rows.items()}
            faults = _compare(proof, database, ends, at_most)
            # While the site is there: of keys that were destroyed since the backup, nothing else will tell.
            proof.add("the ledger knows each destroyed key", ledger_words(site.key_ledger, database))
    except psycopg.OperationalError:
        faults = ["the site's database does not answer, so that nothing could be compared with it"]
    proof.rows = {table: counts for table, counts in proof.rows.items() if any(counts)}
    lost, point = proof.lost_events, proof.recovery_point_seconds
    proof.add("compared with the site", faults, f"{lost} events younger than the copy, recovery point {point:.0f} s"
              if point is not None else "")  # fmt: skip


def _compare(proof: BackupProof, site: psycopg.Connection, ends: _Ends, at_most: timedelta | None) -> list[str]:
    if (own := site.execute(_CLUSTER).fetchone()) is None or own[0] != ends.cluster:
        return ["the backup is of another database cluster than the site's"]
    if ends.size and (site.execute(_SAME, [ends.size]).fetchone() or ("",))[0] != ends.note:
        return [f"the site's journal does not go on from the copy's {ends.size} events: temoin journal verify"]
    count, oldest = site.execute(_SINCE, [ends.xid, proof.began_at]).fetchone() or (0, None)
    proof.lost_events = count
    proof.recovery_point_seconds = (proof.began_at - oldest).total_seconds() if oldest is not None else 0.0
    if at_most is not None and proof.recovery_point_seconds > at_most.total_seconds():
        words = f"a restore would lose the last {proof.recovery_point_seconds:.0f} s, {count} events"
        return [f"{words}: is the log of the database archived?"]
    return []


def _ends(database: psycopg.Connection) -> _Ends:
    cluster = database.execute(_CLUSTER).fetchone() or ("",)
    xid, at = database.execute(_LAST).fetchone() or ("0", None)
    size, note = database.execute(_SEALED).fetchone() or (0, "")
    return _Ends(cluster[0], xid, at, size, note)


def _count(database: psycopg.Connection, table: str) -> int:
    row = database.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    return int(row[0]) if row else 0


def prove(proof: BackupProof, folder: Path, site: Config, *, rows: int) -> None:
    """Do what the guide's section `Restore` says, on the copy, in its order, each command as an operator types it."""
    try:
        (folder / COPIED_LEDGER).write_bytes(site.key_ledger.read_bytes())
    except FileNotFoundError:
        if not site.key_ledger.parent.is_dir():  # where no key was ever destroyed, there is no file in it
            raise
    with looking_at(folder):
        copy = read_config(site.file)
        with connect_as(copy, "keeper", **_WAY) as database:
            is_older = bool(schema_findings(database))
    if is_older:  # taken before an upgrade
        _command(proof, "tables brought up to this version", folder, site, "migrate", "--quiet")
    # The folder alone: a far witness that is silent is no fault of the backup.
    compared = ["--witness", str(site.journal.folder), "--as-of-backup"] if proof.sealed_events else ["--alone"]
    _command(proof, "journal", folder, site, "journal", "verify", *compared)
    _destroy_again(proof, folder, site)
    _command(proof, "keys and rows open", folder, site, "keys", "verify", "--rows", str(rows))


@contextmanager
def looking_at(folder: Path) -> Iterator[None]:
    """Have settings that are read here name the copy."""
    before = os.environ.get(COPY)
    os.environ[COPY] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(COPY) if before is None else os.environ.__setitem__(COPY, before)


def _destroy_again(proof: BackupProof, folder: Path, site: Config) -> None:
    """Have destroyed keys end again; one that was turned away, and is in use in the copy, by a turn of its own."""
    name, words = "destroyed keys destroyed again", ("retention", "apply")
    done = _run(folder, site, *words)
    if done is not None and done.returncode == STAYS:
        _command(proof, "turned keys turned again", folder, site, "keys", "rotate-data", "--all")
        done = _run(folder, site, *words)
    _tell(proof, name, words, done)


def _command(proof: BackupProof, name: str, folder: Path, site: Config, *words: str) -> None:
    _tell(proof, name, words, _run(folder, site, *words))


def _run(folder: Path, site: Config, *words: str) -> subprocess.CompletedProcess[str] | None:
    """Run a command on the copy; None when it does not end."""
    environment = {**os.environ, **_WAY_OF_CHILDREN, COPY: str(folder), VARIABLE: str(site.file.resolve())}
    try:
        return subprocess.run(
            [sys.executable, "-m", "temoin.cli.main", *words], env=environment, capture_output=True, text=True,
            check=False, timeout=LONGEST, preexec_fn=partial(die_with, os.getpid(), signal.SIGTERM),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None


def _tell(proof: BackupProof, name: str, words: Sequence[str], done: subprocess.CompletedProcess[str] | None) -> None:
    if done is None:
        proof.add(name, [f"temoin {' '.join(words)} did not end within {LONGEST // 3600} hours"])
    elif done.returncode == 0:
        proof.add(name, [], _last(done.stdout))
    else:
        told = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        proof.add(name, told[:SHOWN] or [f"temoin {' '.join(words)} ended with {done.returncode}"])


def secrets_of_site(site: Config) -> Mapping[str, bytes]:
    """Return what must not lie in a backup, by name, as far as this account may read it."""
    named = {noun: path for process in Process for noun, path in secrets_of(site, process)}
    return {noun: path.read_bytes().strip() for noun, path in named.items() if os.access(path, os.R_OK)}


def begin_proof() -> BackupProof:
    return BackupProof(now())


def _told(step: ProofStep) -> str:
    return f": {'; '.join(step.words)}" if step.words else ""


def _last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("Next")]
    return lines[-1] if lines else ""
