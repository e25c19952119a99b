"""`temoin journal …`: verify, status, seal, key and export; for whoever operates the journal or checks it."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import become, settings_of_process
from temoin.cli.numbers import calendar_day
from temoin.cli.operating import known_database
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Process

if TYPE_CHECKING:
    from temoin.crypto.notes import NoteSigner
    from temoin.journal.checkpoint import Checkpoint
    from temoin.journal.couriers.following import Follower
    from temoin.journal.findings import JournalFinding
    from temoin.journal.walk import Evidence, WalkOutcome

FINE, WRONG, CANNOT = 0, 1, 2
SHOWN = 200  # findings written out; the count is always whole


def add_commands(commands: Commands) -> None:
    verbs = commands.add_parser("journal", help="check and follow the journal").add_subparsers(
        metavar="WHAT", required=True
    )
    verify = _verb(verbs, "verify", "recompute the journal and name what is not as it was sealed", run_verify)
    verify.add_argument("--witness", action="append", default=[], metavar="NAME|FOLDER", help="compare with this one")
    verify.add_argument(
        "--alone", action="store_true", help="compare with no witness: the database could be an old copy"
    )
    verify.add_argument(
        "--as-of-backup", action="store_true", help="this is an older copy: compare up to its own last checkpoint"
    )
    verify.add_argument("--since", type=calendar_day, metavar="DATE", help="begin at the last checkpoint before")
    _verb(verbs, "status", "tell how far the journal is sealed and followed", run_status)
    seal = _verb(verbs, "seal", "seal once, now", run_seal)
    words = "the folder of checkpoints is lost for good: fill the empty one in its place from the database"
    seal.add_argument("--new-folder", action="store_true", help=words)
    resume = _verb(
        verbs, "resume", "go on after a restore from what the folder knows, and state what was lost", run_resume
    )
    resume.add_argument("--state", nargs=2, metavar=("DETAIL", "DIGEST"), help=argparse.SUPPRESS)
    resume.set_defaults(run=lambda options: _state(options) if options.state else _with_database(options, run_resume))
    _verb(verbs, "key", "write the public key that outsiders check with", run_key)
    _verb(verbs, "export", "write what the independent verifier needs to standard output", run_export)


def _verb(verbs: Commands, name: str, words: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=words, description=words.capitalize() + ".")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.set_defaults(run=lambda options: _with_database(options, run))
    return parser


def _with_database(options: argparse.Namespace, run: Callable[[argparse.Namespace], int]) -> int:
    """Run a command under the sealer's role; an embedded database that is down is started for as long as it works."""
    become(Process.SEALER, options.data)
    with known_database(Path(os.environ[VARIABLE])):
        return run(options)


def journal_signer() -> NoteSigner:
    """Return the journal's signer; Django must be loaded."""
    from temoin.crypto.notes import NoteKeyError, read_signer

    journal = settings_of_process().journal
    try:
        return read_signer(journal.origin, journal.key)
    except NoteKeyError as error:
        raise ConfigError(str(error)) from None


def journal_followers() -> list[Follower]:
    """Return the witnesses that the settings name, the folder first."""
    from temoin.crypto.notes import NoteKeyError, parse_vkey
    from temoin.journal.couriers.folder import FolderWitness
    from temoin.journal.couriers.http import HttpWitness

    journal = settings_of_process().journal
    try:
        known = {name: parse_vkey(witness.vkey) for name, witness in journal.witnesses.items()}
    except NoteKeyError as error:
        raise ConfigError(f"[journal.witnesses]: {error}") from None
    far: list[Follower] = [HttpWitness(name, journal.witnesses[name].url, key) for name, key in known.items()]
    return [FolderWitness(journal.folder), *far]


def run_verify(options: argparse.Namespace) -> int:
    """Verify, name what is wrong, and say how much was gone through."""
    from temoin.journal.standing import sealed_size
    from temoin.journal.walk import Evidence

    began = time.monotonic()
    evidence = Evidence() if options.alone else evidence_of(options.witness)
    if options.as_of_backup:
        evidence, later = evidence.until(sealed_size())
        say(f"A copy of earlier: the witnesses know {later} events more.")
    outcome, findings = whole_verdict(evidence, _start(options.since))
    for finding in findings[:SHOWN]:
        complain(str(finding))
    took = time.monotonic() - began
    say(f"{outcome.events} events and {outcome.checkpoints} checkpoints in {took:.1f} s; journal of {outcome.size}")
    seen = sorted({name for name, _ in evidence.seen})
    say(f"Compared with {', '.join(seen)}." if seen else "Compared with no witness.")
    for cut in outcome.cuts:
        say(str(cut))
    say("Nothing is wrong." if not findings else f"Findings: {len(findings)}.")
    return WRONG if findings else FINE


def whole_verdict(evidence: Evidence, start: Checkpoint | None = None) -> tuple[WalkOutcome, list[JournalFinding]]:
    """Go through the journal and through every row that its events tell of; return all that is found."""
    from temoin.journal.listing_evidence import compare_listings
    from temoin.journal.verification import verify_journal
    from temoin.testing.authority import compare_authority
    from temoin.testing.evidence import compare_records

    outcome = verify_journal(journal_signer().verifier, evidence, start)
    return outcome, [*outcome.findings, *compare_records(), *compare_listings(), *compare_authority()]


def _start(since: date | None) -> Checkpoint | None:
    from temoin.journal.verification import checkpoint_before

    return None if since is None else checkpoint_before(datetime(since.year, since.month, since.day, tzinfo=UTC))


def evidence_of(named: list[str]) -> Evidence:
    """Gather what witnesses have seen: those named, or every one of the settings."""
    from temoin.journal.evidence import folder_evidence, witness_evidence
    from temoin.journal.walk import Evidence

    journal = settings_of_process().journal
    evidence = Evidence()
    for name in named or [*journal.witnesses, str(journal.folder)]:
        if name in journal.witnesses:
            witness = journal.witnesses[name]
            evidence += witness_evidence(name, witness.url, witness.vkey, origin=journal.origin)
        elif Path(name).is_dir() or not named:
            evidence += folder_evidence(Path(name), journal_signer().verifier)
        else:
            raise ConfigError(f"{name} is neither a witness of the settings nor a folder of checkpoints.")
    return evidence


def run_status(_options: argparse.Namespace) -> int:
    """Tell how things stand; 1 when somebody should look."""
    from temoin.journal.standing import journal_standing

    standing = journal_standing()
    for line in standing.lines():
        say(line)
    for alarm in standing.alarms():
        complain(alarm)
    return WRONG if standing.alarms() else FINE


def run_seal(options: argparse.Namespace) -> int:
    from temoin.journal.couriers.folder import FolderWitness
    from temoin.journal.nodes import TreeBrokenError
    from temoin.journal.sealer import begin_folder_anew, bring_up_to_date, refuse_fork
    from temoin.journal.sealing import seal_events

    folder = FolderWitness(settings_of_process().journal.folder)
    try:
        if options.new_folder:
            begin_folder_anew(folder)
        refuse_fork([folder])
    except TreeBrokenError as error:
        complain(str(error))
        return CANNOT
    checkpoint = seal_events(journal_signer())
    say("Nothing was waiting." if checkpoint is None else checkpoint.note)
    if options.new_folder and not bring_up_to_date(folder):
        complain(f"{folder.folder} cannot be filled: temoin journal status")
        return CANNOT
    return FINE


def run_resume(_options: argparse.Namespace) -> int:
    """State the cut, put the folder's hashes back, and seal both: the sealer seals nothing before."""
    from temoin.journal.resuming import ResumeError, go_on, kept_beyond, lost_range

    signer = journal_signer()
    try:
        kept = kept_beyond(signer, settings_of_process().journal.folder)
        if kept is None:
            say("The folder knows no more than this database: nothing is to be resumed.")
            return FINE
        lost = lost_range(kept)
        if lost is not None:
            words = ["journal", "resume", "--state", lost.detail, lost.digest]
            subprocess.run([sys.executable, "-m", "temoin.cli.main", *words], check=True, env=os.environ.copy())
        go_on(signer, kept)
    except ResumeError as error:
        complain(str(error))
        return CANNOT
    except subprocess.CalledProcessError:
        return CANNOT  # it has told why
    say(f"The journal goes on after {kept.end} events." + (f" Lost and stated: {lost.detail}." if lost else ""))
    say("Next: temoin journal verify; then start the sealer, and show the auditor what it says.")
    return FINE


def _state(options: argparse.Namespace) -> int:
    """Write the statement as the keeper, in every pharmacy."""
    become(Process.KEEPER, options.data)
    from temoin.journal.events import EventKind
    from temoin.keeping.acts import tell_every_pharmacy

    detail, digest = options.state
    tell_every_pharmacy(EventKind.JOURNAL_RESUMED, detail, digest=digest)
    return FINE


def run_key(_options: argparse.Namespace) -> int:
    say(journal_signer().verifier.vkey)
    return FINE


def run_export(_options: argparse.Namespace) -> int:
    """Stream checkpoints and events; nothing is ever written to disk here."""
    from temoin.journal.export import exported_lines
    from temoin.testing.authority import exported_authority
    from temoin.testing.evidence import exported_records

    for line in exported_lines(exported_authority, exported_records):
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    return FINE
