"""The `temoin` command: one noun or verb per file, wired together here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from temoin.cli.beside import NEEDS, add_beside
from temoin.cli.console import complain, forget_output, streams_of_use
from temoin.crypto.envelope import NoReaderError, SealBrokenError
from temoin.lib.text import is_readable
from temoin.lib.unreadable import unreadable_gathered, unreadable_met

# Where each command of the product is, in the order of the help. What a command does not need it does not load.
ROOMS: dict[str, tuple[str, ...]] = {
    "serve": ("web", "portal", "authority", "worker", "sealer", "reaper"),
    "init": ("init",),
    "backup": ("backup",),
    "migrate": ("migrate",),
    "imports": ("import",),
    "journal": ("journal",),
    "keys": ("keys",),
    "certificates": ("certificates",),
    "check": ("check",),
    "evidence": ("evidence",),
    "catalogue": ("catalogue",),
    "pharmacies": ("pharmacy",),
    "members": ("member",),
    "breach": ("breach",),
    "officers": ("officer",),
    "lanes": ("lanes",),
    "leaving": ("leaving",),
    "listen": ("listen",),
    "reconcile": ("reconcile",),
    "restore": ("restore",),
    "retention": ("retention",),
    "surveillance": ("surveillance",),
}


CANNOT, INTERRUPTED, UNREAD = 2, 128 + 2, 128 + 13  # the last two as shells tell of SIGINT and SIGPIPE


def build_parser(command: str = "") -> argparse.ArgumentParser:
    """Return the parser of a command, or of all where it is none of ours; each sets `run`, which takes the options."""
    parser = argparse.ArgumentParser(
        prog="temoin", description="Test results in pharmacies: to the patient, and to the authority, once."
    )
    parser.set_defaults(takes_rest=False)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    found = [room for room, names in ROOMS.items() if command in names]
    if not found:
        add_beside(commands, command)
    if command not in NEEDS:
        for room in found or ROOMS:
            import_module(f"temoin.cli.{room}").add_commands(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status, 2 when Témoin is set up wrongly or could not do it."""
    streams_of_use()
    try:
        return _answer(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # from the first moment on: what a command needs takes a while to load
        return INTERRUPTED
    except BrokenPipeError:  # whoever read has enough: nothing is to be told, and it was not all
        forget_output()
        return UNREAD


def _answer(given: Sequence[str]) -> int:
    parser = build_parser(next(iter(given), ""))
    options, rest = parser.parse_known_args(given)
    options.rest = rest
    if rest and not options.takes_rest:
        parser.error(f"unknown arguments: {' '.join(rest)}")
    if unreadable := _unreadable(options):
        parser.error(f"{unreadable} holds signs that nobody can read: type it again")
    try:
        return _run(options)
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 the outermost: whatever it is, the person is told in words
        from temoin.cli.refusals import words_of

        complain(words_of(error))
        return CANNOT


def _run(options: argparse.Namespace) -> int:
    try:
        with unreadable_gathered():
            status: int = options.run(options)
            for row in unreadable_met():
                complain(f"A row does not open, and was left out; the owners are told: {row.table} {row.row_id}")
    except SealBrokenError as error:
        from temoin.journal.alerts import note_broken_seal

        note_broken_seal(error, origin="command")
        complain("A sealed value does not open: it was altered or moved, or its key is missing. The owners are told.")
        if isinstance(error, NoReaderError):
            complain(str(error))
        return 1
    return status


FILES = frozenset({"file", "errors_csv", "rest"})  # names of files, in whatever letters the machine has


def _unreadable(options: argparse.Namespace) -> str:
    """Return the name of the first text that cannot be read as typed, "" for none: half letters reach no room."""
    for name, value in vars(options).items():
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        if name not in FILES and not all(is_readable(text) for text in texts):
            return name.replace("_", "-")
    return ""


if __name__ == "__main__":
    raise SystemExit(main())
