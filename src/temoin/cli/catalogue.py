"""`temoin catalogue`: say which kits are known and by whose review, and take a newer catalogue file."""

from __future__ import annotations

import argparse
from pathlib import Path

from temoin.catalogue.kits import (
    KITS_FILE,
    KitList,
    kept_as,
    kits_of,
    load_kits,
    loaded_files,
    read_kits,
    use_kits_file,
)
from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import settings_file
from temoin.lib.config_error import ConfigError
from temoin.lib.data_file import DataFileError
from temoin.lib.whole_file import write_whole

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
    use_kits_file(_place(options))
    say(_told(load_kits()))
    return DONE


def _load(options: argparse.Namespace) -> int:
    place = _place(options)
    good, broken = _readable(loaded_files(place))
    known = kits_of(good)  # a file that cannot be read is in nobody's way: this command mends it
    try:
        new = read_kits(options.catalogue)
    except DataFileError as error:
        raise ConfigError(f"Nothing was changed: {error}") from error
    if new.review.on <= known.review.on:
        raise ConfigError(
            f"Nothing was changed: the file was reviewed on {new.review.on}, and the catalogue in use on "
            f"{known.review.on}. A newer one has a later day in its review."
        )
    for file in broken:
        file.rename(file.with_name(f"{file.name}.unreadable"))
        say(f"{file.name} could not be read and is set aside: the kits and notices that only it names are gone.")
    _take(options.catalogue, place)
    use_kits_file(place)
    say(_told(load_kits()))
    for line in _changed(known, new, load_kits()):
        say(line)
    say("Start the services anew: each reads the catalogue when it starts.")
    return DONE


def _readable(files: list[Path]) -> tuple[list[Path], list[Path]]:
    """Return the files that can be read, and those that cannot."""
    good, broken = [], []
    for file in files:
        try:
            read_kits(file)
        except DataFileError:
            broken.append(file)
        else:
            good.append(file)
    return good, broken


def _take(file: Path, place: Path) -> None:
    """Put a file in its place; the one before it stays beside it, for the lots of its kits and for its notices."""
    if place.is_file():  # a service that starts meanwhile reads a whole file, before or after
        write_whole(kept_as(place, read_kits(place).review), place.read_bytes(), mode=0o644)
    write_whole(place, file.read_bytes(), mode=0o644)


def _place(options: argparse.Namespace) -> Path:
    return settings_file(options.data).resolve().parent / KITS_FILE


def _told(known: KitList) -> str:
    doubt = ", not reviewed by anybody entitled to" if known.review.is_placeholder else ""
    review = f"reviewed on {known.review.on} by {known.review.by}{doubt}"
    return f"{len(known.kits)} kits, {len(known.standing)} notices of recalls, {review}; source: {known.review.source}"


def _changed(before: KitList, file: KitList, after: KitList) -> list[str]:
    """Say what a file changed, and name each lot that nobody recalls any more."""
    added = [code for code in file.kits if code not in before.kits]
    changed = [code for code, one in file.kits.items() if code in before.kits and before.kits[code] != one]
    kept = [code for code in after.kits if code not in file.kits]
    silent = {one.key for one in after.standing} - {one.key for one in file.recalls}
    had, has = _lots(before), _lots(after)
    return [
        f"{len(added)} kits are new, {len(changed)} changed, {len(kept)} are kept that the file does not name.",
        f"{len(has - had)} lots are recalled from now on; {len(silent)} notices are kept that the file does not name.",
        *(f"No longer recalled: lot {number} of {kit}." for kit, number in sorted(had - has)),
    ]


def _lots(known: KitList) -> set[tuple[str, str]]:
    return {(one.kit, number) for one in known.standing for number in one.numbers}
