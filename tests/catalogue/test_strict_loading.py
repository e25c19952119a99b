"""A mistake in a data file stops the program at once, and names the file, the entry and the field."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.catalogue.kinds import build_kinds, build_loincs, load_kinds, load_loincs
from temoin.catalogue.kits import build_kits
from temoin.catalogue.outcomes import build_outcomes, build_specimens, index_specimens
from temoin.lib.data_file import DataFileError, Entry, is_loinc, parse_data
from temoin.lib.label import Label

Change = Callable[[dict[str, Any]], object]


def written(file: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("temoin.catalogue").joinpath("data", file).read_text("utf-8"))


def load(file: str, values: dict[str, Any]) -> object:
    entry = Entry(file, "file", values)
    builders: dict[str, Callable[[], object]] = {
        "kinds.toml": lambda: build_kinds(entry, load_loincs()),
        "kits.toml": lambda: build_kits(entry, load_kinds()),
        "outcomes.toml": lambda: build_outcomes(entry),
        "specimens.toml": lambda: index_specimens(build_specimens(entry)),
        "loincs.toml": lambda: build_loincs(entry),
    }
    return builders[file]()


def paths(values: dict[str, Any], above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, value in values.items():
        found.append((*above, name))
        if isinstance(value, dict):
            found.extend(paths(value, (*above, name)))
    return found


OPTIONAL = {
    *("gtin", "read_before_minutes", "also_snomed", "rules"),
    *("reference", "read_after_minutes", "tests", "store_from", "store_to", "placeholder"),
}
ENTRIES = {"kinds", "targets", "chapters", "kits", "outcomes", "specimens", "loincs", "reports", "measures", "limits"}


@pytest.mark.parametrize("file", ["kinds.toml", "kits.toml", "outcomes.toml", "specimens.toml"])
def test_no_required_field_can_be_left_out_and_none_can_be_mistyped(file: str):
    fields = [path for path in paths(written(file)) if path[-1] not in OPTIONAL and path[-2:-1]]
    fields = [path for path in fields if path[-2] not in ENTRIES or path[-1] == "targets"]
    assert len(fields) > 20

    for *above, name in fields:
        values = written(file)
        table = values
        for step in above:
            table = table[step]
        table[f"{name}x"] = table.pop(name)

        with pytest.raises(DataFileError) as refused:
            load(file, values)

        assert refused.value.file == file
        assert refused.value.field.startswith(name)


@pytest.mark.parametrize(
    ("file", "change", "field"),
    [
        ("kinds.toml", lambda all_: all_["kinds"]["covid19-ag"].update(chapter="surgery"), "chapter"),
        ("kinds.toml", lambda all_: all_["kinds"]["covid19-ag"].update(offered_at="home"), "offered_at"),
        ("kinds.toml", lambda all_: all_["kinds"]["covid19-ag"].update(specimens=[]), "specimens"),
        ("kinds.toml", lambda all_: all_["kinds"]["covid19-ag"].update(specimens=["tears"]), "specimens"),
        ("kinds.toml", lambda all_: all_["kinds"]["covid19-ag"].update(targets=[]), "targets"),
        ("kinds.toml", lambda all_: all_["kinds"]["covid19-ag"].update(targets="covid"), "targets"),
        (
            "kinds.toml",
            lambda all_: all_["kinds"]["flu-ag"].update(targets=all_["kinds"]["flu-ag"]["targets"] * 2),
            "targets",
        ),
        (
            "kinds.toml",
            lambda all_: all_["kinds"]["flu-ag"]["targets"][0].update(loincs=["94558-5"]),
            "loincs",
        ),
        (
            "kinds.toml",
            lambda all_: all_["kinds"]["flu-ag"]["targets"][0].update(outcomes=["maybe"]),
            "outcomes",
        ),
        ("kinds.toml", lambda all_: all_["kinds"]["strep-a-ag"]["rules"][0].update(min_age=-1), "min_age"),
        ("kinds.toml", lambda all_: all_["kinds"]["strep-a-ag"]["rules"][0].update(min_age=True), "min_age"),
        ("kinds.toml", lambda all_: all_["kinds"]["strep-a-ag"]["rules"][0].pop("min_age"), "min_age"),
        ("kinds.toml", lambda all_: all_["kinds"]["strep-a-ag"].update(rules=["young"]), ""),
        ("kinds.toml", lambda all_: all_["targets"]["rsv"].update(icd10="virus"), "icd10"),
        ("kinds.toml", lambda all_: all_["targets"]["rsv"]["label"].update(de="RSV"), "de"),
        ("kinds.toml", lambda all_: all_["targets"]["rsv"]["label"].update(fr=" "), "fr"),
        ("kinds.toml", lambda all_: all_["chapters"]["chemistry"].update(loinc="18719-6"), "loinc"),
        ("kinds.toml", lambda all_: all_.update(kinds={}), "kinds"),
        ("kinds.toml", lambda all_: all_["kinds"].update({"Covid 19": {}}), "kinds"),
        # HL7 v2 keeps 20 characters of an identifier, and a receiver reads no other field of ours.
        ("kinds.toml", lambda all_: all_["kinds"].update({"influenza-a-antibodies": {}}), "kinds"),
        ("kinds.toml", lambda all_: all_["targets"].update({"influenza-a-antibodies": {}}), "targets"),
        ("outcomes.toml", lambda all_: all_["outcomes"].update({"weakly-positive-again": {}}), "outcomes"),
        ("kits.toml", lambda all_: all_["kits"]["abbott-id-now"].update(kind="guess"), "kind"),
        ("kits.toml", lambda all_: all_["kits"]["abbott-id-now"].update(gtin="03612345678903"), "gtin"),
        (
            "kits.toml",
            lambda all_: all_["kits"]["abbott-id-now"].update(read_before_minutes=5),
            "read_before_minutes",
        ),
        (
            "kits.toml",
            lambda all_: all_["kits"]["abbott-id-now"].update(read_after_minutes=-1),
            "read_after_minutes",
        ),
        ("kits.toml", lambda all_: all_["kits"]["abbott-id-now"].update(specimens=["urine"]), "specimens"),
        ("kits.toml", lambda all_: all_["kits"]["abbott-id-now"].update(known_as=["a", "a"]), "known_as"),
        ("kits.toml", lambda all_: all_["kits"]["abbott-id-now"].update(known_as="a"), "known_as"),
        (
            "kits.toml",
            lambda all_: all_["kits"]["abbott-id-now"].update(known_as=["binaxnow*"]),
            "known_as",
        ),
        (
            "kits.toml",
            lambda all_: all_["kits"]["abbott-id-now"].update(reports={"94558-4": "covid19-naat"}),
            "reports.94558-4",
        ),
        (
            "kits.toml",
            lambda all_: all_["unlisted"].update(reports={"80382-5": "flu-ag"}),
            "reports.80382-5",
        ),
        ("kits.toml", lambda all_: all_["unlisted"].update(reports={"80382-5": 3}), "reports"),
        ("kits.toml", lambda all_: all_.update(unlisted=[]), ""),
        ("outcomes.toml", lambda all_: all_["outcomes"]["positive"].update(snomed="1"), "snomed"),
        ("outcomes.toml", lambda all_: all_["outcomes"]["positive"].update(means="perhaps"), "means"),
        ("outcomes.toml", lambda all_: all_.update(remark="hello"), "remark"),
        (
            "specimens.toml",
            lambda all_: all_["specimens"]["serum"].update(known_as=["Plasma"]),
            "known_as",
        ),
        ("loincs.toml", lambda all_: all_["loincs"].update({"94558-5": "no"}), "loincs.94558-5"),
    ],
)
def test_a_wrong_value_is_refused_by_name(file: str, change: Change, field: str):
    values = written(file)
    change(values)

    with pytest.raises(DataFileError) as refused:
        load(file, values)

    assert refused.value.field == field
    assert file in str(refused.value)


def test_a_file_that_is_not_toml_is_refused():
    with pytest.raises(DataFileError, match=r"kits\.toml.*is not TOML"):
        parse_data("kits.toml", "kits = [")


def test_words_are_english_for_a_language_we_do_not_speak():
    label = Label(fr="grippe", en="influenza")

    assert [label.text(lang) for lang in ("fr", "fr-FR", "en", "de")] == ["grippe"] * 2 + ["influenza"] * 2


@pytest.mark.parametrize("code", ["94558-4", "5229-0", "883-9", "105211-7"])
def test_a_real_loinc_code_passes_its_check(code: str):
    assert is_loinc(code)


@given(st.sampled_from(sorted(load_loincs())), st.integers(0, 9))
def test_a_loinc_code_with_another_check_digit_never_passes(code: str, digit: int):
    assert is_loinc(f"{code[:-1]}{digit}") is (code[-1] == str(digit))


@given(st.text(max_size=12))
def test_no_text_makes_the_check_of_a_loinc_code_crash(text: str):
    assert is_loinc(text) in {True, False}
    assert not is_loinc(f"{text}\n")
