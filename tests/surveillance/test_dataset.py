"""The open data keep to their own schema, say what they are, and never take back a row."""

from __future__ import annotations

import csv
import json
import random
import statistics
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from releases import ABOUT, FIRST, published

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.cli.surveillance import LICENCES as OFFERED
from temoin.surveillance.dataset import DESCRIPTOR, INCOMPLETE, LICENCES, About, Publication, files_of, rows_lost
from temoin.surveillance.dataset_words import COLUMNS, TABLE_WORDS, VALUES
from temoin.surveillance.exporting import alone_in, history_lost, write_folder
from temoin.surveillance.pages import page_files
from temoin.surveillance.releasing import left, noisy, summed
from temoin.surveillance.tables import FILES, SUMS, TABLES, Ground
from temoin.surveillance.trends import trends

READERS = {"integer": int, "number": float, "date": date.fromisoformat, "string": str}


PATHS = [one["path"] for one in json.loads(files_of([], ABOUT)[DESCRIPTOR])["resources"]]


# Made at the first question: each process of a parallel run reads this file, and one runs its tests.
@cache
def releases() -> list[Publication]:
    return published()


@cache
def written() -> dict[str, bytes]:
    return files_of(releases(), ABOUT)


@cache
def package() -> dict[str, Any]:
    return json.loads(written()[DESCRIPTOR])


@pytest.mark.parametrize("path", PATHS)
def test_each_file_keeps_to_its_schema(path):
    resource = next(one for one in package()["resources"] if one["path"] == path)
    content = written()[resource["path"]].decode()
    rows = list(csv.DictReader(content.splitlines())) if resource["format"] == "csv" else json.loads(content)
    schema = resource["schema"]

    assert rows
    for row in rows:
        assert list(row) == [one["name"] for one in schema["fields"]]
        for one in schema["fields"]:
            value, rules = READERS[one["type"]](row[one["name"]]), one["constraints"]
            assert value is not None
            assert rules.get("minimum", value) <= value <= rules.get("maximum", value)
    keys = [tuple(str(row[name]) for name in schema["primaryKey"]) for row in rows]
    assert len(keys) == len(set(keys))


def test_a_lot_that_a_spreadsheet_would_compute_is_text():
    row = ["41FK10", "=HYPERLINK(1)", "sars-cov-2", "positive", 12]
    files = files_of([Publication("lots", FIRST, 1, FIRST, [row])], ABOUT)

    assert b",'=HYPERLINK(1)," in files["lots.csv"]
    assert json.loads(files["lots.json"])[0]["lot"] == "=HYPERLINK(1)"


def test_the_descriptor_tells_licence_source_day_and_the_digest_of_each_file():
    assert package()["licenses"][0]["name"] == "etalab-2.0"
    assert package()["sources"][0]["path"] == ABOUT.source
    assert package()["created"].startswith(max(one.released_on for one in releases()).isoformat())
    assert "DEMONSTRATION" in package()["title"]
    assert [resource["path"] for resource in package()["resources"]] == PATHS
    for resource in package()["resources"]:
        assert resource["hash"] == f"sha256:{sha256(written()[resource['path']]).hexdigest()}"


def test_no_licence_is_given_where_the_operator_gave_none():
    assert "licenses" not in json.loads(files_of([], About("https://example.org", "", is_demo=False))[DESCRIPTOR])
    assert set(OFFERED) == set(LICENCES)


def test_a_later_export_only_adds_rows(tmp_path):
    earlier = [one for one in releases() if one.released_on <= FIRST + timedelta(days=20)]
    write_folder(tmp_path, files_of(earlier, ABOUT))

    assert not history_lost(tmp_path, written())
    assert not rows_lost(files_of(earlier, ABOUT)["days.csv"], written()["days.csv"])


def test_an_export_that_would_take_rows_back_is_seen(tmp_path):
    write_folder(tmp_path, written())

    assert history_lost(tmp_path, files_of(releases()[1:], ABOUT))["days"] > 0


def test_a_file_that_broke_off_in_the_midst_of_a_row_is_written_anew(tmp_path):
    write_folder(tmp_path, written())
    file = tmp_path / "days.csv"
    cut = written()["days.csv"][:-9]
    file.write_bytes(cut)

    assert not history_lost(tmp_path, written())
    file.write_bytes(cut + b"x")
    assert history_lost(tmp_path, written()) == {"days": 1}


def test_two_exports_at_once_leave_whole_files_and_nothing_beside_them(tmp_path):
    def export(_number: int) -> None:
        with alone_in(tmp_path / "new"):
            write_folder(tmp_path / "new", written())

    def look(_number: int) -> set[bytes]:
        return {one.read_bytes() for one in (tmp_path / "new").glob("days.csv")}

    with ThreadPoolExecutor(6) as threads:
        seen = threads.map(look, range(40))
        list(threads.map(export, range(6)))

    assert set().union(*seen) <= {written()["days.csv"]}
    assert sorted(one.name for one in (tmp_path / "new").iterdir()) == sorted(written())


def test_every_table_column_and_word_has_a_name_in_both_languages():
    assert set(TABLE_WORDS) == {*FILES, INCOMPLETE}
    assert {name for table in TABLES.values() for name in table.columns} <= set(COLUMNS)
    words = {"sex", "outcome", "reason", "delay", "days_late", "status", "receipt"}
    for table in TABLES.values():
        for key, _parts in table.domain(Ground(load_kinds())):
            told = {value for name, value in zip(table.columns, key, strict=True) if name in words}
            assert told <= set(VALUES) | set(load_outcomes())


def test_means_are_of_seven_known_days_or_not_told():
    days = trends(releases())["sars-cov-2"]

    assert all(day.mean is None for day in days[:6])
    assert any(day.mean is not None and day.positivity and 0 < day.positivity.rate < 100 for day in days[6:])


@pytest.mark.parametrize("name", ["index.html", "en.html"])
def test_a_page_has_no_script_no_style_of_its_own_and_a_strict_policy(name):
    page = page_files(releases(), ABOUT)[name].decode()

    assert "default-src 'none'" in page
    for forbidden in ("<script", " style=", "<style", "http://", "javascript:"):
        assert forbidden not in page
    assert page.count("<table>") >= 4
    assert "<svg" in page


def test_a_lot_that_is_bad_shows_by_its_positivity():
    figures = [["41FK10", lot, "sars-cov-2", *row] for lot, row in (("A1", ("positive", 90)), ("A1", ("negative", 30)))]

    page = page_files([Publication("lots", FIRST, 1, FIRST, figures)], ABOUT)["en.html"].decode()

    assert '<th scope="row">41FK10</th><td>A1</td>' in page
    assert "<td>90</td><td>30</td><td>under 10</td><td>75.0%</td>" in page


def test_what_people_typed_is_text_on_the_page():
    figures = [["<b>", "<script>", "sars-cov-2", "positive", 90]]

    page = page_files([Publication("lots", FIRST, 1, FIRST, figures)], ABOUT)["en.html"].decode()

    assert "&lt;script&gt;" in page
    assert "<script" not in page
    assert "<b>" not in page


def test_pages_without_any_publication_say_so():
    assert "Rien n’est encore publié." in page_files([], ABOUT)["index.html"].decode()


def test_a_curve_is_the_sum_of_all_kinds_those_under_ten_included():
    chance = random.Random(158)  # noqa: S311 the same each time
    table, into, ground = TABLES["days"], SUMS["days"][0], Ground(load_kinds())
    key = ("sars-cov-2", "positive")
    # One kind of many tests, and as many of few as the catalogue has: none of them is published by itself.
    kinds = [one for one, _parts in table.domain(ground) if one[1:] == key]
    counts = Counter(dict.fromkeys(kinds, 8) | {kinds[0]: 4_000})
    drawn = [noisy(table, counts, ground, chance) for _ in range(400)]
    sums = [row[-1] for one in drawn for row in summed(table, into, one) if tuple(row[:-1]) == key]
    of_those_that_left = [sum(row[-1] for row in left(one) if tuple(row[1:-1]) == key) for one in drawn]

    real, error = sum(counts.values()), 3 * statistics.stdev(sums) / 400**0.5
    assert abs(statistics.fmean(sums) - real) < error
    assert statistics.fmean(of_those_that_left) > real + error  # a sum of what is over ten leans upwards


def test_what_is_without_some_pharmacies_says_so_in_the_data_and_on_the_page():
    one = Publication("senders", FIRST, 1, FIRST, [["sent", 400]], missing=2)
    days = [Publication("targets", FIRST, 3, FIRST, [["sars-cov-2", "positive", 90]], missing=1)]
    files, pages = files_of([one, *days], ABOUT), page_files([one, *days], ABOUT)

    assert files["incomplete.csv"].decode().splitlines() == [
        "period,revision,published,table,pharmacies",
        "2026-10-05,1,2026-10-05,senders,2",
        "2026-10-05,3,2026-10-05,targets,1",
    ]
    assert "day of 2026-10-05 (incomplete, pharmacies that are missing: 2)" in pages["en.html"].decode()
    assert "final, incomplete, pharmacies that are missing: 1" in pages["en.html"].decode()
    assert "officines qui manquent\u00a0: 2" in pages["index.html"].decode()
