"""`temoin backup verify`: the newest backup restored beside the site and proved, as a restore will have to be.

Nobody knows that a backup restores who has not restored it. What was found is an event of every pharmacy, and stands
beside the duties, where metrics, `temoin lanes` and `temoin check` see when it went well the last time.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import timedelta
from pathlib import Path

import psycopg

from temoin.cli.backup_accounts import serving_account
from temoin.cli.backup_copy import BackupSource, scratch_cluster, secrets_within
from temoin.cli.backup_proof import BackupProof, begin_proof, looking_at, measure, prove, secrets_of_site
from temoin.cli.backup_server import CopyError
from temoin.cli.backup_settings import add_settings_command
from temoin.cli.backup_units import add_unit_commands, copied_since, served_copy
from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.database_server import database_running
from temoin.cli.django_process import become, settings_file
from temoin.cli.numbers import count_of_rows, whole_seconds
from temoin.cli.supervised import end_by_cleaning
from temoin.lib.config_error import ConfigError
from temoin.settings.file import VARIABLE, Config, Process, read_config

FINE, WRONG = 0, 1
SCRATCH = Path("/var/tmp/temoin-backup")  # noqa: S108 copies in it are 0700 and sweeping follows no link
A_DAY_AND_SOME = 26 * 3600  # seconds: a backup each night, and the hour of its work


def add_commands(commands: Commands) -> None:
    verbs = commands.add_parser("backup", help="set backups up, and prove that the newest restores").add_subparsers(
        metavar="WHAT", required=True
    )
    words = "restore the newest backup beside the site, prove it, and remove it"
    verify = verbs.add_parser("verify", help=words, description=f"{words.capitalize()}.")
    verify.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    source = verify.add_mutually_exclusive_group(required=True)
    source.add_argument("--stanza", metavar="NAME", help="of pgBackRest, whose repository has the backups")
    source.add_argument("--from", dest="folder", type=Path, help="what pg_basebackup wrote, or a folder of such")
    words = "folder of a copy that another account restored and serves: temoin-copy.service"
    source.add_argument("--copy", type=Path, metavar="FOLDER", help=words)
    verify.add_argument("--scratch", type=Path, help="where there is room for a copy of the database, for a while")
    verify.add_argument("--programs", type=Path, help="PostgreSQL's programs, of the version of the backup")
    verify.add_argument(
        "--rows", type=count_of_rows, default=200, help="rows of each table and pharmacy to open (0: all)"
    )
    words = f"that a restore may lose; more is a fault (default: {A_DAY_AND_SOME})"
    verify.add_argument("--at-most", type=whole_seconds, metavar="SECONDS", default=A_DAY_AND_SOME, help=words)
    verify.add_argument("--json", action="store_true", help="one object instead of lines")
    verify.set_defaults(run=run)
    add_unit_commands(verbs)
    words = "write the settings of pgBackRest and a passphrase, and say what PostgreSQL must be told"
    add_settings_command(verbs.add_parser("settings", help=words, description=f"{words.capitalize()}."))


def run(options: argparse.Namespace) -> int:
    """Restore, prove, tell; 0 when all of it is well."""
    settings = settings_file(options.data)
    os.environ[VARIABLE] = os.path.realpath(settings)
    site = read_config(settings)
    _refuse_own_account(options, site)
    end_by_cleaning()
    with database_running(settings):
        proof = _prove(options, site)
        _note(proof)
    if options.json:
        say(json.dumps(proof.as_json(), default=str))
    else:
        for line in proof.lines():
            say(line)
        say("The backup restores." if proof.is_verified else "The backup does not restore as it must.")
    return FINE if proof.is_verified else WRONG


def _refuse_own_account(options: argparse.Namespace, site: Config) -> None:
    """Refuse to run, as an account that reads keys, what a backup brings along."""
    if options.copy is None and not serving_account() and not site.site.demo:
        raise ConfigError(
            "The copy would run under this account, which can read the keys: run this as root, which gives the copy "
            "to another, or start temoin-backup-verify.service."
        )


def _prove(options: argparse.Namespace, site: Config) -> BackupProof:
    proof, clock = begin_proof(), time.monotonic()
    try:
        if options.copy is None:
            _prove_restored(options, site, proof, clock)
        else:
            with served_copy(options.copy) as place:
                proof.began_at = copied_since(options.copy)
                _prove_files(proof, options.copy / "database", site)
                _prove_served(options, proof, place, site)
    except CopyError as error:
        proof.add("restored", [str(error)])
    except OSError as error:
        proof.add("files", [f"{error.strerror or type(error).__name__}: {error.filename or 'the copy'}"])
    except psycopg.Error as error:
        words = "it does not answer a role of the site's: was a password turned since?"
        proof.add("the copy answers", [f"{type(error).__name__}: {words}"])
    proof.took_seconds = round(time.monotonic() - clock, 1)
    return proof


def _prove_restored(options: argparse.Namespace, site: Config, proof: BackupProof, clock: float) -> None:
    with scratch_cluster(options.scratch or Path(os.environ.get("CACHE_DIRECTORY", SCRATCH))) as cluster:
        cluster.restore(BackupSource(options.stanza, options.folder), options.programs)
        _prove_files(proof, cluster.database, site)
        cluster.start(options.programs)
        proof.add("restored and started", [], f"{time.monotonic() - clock:.0f} s")
        _prove_served(options, proof, cluster.folder, site)


def _prove_files(proof: BackupProof, database: Path, site: Config) -> None:
    inside = [f"{noun} lies in it" for noun in secrets_within(database, secrets_of_site(site))]
    proof.add("holds nothing that opens it", inside)


def _prove_served(options: argparse.Namespace, proof: BackupProof, place: Path, site: Config) -> None:
    with looking_at(place):
        copy = read_config(site.file)
    measure(proof, copy, site, at_most=timedelta(seconds=options.at_most))
    prove(proof, place, site, rows=options.rows)


def _note(proof: BackupProof) -> None:
    """Tell the site's journal and duties; a site that is away at this moment learns it from the exit status alone."""
    become(Process.KEEPER)
    from django.db import DatabaseError

    from temoin.keeping.backups import note_backup

    try:
        note_backup(is_verified=proof.is_verified, events=proof.sealed_events, lost=proof.lost_events)
    except DatabaseError:
        complain("The site's database does not answer: this is not noted there.")
