"""`temoin catalogue load`: a newer file is checked and taken, an older or wrong one changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest

from temoin.catalogue import kits
from temoin.catalogue.kits import KITS_FILE, load_kits
from temoin.cli.main import main

SHIPPED = resources.files("temoin.catalogue").joinpath("data", "kits.toml").read_text("utf-8")
NEW_KIT = '[kits.new-one]\nmanufacturer = "New"\nname = "Brand New Test"\nkind = "covid19-ag"\n'
NEW_KIT += 'source = { fr = "essai", en = "test" }\n'
NEW_KIT += 'known_as = []\nreports = { "94558-4" = "covid19-ag" }\n'
RECALL = '[[recalls]]\nkit = "abbott-panbio-covid19"\nnumbers = ["BAD1"]\nreference = "FSCA 1"\non = 2026-12-01\n'
RECALL += 'source = "test"\n'


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = kits._loaded
    yield
    kits._loaded = before
    load_kits.cache_clear()


def reviewed(text: str, *, days: int = 1) -> str:
    """Return the text of a catalogue with a later review."""
    day = load_kits().review.on + timedelta(days=days)
    return re.sub(r"review = \{ on = [0-9-]+", f"review = {{ on = {day}", text, count=1)


def load(folder: Path, text: str) -> int:
    file = folder / "new.toml"
    file.write_text(text, "utf-8")
    return main(["catalogue", "load", str(file), "--data", str(folder)])


def test_a_newer_file_is_taken_and_used_from_the_next_start_on(tmp_path: Path, capsys):
    assert load(tmp_path, reviewed(SHIPPED) + "\n" + NEW_KIT + RECALL) == 0

    assert "1 kits are new" in capsys.readouterr().out
    kits.use_kits_file(tmp_path / KITS_FILE)
    load_kits.cache_clear()
    assert load_kits().kits["new-one"].name == "Brand New Test"
    assert load_kits().notice_of("abbott-panbio-covid19", "BAD1").reference == "FSCA 1"
    assert load_kits().notice_of("abbott-panbio-covid19", "GOOD1") is None


def test_a_kit_that_the_file_does_not_name_stays_for_the_lots_of_it(tmp_path: Path, capsys):
    without = re.sub(r"\[kits\.quidel-sofia-sars\]\n(?:.+\n)+", "", reviewed(SHIPPED))

    assert load(tmp_path, without) == 0
    assert "1 are kept" in capsys.readouterr().out
    assert "quidel-sofia-sars" in load_kits().kits


@pytest.mark.parametrize("days", [0, -1])
def test_a_file_that_is_not_newer_changes_nothing(tmp_path: Path, capsys, days: int):
    assert load(tmp_path, reviewed(SHIPPED, days=days)) == 2

    assert "A newer one has a later day" in capsys.readouterr().err
    assert not (tmp_path / KITS_FILE).exists()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda text: text + "[kits.new-one]\n", "manufacturer"),
        (lambda text: text + NEW_KIT.replace("covid19-ag", "nobody-knows"), "kind"),
        (lambda text: text + NEW_KIT + 'gtin = "12345678901234"\n', "gtin"),
        (lambda text: text + NEW_KIT + "store_from = 30\nstore_to = 2\n", "store_to"),
        (lambda text: text + NEW_KIT + "store_from = 2\n", "store_to"),
        (lambda text: text + NEW_KIT.replace("Brand New Test", "BIOSYNEX RSV"), "known_as"),
        (lambda text: text + RECALL.replace("abbott-panbio-covid19", "x"), "kit"),
        (lambda text: text + RECALL.replace('["BAD1"]', "[]"), "numbers"),
        (lambda _text: "kits = [", "TOML"),
        (lambda _text: "", "review"),
    ],
)
def test_a_file_with_a_mistake_changes_nothing_and_the_mistake_is_named(tmp_path: Path, capsys, change, word: str):
    assert load(tmp_path, change(reviewed(SHIPPED) + "\n")) == 2

    told = capsys.readouterr().err
    assert "Nothing was changed" in told
    assert word in told
    assert not (tmp_path / KITS_FILE).exists()


def test_what_is_in_use_is_told_with_its_review(tmp_path: Path, capsys):
    assert main(["catalogue", "--data", str(tmp_path)]) == 0

    told = capsys.readouterr().out
    assert f"{len(load_kits().kits)} kits, 0 notices of recalls" in told
    assert "not reviewed by anybody entitled to" in told


def test_of_two_catalogues_the_later_review_counts_whichever_was_loaded(tmp_path: Path):
    older = reviewed(SHIPPED, days=-30).replace('name = "BIOSYNEX RSV"', 'name = "RSV of old"')
    (tmp_path / KITS_FILE).write_text(older + "\n" + NEW_KIT, "utf-8")
    kits.use_kits_file(tmp_path / KITS_FILE)
    load_kits.cache_clear()

    assert load_kits().kits["biosynex-rsv"].name == "BIOSYNEX RSV"
    assert "new-one" in load_kits().kits
