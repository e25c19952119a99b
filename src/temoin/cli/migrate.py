"""`temoin migrate`: brings the database's tables up to this version, signed in as their owner."""

from __future__ import annotations

import argparse
from pathlib import Path

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import become
from temoin.cli.supervised import follow_supervisor
from temoin.lib.config_error import ConfigError
from temoin.settings.file import Process

LOCK = 0x74656D6F  # an advisory lock of ours: two migrations at once wait for each other


def add_commands(commands: Commands) -> None:
    parser = commands.add_parser("migrate", help="bring the database's tables up to this version")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is well")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Migrate, then grant what no migration can know."""
    follow_supervisor()
    become(Process.OWNER, options.data)
    migrate_database()
    if not options.quiet:
        say("The database is up to date.")
    return 0


def migrate_database() -> None:
    """Apply what is missing; Django must be loaded as the owner."""
    from django.core.management import call_command
    from django.db import connection

    from temoin.site.grants import grant_events, grant_keeper, grant_library_tables, grant_sealer
    from temoin.site.known_schema import newer_findings

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            if newer := newer_findings(connection.connection):
                raise ConfigError(newer[0])
            call_command("migrate", interactive=False, verbosity=0)
            grant_library_tables(cursor)
            grant_keeper(cursor)
            grant_sealer(cursor)
            grant_events(cursor)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
