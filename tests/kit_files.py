"""Catalogue files as an operator loads them, and a process that uses one for a while."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import resources
from pathlib import Path

from temoin.catalogue import kits
from temoin.catalogue.kits import KITS_FILE, use_kits_file

SHIPPED = resources.files("temoin.catalogue").joinpath("data", "kits.toml").read_text("utf-8")
NEW_KIT = '[kits.new-one]\nmanufacturer = "New"\nname = "Brand New Test"\nkind = "covid19-ag"\n'
NEW_KIT += 'source = { fr = "essai", en = "test" }\n'
NEW_KIT += 'known_as = []\nreports = { "94558-4" = "covid19-ag" }\n'
RECALL = '[[recalls]]\nkit = "abbott-panbio-covid19"\nnumbers = ["BAD1"]\nreference = "FSCA 1"\non = 2026-11-20\n'
RECALL += 'source = "test"\n'


def reviewed_on(day: date, text: str) -> str:
    """Return the text of a catalogue with the day of another review."""
    return re.sub(r"review = \{ on = [0-9-]+", f"review = {{ on = {day}", text, count=1)


@contextmanager
def kits_as_before() -> Iterator[None]:
    """Have this process use its own catalogue again afterwards."""
    before = kits._loaded
    try:
        yield
    finally:
        kits._loaded = before
        kits.load_kits.cache_clear()


def use_catalogue(folder: Path, text: str) -> Path:
    """Have this process use a catalogue of this text, as one that starts does; return its file."""
    file = folder / KITS_FILE
    file.write_text(text, "utf-8")
    use_kits_file(file)
    return file
