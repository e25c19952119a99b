"""The section [journal] of the settings: the journal's name, the key that signs its checkpoints, and its witnesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from temoin.lib.section import Section


@dataclass(frozen=True, kw_only=True)
class WitnessAddress:
    """A witness of the journal, and the public key of its signatures."""

    url: str
    vkey: str


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The journal's name in the world, the key that signs its checkpoints, and who is shown them."""

    origin: str
    key: Path
    folder: Path
    witnesses: Mapping[str, WitnessAddress]


def read_journal(section: Section, folder: Path) -> Journal:
    """Read the section; a journal may have no witness but its folder."""
    witnesses = section.section("witnesses").sections() if section.has("witnesses") else {}
    journal = Journal(
        origin=section.required("origin", str),
        key=section.path("key", folder),
        folder=section.path("folder", folder),
        witnesses={name: _witness(one) for name, one in witnesses.items()},
    )
    section.end()
    if any(letter.isspace() or letter == "+" for letter in journal.origin):
        raise section.wrong("origin", "must be a name like temoin.example.fr/journal, without space or plus")
    return journal


def _witness(section: Section) -> WitnessAddress:
    witness = WitnessAddress(url=section.url("url"), vkey=section.required("vkey", str))
    section.end()
    return witness
