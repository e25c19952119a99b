"""The logigrams of an act: decision tables that lead from what is known of a person to what is done, as reviewed data.

A table is judged when it is loaded: each combination of its inputs has one row, never none and never two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from types import MappingProxyType

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.logigram_inputs import Facts, LogigramInput
from temoin.catalogue.logigram_reading import InputReader
from temoin.lib.data_file import Entry, read_data
from temoin.lib.label import Label
from temoin.lib.reviewed import Review, review_of

BEFORE, AFTER = "before", "after"
OLDEST = 200


@dataclass(frozen=True, slots=True)
class ActOutcome:
    """What is done; `refers` when a doctor is to see the person."""

    code: str
    words: Label
    refers: bool


@dataclass(frozen=True, slots=True)
class Medicine:
    """What may be delivered without a prescription, `to_age` not included."""

    code: str
    words: Label
    dose: Label
    from_age: int
    to_age: int
    source: str
    unsure: str

    def suits(self, age: int) -> bool:
        return self.from_age <= age < self.to_age


@dataclass(frozen=True, slots=True)
class LogigramRow:
    """One row: the values of each input that lead to it, what is then done, and why."""

    when: Mapping[str, frozenset[str]]
    outcome: ActOutcome
    reason: Label
    medicines: tuple[Medicine, ...]
    source: str
    unsure: str

    def takes(self, values: Mapping[str, str]) -> bool:
        return all(values[name] in allowed for name, allowed in self.when.items())

    def may_take(self, possible: Mapping[str, frozenset[str]]) -> bool:
        return all(possible[name] & allowed for name, allowed in self.when.items())


@dataclass(frozen=True, slots=True)
class ActDecision:
    """The row that the facts lead to, or the questions that would tell it."""

    row: LogigramRow | None
    missing: tuple[str, ...]
    outcomes: frozenset[str]  # that are still open; of a decision, the one


@dataclass(frozen=True, slots=True)
class Logigram:
    """A decision table of a kind of test."""

    code: str
    kind: str
    step: str
    words: Label
    inputs: Mapping[str, LogigramInput]
    rows: tuple[LogigramRow, ...]

    def combinations(self) -> Iterator[dict[str, str]]:
        """Yield every combination of what the inputs may be."""
        for values in product(*(one.values for one in self.inputs.values())):
            yield dict(zip(self.inputs, values, strict=True))

    def decide(self, facts: Facts) -> ActDecision:
        """Return the row of these facts; where they leave several open, what is not known."""
        possible = {name: one.possible(facts) for name, one in self.inputs.items()}
        rows = [row for row in self.rows if row.may_take(possible)]
        outcomes = frozenset(row.outcome.code for row in rows)
        if len(rows) == 1:
            return ActDecision(rows[0], (), outcomes)
        parting = {name for row in rows for name, allowed in row.when.items() if not possible[name] <= allowed}
        missing = [question for name in self.inputs if name in parting for question in self.inputs[name].missing(facts)]
        return ActDecision(None, tuple(dict.fromkeys(missing)), outcomes)


@dataclass(frozen=True, slots=True)
class LogigramBook:
    """All tables, and who reviewed them."""

    review: Review
    medicines: Mapping[str, Medicine]
    tables: Mapping[str, Logigram]

    def table(self, kind: str, step: str) -> Logigram | None:
        """Return the table of a kind of test for before or after it; most kinds have none."""
        return next((one for one in self.tables.values() if (one.kind, one.step) == (kind, step)), None)

    def decide_before(self, kind: str, facts: Facts) -> ActDecision | None:
        """Return what is done before a test of this kind; None where no table says it."""
        table = self.table(kind, BEFORE)
        return None if table is None else table.decide(facts)

    def decide_after(self, kind: str, facts: Facts) -> ActDecision | None:
        """Return what is done with the result of a test of this kind; None where no table says it."""
        table, before = self.table(kind, AFTER), self.decide_before(kind, facts)
        if table is None or before is None:
            return None
        found = table.decide(replace(facts, before=before.outcomes))
        if found.row is not None:
            return found
        return replace(found, missing=tuple(dict.fromkeys((*before.missing, *found.missing))))


@cache
def load_logigrams() -> LogigramBook:
    return build_logigrams(read_data("catalogue", "logigrams.toml"))


def build_logigrams(file: Entry) -> LogigramBook:
    """Check and build the tables of a data file; one that is not complete, or says two things, is refused."""
    review = review_of(file)
    outcomes = {code: _outcome(code, entry) for code, entry in file.children("outcomes")}
    medicines = {code: _medicine(code, entry) for code, entry in file.children("medicines")}
    tables: dict[str, Logigram] = {}
    for code, entry in file.children("tables"):
        tables[code] = _table(code, entry, outcomes=outcomes, medicines=medicines, tables=tables)
    file.finish()
    return LogigramBook(review, MappingProxyType(medicines), MappingProxyType(tables))


def _outcome(code: str, entry: Entry) -> ActOutcome:
    built = ActOutcome(code, entry.label("label"), refers=entry.flag("refers"))
    entry.finish()
    return built


def _medicine(code: str, entry: Entry) -> Medicine:
    built = Medicine(
        code=code,
        words=entry.label("label"),
        dose=entry.label("dose"),
        from_age=entry.age("from_age") or 0,
        to_age=entry.age("to_age") or OLDEST,
        source=entry.text("source"),
        unsure=entry.optional_text("unsure"),
    )
    entry.finish()
    return built


def _table(
    code: str,
    entry: Entry,
    *,
    outcomes: Mapping[str, ActOutcome],
    medicines: Mapping[str, Medicine],
    tables: Mapping[str, Logigram],
) -> Logigram:
    kind = load_kinds()[entry.choice("kind", tuple(load_kinds()))]
    former = {name: tuple(dict.fromkeys(row.outcome.code for row in one.rows)) for name, one in tables.items()}
    reader = InputReader(kind, former)
    inputs = {name: reader.read(one) for name, one in entry.children("inputs")}
    table = Logigram(
        code=code,
        kind=kind.code,
        step=entry.choice("step", (BEFORE, AFTER)),
        words=entry.label("label"),
        inputs=MappingProxyType(inputs),
        rows=tuple(_row(one, inputs, outcomes, medicines) for one in entry.tables("rows")),
    )
    entry.finish()
    _check_complete(table, entry)
    return table


def _row(
    entry: Entry,
    inputs: Mapping[str, LogigramInput],
    outcomes: Mapping[str, ActOutcome],
    medicines: Mapping[str, Medicine],
) -> LogigramRow:
    when = entry.table("when")
    allowed = {name: frozenset(when.choices(name, one.values)) for name, one in inputs.items() if when.has(name)}
    when.finish()
    named = entry.choices("medicines", tuple(medicines)) if entry.has("medicines") else ()
    row = LogigramRow(
        when=MappingProxyType(allowed),
        outcome=outcomes[entry.choice("outcome", tuple(outcomes))],
        reason=entry.label("reason"),
        medicines=tuple(medicines[name] for name in named),
        source=entry.text("source"),
        unsure=entry.optional_text("unsure"),
    )
    entry.finish()
    return row


def _check_complete(table: Logigram, entry: Entry) -> None:
    """Refuse a table in which some combination leads to no row, or to two."""
    for values in table.combinations():
        rows = [number for number, row in enumerate(table.rows, 1) if row.takes(values)]
        if len(rows) != 1:
            told = ", ".join(f"{name} {value}" for name, value in values.items())
            raise entry.error("rows", f"has {'no row' if not rows else f'rows {rows}'} for {told}")
    unused = [number for number, row in enumerate(table.rows, 1) if not any(map(row.takes, table.combinations()))]
    if unused:
        raise entry.error("rows", f"has a row that nothing leads to: {unused[0]}")
