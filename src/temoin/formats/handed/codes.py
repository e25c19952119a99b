"""The codes of others' messages: what they say of tests, results and specimens, by the system that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.catalogue.kinds import load_kinds, load_loincs
from temoin.catalogue.kits import kit_named, kit_of_gtin
from temoin.catalogue.outcomes import Specimen, find_specimen, load_specimens
from temoin.formats.csv.vocabulary import folded, words
from temoin.formats.hl7v2.questions import load_questions
from temoin.formats.reviewed import read_reviewed
from temoin.lib.data_file import Entry, is_loinc
from temoin.lib.reviewed import Review

LOINC, SNOMED = "LN", "SCT"
_NAMES = {"LOINC": LOINC, "SNOMED": SNOMED, "SNM": SNOMED, "SNOMEDCT": SNOMED}

Meanings = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TellingCodes:
    """Everything that the codes' data file says: by system and code, our word for it."""

    review: Review
    outcomes: Mapping[str, Meanings]
    specimens: Mapping[str, Meanings]
    interpretations: Meanings
    measures: Meanings
    addresses: Meanings
    countries: Meanings


@dataclass(frozen=True, slots=True)
class ToldCode:
    """One code as a message tells it: the code, its words, and its system as HL7 v2 names it."""

    code: str
    words: str = ""
    system: str = ""


@cache
def load_codes() -> TellingCodes:
    return build_codes(*read_reviewed("handed", "codes.toml"))


def build_codes(review: Review, file: Entry) -> TellingCodes:
    found = TellingCodes(
        review=review,
        outcomes=_by_system(file.table("outcomes")),
        specimens=_by_system(file.table("specimens")),
        interpretations=MappingProxyType(file.mapping("interpretations")),
        measures=MappingProxyType(file.mapping("measures")),
        addresses=MappingProxyType(file.mapping("addresses")),
        countries=MappingProxyType(file.mapping("countries")),
    )
    meant = {word for table in (*found.outcomes.values(), found.interpretations) for word in table.values()}
    if wrong := meant - set(words("outcomes").values()):
        raise file.error("outcomes", f"means {min(wrong)}, which is no outcome")
    if lost := {word for table in found.specimens.values() for word in table.values()} - set(load_specimens()):
        raise file.error("specimens", f"means {min(lost)}, which is no specimen")
    if bad := [code for code in found.measures if not is_loinc(code)]:
        raise file.error(f"measures.{bad[0]}", "is not a LOINC code: wrong shape or check digit")
    file.finish()
    return found


def _by_system(table: Entry) -> Mapping[str, Meanings]:
    found = {name: MappingProxyType(table.mapping(name)) for name in table.names()}
    table.finish()
    return MappingProxyType(found)


def system_of(name: str) -> str:
    """Return a system as HL7 v2 names it, whether a message tells its name or its address."""
    told = name.strip()
    known = load_codes().addresses.get(told)
    plain = told.upper().replace(" ", "").replace("-", "")
    return known or _NAMES.get(plain, plain)


def test_code(told: list[ToldCode]) -> str | None:
    """Return the LOINC code that tells a test, one that the catalogue knows before another; None where none is told.

    A code without a system is one of LOINC's when its shape and check digit are.
    """
    codes = _loincs(told)
    known = (code for code in codes if code in load_loincs())
    return next(known, codes[0] if codes else None)


def tests_differ(told: list[ToldCode]) -> bool:
    """Tell whether one field names two tests: LOINC codes are of one only where a kind's target has them all."""
    named = set(_loincs(told))
    return len(named) > 1 and not any(named <= alike for alike in _names_of_tests())


def _loincs(told: list[ToldCode]) -> list[str]:
    return [one.code for one in told if one.system in {LOINC, ""} and is_loinc(one.code)]


@cache
def _names_of_tests() -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(one.code for one in target.loincs) for kind in load_kinds().values() for target in kind.targets
    )


def is_beside(loinc: str) -> bool:
    """Tell whether a code is that of a question asked on entry, or of a measure that is no result."""
    return loinc in load_questions().words or loinc in load_codes().measures


def outcome_of(told: list[ToldCode]) -> str | None:
    """Return the word of a file that the codes of a result tell; None where two of them differ.

    A code that nobody knows is returned as it stands, to be refused where words are judged. The words beside a code
    tell the result only where its system is the sender's own; beside a known code they must not contradict it.
    """
    meant = [_outcome(one) for one in told if one.code or one.words]
    known = {one for one in meant if folded(one) in words("outcomes")}
    plain = {words("outcomes")[folded(one)] for one in known}
    if known and len(plain | _outcomes_in_words(told)) > 1:
        return None
    return min(known) if known else next(iter(meant), "")


def _outcome(told: ToldCode) -> str:
    meant = load_codes().outcomes.get(told.system, {}).get(told.code)
    if meant:
        return meant
    if told.system in {SNOMED, LOINC} or not told.words or folded(told.code) in words("outcomes"):
        return told.code or told.words
    return told.words


def _outcomes_in_words(told: list[ToldCode]) -> set[str]:
    """Return the outcomes that the words beside codes name."""
    return {found for one in told if (found := words("outcomes").get(folded(one.words))) is not None}


def interpretation_differs(word: str, interpretations: list[ToldCode]) -> bool:
    """Tell whether an interpretation beside a result says another thing than the result."""
    meant = words("outcomes").get(folded(word))
    said = {found for one in interpretations if (found := meaning_of(one)) is not None}
    said |= _outcomes_in_words(interpretations)
    return meant is not None and bool(said) and said != {meant}


def meaning_of(told: ToldCode) -> str | None:
    """Return what an interpretation says of a result: by a code of table 0078, or as a result itself would say it."""
    return load_codes().interpretations.get(told.code.upper()) or words("outcomes").get(folded(_outcome(told)))


def specimen_of(told: list[ToldCode]) -> str | None:
    """Return the code by which the catalogue knows a specimen; as it is told where it does not; None where two differ.

    Words count where no code is known: a code tells more.
    """
    found = {one.code: one for one in map(_specimen, told) if one is not None}
    found = found or {one.code: one for one in (find_specimen(each.words) for each in told if each.words) if one}
    if len(found) > 1:
        return None
    known = next((one.snomed for one in found.values()), "")
    return known or next((one.code or one.words for one in told if one.code or one.words), "")


def _specimen(told: ToldCode) -> Specimen | None:
    meant = load_codes().specimens.get(told.system, {}).get(told.code.upper())
    if meant:
        return load_specimens()[meant]
    return find_specimen(told.code) if told.system in {SNOMED, ""} and told.code else None


def device_named(names: list[str], gtins: list[str]) -> str | None:
    """Return the name of a device: one that the catalogue knows before any other; None where it knows two of them.

    A name may stand in the LIVD list's form: name, maker and its permit, joined by low lines.
    """
    plain = [part for name in names for part in dict.fromkeys((name, name.partition("_")[0])) if part]
    kits = [kit_named(name) for name in plain] + [kit_of_gtin(one.zfill(14)) for one in gtins if one.isdecimal()]
    known = {kit.code: kit.name for kit in kits if kit is not None}
    if len(known) > 1:
        return None
    return next(iter(known.values()), "") or next((name for name in plain if not name.isdecimal()), "")
