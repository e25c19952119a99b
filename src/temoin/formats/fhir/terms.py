"""What the national dialects say of each test and result, read strictly from their data files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.outcomes import load_outcomes
from temoin.formats.reviewed import read_reviewed
from temoin.lib.data_file import Entry
from temoin.lib.reviewed import Review


@dataclass(frozen=True, slots=True)
class CodedAnswer:
    """How DEMIS writes an outcome: the LOINC answer, and the conclusion it leads to."""

    loinc: str
    display: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class GermanTerms:
    """The categories by target, the answers by outcome with the gravest first, and the method of a rapid test."""

    review: Review
    categories: Mapping[str, str]
    answers: Mapping[str, CodedAnswer]
    method: tuple[str, str]


@dataclass(frozen=True, slots=True)
class SwissTerms:
    """Whether the name is told whole, by target; and the cantons."""

    review: Review
    whole_name: Mapping[str, bool]
    cantons: frozenset[str]


@cache
def german_terms() -> GermanTerms:
    """Return the terms of DEMIS; DataFileError when the file is wrong."""
    return build_german(*read_reviewed("fhir", "demis.toml"))


@cache
def swiss_terms() -> SwissTerms:
    """Return the terms of CH ELM; DataFileError when the file is wrong."""
    return build_swiss(*read_reviewed("fhir", "ch_elm.toml"))


def build_german(review: Review, file: Entry) -> GermanTerms:
    method = file.table("method")
    terms = GermanTerms(
        review=review,
        categories=_by_target(file, "categories"),
        answers=MappingProxyType({code: _answer(code, entry) for code, entry in file.children("outcomes")}),
        method=(method.snomed("snomed"), method.text("display")),
    )
    method.finish()
    file.finish()
    return terms


def build_swiss(review: Review, file: Entry) -> SwissTerms:
    names = _by_target(file, "names")
    if set(names.values()) - {"whole", "initials"}:
        raise file.error("names", "says of each organism whole or initials")
    places = file.table("places")
    whole = MappingProxyType({target: form == "whole" for target, form in names.items()})
    terms = SwissTerms(review, whole, frozenset(places.some_texts("cantons")))
    places.finish()
    file.finish()
    return terms


def _by_target(file: Entry, field: str) -> Mapping[str, str]:
    values = file.mapping(field)
    known = {target.code for kind in load_kinds().values() for target in kind.targets}
    if unknown := sorted(set(values) - known):
        raise file.error(f"{field}.{unknown[0]}", "is no target of the catalogue")
    return MappingProxyType(values)


def _answer(outcome: str, entry: Entry) -> CodedAnswer:
    if outcome not in load_outcomes():
        raise entry.error("", "is no outcome of the catalogue")
    answer = CodedAnswer(entry.text("loinc"), entry.text("display"), entry.text("conclusion"))
    entry.finish()
    return answer
