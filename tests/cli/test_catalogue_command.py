"""`temoin catalogue load`: a newer file is checked and taken, an older or wrong one changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from kit_files import NEW_KIT, RECALL, SHIPPED, kits_as_before, reviewed_on, use_catalogue

from temoin.catalogue import kits
from temoin.catalogue.kits import KITS_FILE, load_kits
from temoin.cli.main import main


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    with kits_as_before():
        yield


def reviewed(text: str, *, days: int = 1) -> str:
    """Return the text of a catalogue with a later review."""
    return reviewed_on(load_kits().review.on + timedelta(days=days), text)


def load(folder: Path, text: str) -> int:
    file = folder / "new.toml"
    file.write_text(text, "utf-8")
    return main(["catalogue", "load", str(file), "--data", str(folder)])


def test_a_newer_file_is_taken_and_used_from_the_next_start_on(tmp_path: Path, capsys):
    assert load(tmp_path, reviewed(SHIPPED) + "\n" + NEW_KIT + RECALL) == 0

    assert "1 kits are new" in capsys.readouterr().out
    kits.use_kits_file(tmp_path / KITS_FILE)
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
    use_catalogue(tmp_path, older + "\n" + NEW_KIT)

    assert load_kits().kits["biosynex-rsv"].name == "BIOSYNEX RSV"
    assert "new-one" in load_kits().kits


def test_what_a_file_brought_outlives_each_file_after_it(tmp_path: Path, capsys):
    assert load(tmp_path, reviewed(SHIPPED) + "\n" + NEW_KIT + RECALL) == 0
    for _ in range(2):
        assert load(tmp_path, reviewed(SHIPPED)) == 0
        told = capsys.readouterr().out
        assert "1 are kept that the file does not name." in told
        assert "1 notices are kept that the file does not name." in told

    kits.use_kits_file(tmp_path / KITS_FILE)
    assert load_kits().kits["new-one"].name == "Brand New Test"
    assert load_kits().notice_of("abbott-panbio-covid19", "BAD1").reference == "FSCA 1"


@pytest.mark.parametrize("days", [-30, 30])
def test_a_notice_of_one_list_stands_beside_another_reviewed_before_or_after(tmp_path: Path, days: int):
    use_catalogue(tmp_path, reviewed(SHIPPED, days=days) + "\n" + RECALL)

    notice = load_kits().notice_of("abbott-panbio-covid19", "BAD1")
    silent = kits.newer_of(load_kits(), kits.kits_of([]))

    assert notice.told_on >= notice.on
    assert silent.notice_of("abbott-panbio-covid19", "BAD1") == notice


def test_only_a_file_that_says_so_lifts_a_recall_and_the_lot_is_named(tmp_path: Path, capsys):
    load(tmp_path, reviewed(SHIPPED) + "\n" + RECALL)
    assert "1 lots are recalled from now on" in capsys.readouterr().out

    assert load(tmp_path, reviewed(SHIPPED) + "\n" + RECALL + "lifted = true\n") == 0

    assert "No longer recalled: lot BAD1 of abbott-panbio-covid19." in capsys.readouterr().out
    assert load_kits().notice_of("abbott-panbio-covid19", "BAD1") is None


def test_a_notice_that_names_fewer_lots_tells_those_it_leaves_out(tmp_path: Path, capsys):
    load(tmp_path, reviewed(SHIPPED) + "\n" + RECALL.replace('["BAD1"]', '["BAD1", "BAD2"]'))

    load(tmp_path, reviewed(SHIPPED) + "\n" + RECALL)

    assert "No longer recalled: lot BAD2 of abbott-panbio-covid19." in capsys.readouterr().out


@pytest.mark.parametrize("broken", [b"kits = [", b"\xff\xfe", b""])
def test_a_broken_file_in_use_is_told_and_mended_by_the_next_load(tmp_path: Path, capsys, broken: bytes):
    (tmp_path / KITS_FILE).write_bytes(broken)
    assert main(["catalogue", "--data", str(tmp_path)]) == 2
    assert "The catalogue of kits cannot be read: kits.toml" in capsys.readouterr().err

    kits.use_kits_file(tmp_path / "none.toml")
    assert load(tmp_path, reviewed(SHIPPED)) == 0

    assert "kits.toml could not be read and is set aside" in capsys.readouterr().out
    assert (tmp_path / "kits.toml.unreadable").read_bytes() == broken
    assert main(["catalogue", "--data", str(tmp_path)]) == 0


def test_a_name_that_a_newer_list_gives_to_another_kit_is_that_ones(tmp_path: Path):
    older = NEW_KIT.replace("Brand New Test", "Same Name")
    use_catalogue(tmp_path, reviewed(SHIPPED, days=-1) + "\n" + older)
    newer = tmp_path / "newer.toml"
    newer.write_text(reviewed(SHIPPED, days=9) + "\n" + older.replace("kits.new-one", "kits.newer-one"), "utf-8")

    both = kits.newer_of(load_kits(), kits.read_kits(newer))

    assert both.names["same name"] == "newer-one"
    assert both.kits["new-one"].name == "Same Name"


def test_a_file_that_is_no_text_is_named(tmp_path: Path, capsys):
    (tmp_path / "new.toml").write_bytes(b"\xff\xfe")

    assert main(["catalogue", "load", str(tmp_path / "new.toml"), "--data", str(tmp_path)]) == 2
    assert "new.toml" in capsys.readouterr().err
