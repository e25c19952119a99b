"""`temoin-witness pack FILE --key VKEY`: one verdict on an evidence pack, with no network and no site."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from temoin_witness.notes import CosignerKey, LogKey, NoteError
from temoin_witness.packs import Pack, PackError, differences, open_pack

FINE, WRONG, CANNOT = 0, 1, 2


def build_pack_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="temoin-witness pack", description="Checks an evidence pack: signature, files, growth of the journal."
    )
    parser.add_argument("pack", type=Path, metavar="FILE", help="what temoin evidence wrote")
    parser.add_argument("--key", required=True, metavar="VKEY", help="public key of the journal, as it was published")
    words = "a witness's key: its countersignature is demanded"
    parser.add_argument("--witness-key", action="append", default=[], metavar="VKEY", help=words)
    words = "a pack of the same site from before, which this one must extend"
    parser.add_argument("--earlier", type=Path, action="append", default=[], metavar="FILE", help=words)
    return parser


def check_pack(arguments: Sequence[str]) -> int:
    """Check what the command line names; 0 when nothing is wrong, 1 when something is, 2 when it cannot be told."""
    options = build_pack_parser().parse_args(arguments)
    try:
        key = LogKey.parse(options.key)
        witnesses = [CosignerKey.parse(vkey) for vkey in options.witness_key]
        pack = open_pack(options.pack.read_bytes(), key)
        problems = _witness_problems(pack, witnesses)
        for path in options.earlier:
            problems += _earlier_problems(pack, path, key)
    except PackError as error:
        problems = [f"{error}"]
    except (NoteError, OSError) as error:
        sys.stderr.write(f"temoin-witness: {error}\n")
        return CANNOT
    else:
        _say(f"Signed by {pack.words}; {len(pack.files)} files as signed, {len(pack.chain)} checkpoints in one line.")
    for problem in problems:
        _say(f"- {problem}")
    _say("Nothing is wrong." if not problems else f"Problems: {len(problems)}.")
    return WRONG if problems else FINE


def _witness_problems(pack: Pack, witnesses: Sequence[CosignerKey]) -> list[str]:
    problems = []
    for key in witnesses:
        size = pack.cosigned_by(key)
        if size is None:
            problems.append(f"{key.name} has countersigned none of its checkpoints")
        else:
            _say(f"{key.name} has countersigned the first {size} of {pack.size} events.")
    return problems


def _earlier_problems(pack: Pack, path: Path, key: LogKey) -> list[str]:
    try:
        earlier = open_pack(path.read_bytes(), key)
    except PackError as error:
        return [f"the earlier pack {path.name}: {error}"]
    found = differences(pack, earlier)
    if not found:
        _say(f"It extends {path.name}: {earlier.size} events then, {pack.size} now, the first ones the same.")
    return [f"{path.name}: {words}" for words in found]


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
