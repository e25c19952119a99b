"""`temoin evidence FOLDER|FILE`: the supervisor's pack, measured as the sealer and as the keeper, signed, told."""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from temoin.cli.check import checked
from temoin.cli.commands import Commands
from temoin.cli.console import complain, say
from temoin.cli.django_process import become, settings_file, settings_of_process
from temoin.cli.journal import evidence_of, journal_signer, whole_verdict
from temoin.cli.operating import known_database
from temoin.lib.clock import now
from temoin.lib.config_error import ConfigError
from temoin.lib.whole_file import write_whole
from temoin.settings.file import VARIABLE, Config, Process

if TYPE_CHECKING:
    from temoin.crypto.notes import NoteVerifier
    from temoin.evidence.facts import CheckTold, EvidencePack, KeeperTold

FINE, NOT_SO, CANNOT = 0, 1, 2
_ADDRESS = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")


def add_commands(commands: Commands) -> None:
    words = "make a signed pack of what a supervisor asks for: measured now, checked by outsiders, nothing personal"
    parser = commands.add_parser("evidence", help=words, description=f"{words.capitalize()}.")
    parser.add_argument("target", type=Path, nargs="?", metavar="FOLDER|FILE", help="a folder, or a new file")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.add_argument("--json", action="store_true", help="one object instead of lines")
    parser.add_argument("--keeper-facts", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--keeper-told", nargs=2, metavar=("DETAIL", "DIGEST"), help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the pack; 0 when all that must be so is, 1 when something is not and the pack says it, 2 without a pack."""
    settings = settings_file(options.data)
    os.environ[VARIABLE] = os.path.realpath(settings)
    if options.keeper_facts or options.keeper_told:
        return _as_keeper(options)
    if options.target is None:
        raise ConfigError("Name a folder, or the new file to write: temoin evidence FOLDER")
    become(Process.SEALER)
    from temoin.journal.nodes import TreeBrokenError

    with known_database(settings):
        try:
            return _make(options)
        except TreeBrokenError as error:
            complain(str(error))
        except subprocess.CalledProcessError:
            pass  # it has told why
    return CANNOT


def _make(options: argparse.Namespace) -> int:
    """Measure, write the event, then the file: a pack without its event never is."""
    from temoin.evidence.archive import packed, signed_manifest
    from temoin.evidence.chain import checkpoints_of, earlier_sizes
    from temoin.evidence.making import PackGrounds, make_pack, pack_files

    config, signer, earlier = settings_of_process(), journal_signer(), earlier_sizes()
    chain = checkpoints_of(earlier)
    if not chain:
        complain("The journal was never sealed, and a pack ends with a seal: temoin journal seal")
        return CANNOT
    made_at = now().replace(microsecond=0)
    path = _path(options.target, f"temoin-evidence-{made_at:%Y%m%dT%H%M%SZ}-{chain[-1].size}.zip")
    outcome, findings = whole_verdict(evidence_of([]))
    measured = PackGrounds(
        made_at=made_at,
        keeper=_keeper(),
        check=_check(config),
        verifier=signer.verifier,
        witnesses=_witness_keys(config),
        chain=chain,
        earlier=earlier,
        outcome=outcome,
        findings=findings,
    )
    pack = make_pack(config, measured)
    files = pack_files(pack, chain)
    manifest = signed_manifest(signer, files, chain[-1], made_at)
    content = packed(manifest, files)
    _ask_keeper("--keeper-told", f"size={chain[-1].size}", sha256(manifest.encode()).hexdigest())
    write_whole(path, content)
    _say(options, path, content, pack)
    return FINE if all(one.is_so for one in pack.requirements) else NOT_SO


def _path(target: Path, name: str) -> Path:
    """Return the file to write, known to be new before anything is measured."""
    path = target / name if target.is_dir() else target
    if path.exists():
        raise ConfigError(f"{path} is there already: name a folder or a new file, packs are not written over.")
    if not path.parent.is_dir():
        raise ConfigError(f"The folder {path.parent} is not there: create it, or name another.")
    return path


def _say(options: argparse.Namespace, path: Path, content: bytes, pack: EvidencePack) -> None:
    digest, lacking = sha256(content).hexdigest(), [one for one in pack.requirements if not one.is_so]
    if options.json:
        requirements = [one.model_dump(mode="json") for one in pack.requirements]
        told = {"file": str(path), "sha256": digest, "size": pack.journal.size, "requirements": requirements}
        say(json.dumps(told))
        return
    say(f"{path}: {len(content)} bytes, SHA-256 {digest}, journal of {pack.journal.size} events.")
    for one in lacking:
        measured = ", ".join(f"{name} {value}" for name, value in one.measured.items())
        say(f"- not so, {one.code} ({one.failing}): {measured}")
    say(f"To be checked by: temoin-witness pack {quote(path.name)} --key {pack.journal.key}")
    say("All that must be so is." if not lacking else f"Not so: {len(lacking)}. The pack says it too.")


def _check(config: Config) -> CheckTold:
    """Return what `temoin check` finds; an address in a sentence of it is no matter of a supervisor's."""
    from temoin.evidence.facts import CheckTold

    found = checked(config)
    findings, remarks = (
        [_ADDRESS.sub("(an address)", words) for words in words_of] for words_of in (found.findings, found.remarks)
    )
    return CheckTold(findings=findings, remarks=remarks)


def _witness_keys(config: Config) -> dict[str, NoteVerifier]:
    from temoin.crypto.notes import NoteKeyError, parse_vkey

    try:
        return {name: parse_vkey(witness.vkey) for name, witness in config.journal.witnesses.items()}
    except NoteKeyError as error:
        raise ConfigError(f"[journal.witnesses]: {error}") from None


def _keeper() -> KeeperTold:
    from temoin.evidence.facts import KeeperTold

    return KeeperTold.model_validate_json(_ask_keeper("--keeper-facts"))


def _ask_keeper(*words: str) -> bytes:
    """Ask by a process of the keeper's: this one is the sealer, who reads no key and writes no event."""
    command = [sys.executable, "-m", "temoin.cli.main", "evidence", *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ.copy()).stdout


def _as_keeper(options: argparse.Namespace) -> int:
    become(Process.KEEPER)
    from temoin.evidence.of_keeper import keeper_facts
    from temoin.journal.events import EventKind
    from temoin.keeping.acts import tell_every_pharmacy

    if options.keeper_facts:
        say(keeper_facts().model_dump_json())
    else:
        detail, digest = options.keeper_told
        tell_every_pharmacy(EventKind.EVIDENCE_PACKED, detail, digest=digest)
    return FINE
