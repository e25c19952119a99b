"""What can be read on a kit and what specimen it is read on: our codes, SNOMED CT codes and words."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.lib.data_file import TRAVELLING_CODE, Entry, read_data
from temoin.lib.label import Label

POSITIVE, NEGATIVE, NONE = "positive", "negative", "none"  # what an outcome means, whatever its grade
MEASURED = "measured"  # of a quantity: neither, and not unclear either


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that can be read for a target; `means` folds a grade into positive, negative or none."""

    code: str
    snomed: str
    means: str
    words: Label

    def label(self, lang: str) -> str:
        return self.words.text(lang)


@dataclass(frozen=True, slots=True)
class Specimen:
    """One kind of specimen; `known_as` and `also_snomed` are how files name it."""

    code: str
    snomed: str
    words: Label
    known_as: tuple[str, ...]
    also_snomed: tuple[str, ...]

    def label(self, lang: str) -> str:
        return self.words.text(lang)


# Of what is measured the value says all: no interpretation is made of it, and none has a code.
MEASURED_OUTCOME = Outcome(MEASURED, "", MEASURED, Label(fr="mesuré", en="measured"))


@cache
def load_outcomes() -> Mapping[str, Outcome]:
    return build_outcomes(read_data("catalogue", "outcomes.toml"))


@cache
def load_specimens() -> Mapping[str, Specimen]:
    return build_specimens(read_data("catalogue", "specimens.toml"))


def outcome(code: str) -> Outcome:
    """Return an outcome by its code; KeyError for a code that is not ours."""
    return MEASURED_OUTCOME if code == MEASURED else load_outcomes()[code]


def all_outcomes() -> Mapping[str, Outcome]:
    """Return what a finding may say: every outcome that can be read, and that something was measured."""
    return {**load_outcomes(), MEASURED: MEASURED_OUTCOME}


def specimen(code: str) -> Specimen:
    """Return a specimen by its code; KeyError for a code that is not ours."""
    return load_specimens()[code]


def find_specimen(name: str) -> Specimen | None:
    """Return the specimen that a file names by its name (in any case) or SNOMED CT code."""
    return _specimens_by_name().get(fold_name(name))


def fold_name(name: str) -> str:
    """Return a name as compared: case, accents, marks of trade and the star of the LIVD table do not count."""
    kept = name.replace("™", "").replace("®", "").replace("’", "'").strip().rstrip("*")
    apart = unicodedata.normalize("NFKD", kept.casefold())
    return " ".join("".join(letter for letter in apart if not unicodedata.combining(letter)).split())


def build_outcomes(file: Entry) -> Mapping[str, Outcome]:
    found: dict[str, Outcome] = {}
    for code, entry in file.children("outcomes", TRAVELLING_CODE):
        found[code] = Outcome(
            code=code,
            snomed=entry.snomed("snomed"),
            means=entry.choice("means", (POSITIVE, NEGATIVE, NONE)),
            words=entry.label("label"),
        )
        entry.finish()
    file.finish()
    return MappingProxyType(found)


def build_specimens(file: Entry) -> Mapping[str, Specimen]:
    found: dict[str, Specimen] = {}
    for code, entry in file.children("specimens"):
        found[code] = Specimen(
            code=code,
            snomed=entry.snomed("snomed"),
            words=entry.label("label"),
            known_as=entry.texts("known_as"),
            also_snomed=entry.texts("also_snomed") if entry.has("also_snomed") else (),
        )
        entry.finish()
    file.finish()
    return MappingProxyType(found)


@cache
def _specimens_by_name() -> Mapping[str, Specimen]:
    return index_specimens(load_specimens())


def index_specimens(specimens: Mapping[str, Specimen]) -> Mapping[str, Specimen]:
    """Index specimens by folded name and SNOMED CT code; a name of two specimens is refused."""
    index: dict[str, Specimen] = {}
    for item in specimens.values():
        names = {fold_name(name) for name in (*item.known_as, item.words.fr, item.words.en)}
        for name in names | {item.snomed, *item.also_snomed}:
            if name in index:
                raise Entry("specimens.toml", f"specimens.{item.code}", {}).error(
                    "known_as", "names another specimen too"
                )
            index[name] = item
    return MappingProxyType(index)
