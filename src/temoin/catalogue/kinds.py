"""Kinds of test: what each looks for, with which codes, on what specimen, for whom and signed by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from temoin.catalogue.measures import Measure, MeasuredRange, build_measures, quantity_of
from temoin.catalogue.outcomes import (
    MEASURED,
    MEASURED_OUTCOME,
    Outcome,
    Specimen,
    load_outcomes,
    load_specimens,
    outcome,
)
from temoin.catalogue.questions import KindQuestion, load_kind_questions
from temoin.lib.data_file import TRAVELLING_CODE, Entry, is_loinc, read_data
from temoin.lib.label import Label

# Who may sign a kind of test, where its data names nobody; a name beyond these is refused.
SIGNERS = ("pharmacist", "biologist")


@dataclass(frozen=True, slots=True)
class Loinc:
    """A LOINC code with the long common name that documents must carry."""

    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The chapter of the French biology report (CR-BIO) a test belongs to."""

    loinc: str
    words: Label

    def label(self, lang: str) -> str:
        return self.words.text(lang)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing a test looks for: its first LOINC is the one we report, the others are known from files."""

    code: str
    words: Label
    icd10: str
    loincs: tuple[Loinc, ...]
    outcomes: tuple[Outcome, ...]  # none where a quantity is measured
    measure: Measure | None = None

    @property
    def loinc(self) -> str:
        """Return the LOINC code under which our own tests report this target."""
        return self.loincs[0].code

    @property
    def loinc_display(self) -> str:
        return self.loincs[0].display

    def label(self, lang: str) -> str:
        return self.words.text(lang)

    def display_of(self, loinc: str) -> str:
        """Return the name of one of this target's LOINC codes; KeyError when it is not one."""
        return {known.code: known.display for known in self.loincs}[loinc]

    def allows(self, outcome: str) -> bool:
        """Say whether an outcome can be read for this target."""
        return outcome == MEASURED if self.measure else any(known.code == outcome for known in self.outcomes)

    def outcome_of(self, read: str) -> Outcome:
        """Return what a reading says: the outcome that it names, or that a quantity was measured."""
        return MEASURED_OUTCOME if self.measure else outcome(read)

    def loinc_of(self, read: str) -> str:
        """Return the LOINC code under which our own tests report a reading: of a quantity, that of its unit."""
        return self.measure.unit(quantity_of(read).unit).loinc if self.measure else self.loinc

    def words_of(self, read: str, lang: str) -> str:
        """Return a reading as people read it."""
        return quantity_of(read).words(lang) if self.measure else outcome(read).label(lang)

    def range_of(self, read: str) -> MeasuredRange | None:
        """Return the range that means something in which a reading lies, where it measures."""
        return self.measure.range_of(quantity_of(read)) if self.measure else None


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """A limit of age or sex, told to the professional as a warning."""

    min_age: int | None
    max_age: int | None
    sex: str
    words: Label

    def label(self, lang: str) -> str:
        return self.words.text(lang)

    def warns(self, *, age: int, sex: str) -> bool:
        """Say whether a person of this age and sex (F, M, U) is outside the rule; an unknown sex is not."""
        too_young = self.min_age is not None and age < self.min_age
        too_old = self.max_age is not None and age > self.max_age
        other_sex = bool(self.sex) and sex not in {self.sex, "U"}
        return too_young or too_old or other_sex


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of test, as reviewed data."""

    code: str
    words: Label
    chapter: Chapter
    offered_at: str  # "counter", or "file" for a test only read from an imported file
    specimens: tuple[Specimen, ...]
    targets: tuple[Target, ...]
    rules: tuple[EligibilityRule, ...]
    signers: tuple[str, ...]
    certificate_days: int | None  # for how long after the sample a certificate of it is in force; None: there is none
    questions: tuple[KindQuestion, ...]

    def label(self, lang: str) -> str:
        """Return the title of the test in a language; documents use the French one."""
        return self.words.text(lang)

    def target(self, code: str) -> Target:
        """Return a target of this test by its code; KeyError when the test does not look for it."""
        return {target.code: target for target in self.targets}[code]

    def target_of(self, loinc: str) -> Target | None:
        return next((target for target in self.targets if loinc in {one.code for one in target.loincs}), None)

    def allows_specimen(self, code: str) -> bool:
        """Say whether the test may be done on a specimen."""
        return any(specimen.code == code for specimen in self.specimens)

    def questions_for(self, *, age: int, sex: str) -> tuple[KindQuestion, ...]:
        """Return what is asked of a person of this age and sex."""
        return tuple(question for question in self.questions if question.is_for(age=age, sex=sex))

    @property
    def is_measured(self) -> bool:
        """Tell whether it measures a quantity, of which nothing positive or negative is said."""
        return any(target.measure for target in self.targets)

    @property
    def units(self) -> frozenset[str]:
        """Return the units in which it measures."""
        return frozenset(unit.code for target in self.targets if target.measure for unit in target.measure.units)

    def warnings(self, *, age: int, sex: str) -> tuple[EligibilityRule, ...]:
        """Return the rules that a person of this age and sex is outside of."""
        return tuple(rule for rule in self.rules if rule.warns(age=age, sex=sex))


@cache
def load_kinds() -> Mapping[str, Kind]:
    """Return every kind of test by code, in the order of the data file."""
    return build_kinds(read_data("catalogue", "kinds.toml"), load_loincs())


@cache
def load_loincs() -> Mapping[str, Loinc]:
    return build_loincs(read_data("catalogue", "loincs.toml"))


def measured_by(loinc: str) -> Measure | None:
    """Return what is measured under a LOINC code, None for one under which outcomes are told, or that is not known."""
    return _measures_by_loinc().get(loinc)


@cache
def _measures_by_loinc() -> Mapping[str, Measure]:
    targets = [target for kind in load_kinds().values() for target in kind.targets]
    return {one.code: target.measure for target in targets if target.measure for one in target.loincs}


def kind(code: str) -> Kind:
    """Return a kind of test by its code; KeyError for a code that is not ours."""
    return load_kinds()[code]


def counter_kinds() -> tuple[Kind, ...]:
    """Return the kinds a pharmacy may do at the counter."""
    return tuple(kind for kind in load_kinds().values() if kind.offered_at == "counter")


def build_loincs(file: Entry) -> Mapping[str, Loinc]:
    """Check and build the LOINC codes of a data file."""
    names = file.mapping("loincs")
    for code in names:
        if not is_loinc(code):
            raise file.error(f"loincs.{code}", "is not a LOINC code: wrong shape or check digit")
    file.finish()
    return MappingProxyType({code: Loinc(code, display) for code, display in names.items()})


def build_kinds(file: Entry, loincs: Mapping[str, Loinc]) -> Mapping[str, Kind]:
    """Check and build the kinds of test of a data file."""
    chapters = {code: _chapter(entry) for code, entry in file.children("chapters")}
    targets = {code: _target_words(entry) for code, entry in file.children("targets", TRAVELLING_CODE)}
    measures = build_measures(file, loincs)
    kinds = {
        code: _kind(code, entry, chapters=chapters, reader=_TargetReader(targets, loincs, measures))
        for code, entry in file.children("kinds", TRAVELLING_CODE)
    }
    _check_codes(kinds.values(), file)
    file.finish()
    return MappingProxyType(kinds)


def _check_codes(kinds: Iterable[Kind], file: Entry) -> None:
    """Refuse a LOINC code under which two things are measured, or under which outcomes are told besides."""
    found: dict[str, Measure | None] = {}
    for target in (target for kind in kinds for target in kind.targets):
        for one in target.loincs:
            if found.setdefault(one.code, target.measure) is not target.measure:
                raise file.error(f"measures.{one.code}", "is the code of a measure and of something else")


def _chapter(entry: Entry) -> Chapter:
    chapter = Chapter(loinc=entry.loinc("loinc"), words=entry.label("label"))
    entry.finish()
    return chapter


def _target_words(entry: Entry) -> tuple[Label, str]:
    words = entry.label("label"), entry.icd10("icd10")
    entry.finish()
    return words


def _kind(code: str, entry: Entry, *, chapters: Mapping[str, Chapter], reader: _TargetReader) -> Kind:
    specimens = load_specimens()
    kind = Kind(
        code=code,
        words=entry.label("title"),
        chapter=chapters[entry.choice("chapter", tuple(chapters))],
        offered_at=entry.choice("offered_at", ("counter", "file")),
        specimens=tuple(specimens[name] for name in entry.choices("specimens", tuple(specimens))),
        targets=tuple(reader.read(item) for item in entry.tables("targets")),
        rules=tuple(_rule(item) for item in entry.tables("rules")),
        signers=entry.choices("signers", SIGNERS) if entry.has("signers") else SIGNERS,
        certificate_days=entry.optional_days("certificate_days"),
        questions=_questions(entry),
    )
    entry.finish()
    if not kind.targets:
        raise entry.error("targets", "must not be empty")
    if kind.is_measured and kind.certificate_days:
        raise entry.error("certificate_days", "is for a test that says yes or no: a quantity is certified to nobody")
    if len({target.code for target in kind.targets}) != len(kind.targets):
        raise entry.error("targets", "names the same target twice")
    return kind


def _questions(entry: Entry) -> tuple[KindQuestion, ...]:
    known = load_kind_questions().entries
    return tuple(known[name] for name in entry.choices("questions", tuple(known))) if entry.has("questions") else ()


@dataclass(frozen=True)
class _TargetReader:
    """Reads the targets of a kind against the words and LOINC codes known to the catalogue."""

    words: Mapping[str, tuple[Label, str]]
    loincs: Mapping[str, Loinc]
    measures: Mapping[str, Measure]

    def read(self, entry: Entry) -> Target:
        code = entry.choice("target", tuple(self.words))
        label, icd10 = self.words[code]
        measure = self.measures[entry.choice("measure", tuple(self.measures))] if entry.has("measure") else None
        target = Target(
            code=code,
            words=label,
            icd10=icd10,
            loincs=tuple(self.loincs[name] for name in self._loincs(entry, measure)),
            outcomes=() if measure else self._outcomes(entry),
            measure=measure,
        )
        entry.finish()
        return target

    def _loincs(self, entry: Entry, measure: Measure | None) -> tuple[str, ...]:
        if measure is None:
            return entry.choices("loincs", tuple(self.loincs))
        return tuple(dict.fromkeys(unit.loinc for unit in measure.units))

    def _outcomes(self, entry: Entry) -> tuple[Outcome, ...]:
        known = load_outcomes()
        return tuple(known[name] for name in entry.choices("outcomes", tuple(known)))


def _rule(entry: Entry) -> EligibilityRule:
    rule = EligibilityRule(
        min_age=entry.age("min_age"),
        max_age=entry.age("max_age"),
        sex=entry.choice("sex", ("F", "M")) if entry.has("sex") else "",
        words=entry.label("label"),
    )
    entry.finish()
    if rule.min_age is None and rule.max_age is None and not rule.sex:
        raise entry.error("min_age", "is missing: a rule needs an age or a sex")
    return rule
