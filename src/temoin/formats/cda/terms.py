"""What a BIO-TROD document says of each test and result, read strictly from the format's data file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.formats.reviewed import read_reviewed
from temoin.lib.data_file import Entry, is_loinc
from temoin.lib.reviewed import Review


@dataclass(frozen=True, slots=True)
class CdaCode:
    """A code with its French words."""

    code: str
    label: str


@dataclass(frozen=True, slots=True)
class Test:
    """One test the document may carry."""

    loinc: CdaCode
    target: str
    group: CdaCode  # LOINC code of the entry
    disease: CdaCode  # ICD-10


@dataclass(frozen=True, slots=True)
class CdaResult:
    """One result: our word for it, and the value of the national set that it is reported as."""

    outcome: str
    reported_as: CdaCode


@dataclass(frozen=True, slots=True)
class Terms:
    """Tests by LOINC code, results by SNOMED CT code."""

    review: Review
    tests: Mapping[str, Test]
    results: Mapping[str, CdaResult]


@cache
def load_terms() -> Terms:
    """Return the terms of the data file; DataFileError when it is wrong."""
    return build_terms(*read_reviewed("cda", "tests.toml"))


def build_terms(review: Review, file: Entry) -> Terms:
    groups = {name: _group(entry) for name, entry in file.children("groups")}
    diseases = file.mapping("diseases")
    tests = {code: _test(code, entry, groups, diseases) for code, entry in file.children("tests")}
    results = _results(file)
    file.finish()
    return Terms(review, MappingProxyType(tests), MappingProxyType(results))


def _group(entry: Entry) -> CdaCode:
    group = CdaCode(entry.loinc("loinc"), entry.text("label"))
    entry.finish()
    return group


def _test(code: str, entry: Entry, groups: Mapping[str, CdaCode], diseases: Mapping[str, str]) -> Test:
    if not is_loinc(code):
        raise entry.error("", "is not a LOINC code")
    disease = entry.choice("disease", tuple(diseases))
    test = Test(
        loinc=CdaCode(code, entry.text("label")),
        target=entry.text("target"),
        group=groups[entry.choice("group", tuple(groups))],
        disease=CdaCode(disease, diseases[disease]),
    )
    entry.finish()
    return test


def _results(file: Entry) -> dict[str, CdaResult]:
    entries = dict(file.children("results"))
    codes = {code: CdaCode(code, entry.text("label")) for code, entry in entries.items()}
    found = {}
    for code, entry in entries.items():
        reported_as = entry.choice("reported_as", tuple(codes)) if entry.has("reported_as") else code
        found[code] = CdaResult(entry.text("outcome"), codes[reported_as])
        entry.finish()
    return found
