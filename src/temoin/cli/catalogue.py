"""`temoin catalogue`: say which kits are known and by whose review, and take a newer catalogue file."""

from __future__ import annotations

import argparse
from pathlib import Path

from temoin.catalogue.kits import KITS_FILE, KitList, load_kits, newer_of, read_kits, use_kits_file
from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import settings_file
from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError

DONE = 0


def add_commands(commands: Commands) -> None:
    words = "say which kits are known, and take a newer catalogue file"
    noun = commands.add_parser("catalogue", help=words, description=words)
    noun.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    noun.set_defaults(run=_show)
    verbs = noun.add_subparsers(metavar="VERB", required=False)
    words = "check a catalogue file and use it from the next start of the services on"
    load = verbs.add_parser("load", help=words, description=words)
    load.add_argument("catalogue", type=Path, metavar="FILE", help="kits and notices of recalls, in TOML")
    load.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    load.set_defaults(run=_load)


def _show(options: argparse.Namespace) -> int:
    say(_told(_known(_place(options))))
    return DONE


def _load(options: argparse.Namespace) -> int:
    place = _place(options)
    known = _known(place)
    try:
        new = read_kits(options.catalogue)
        newer_of(known, new)  # what only the present one knows stays, under names of its own
    except (DataFileError, UnicodeDecodeError) as error:
        raise ConfigError(f"Nothing was changed: {error}") from error
    if new.review.on <= known.review.on:
        raise ConfigError(
            f"Nothing was changed: the file was reviewed on {new.review.on}, and the catalogue in use on "
            f"{known.review.on}. A newer one has a later day in its review."
        )
    draft = place.with_suffix(".draft")  # a service that starts meanwhile reads a whole file, before or after
    draft.write_bytes(options.catalogue.read_bytes())
    draft.rename(place)
    say(_told(new))
    say(_changed(known, new))
    say("Start the services anew: each reads the catalogue when it starts.")
    return DONE


def _place(options: argparse.Namespace) -> Path:
    return settings_file(options.data).resolve().parent / KITS_FILE


def _known(place: Path) -> KitList:
    use_kits_file(place)
    load_kits.cache_clear()
    return load_kits()


def _told(known: KitList) -> str:
    doubt = ", not reviewed by anybody entitled to" if known.review.is_placeholder else ""
    review = f"reviewed on {known.review.on} by {known.review.by}{doubt}"
    return f"{len(known.kits)} kits, {len(known.recalls)} notices of recalls, {review}; source: {known.review.source}"


def _changed(before: KitList, after: KitList) -> str:
    added = [code for code in after.kits if code not in before.kits]
    changed = [code for code, one in after.kits.items() if code in before.kits and before.kits[code] != one]
    kept = [code for code in before.kits if code not in after.kits]
    return f"{len(added)} kits are new, {len(changed)} changed, {len(kept)} are kept that the file does not name."
