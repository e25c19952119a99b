"""Draws a logigram, and tells where each of its rows is from: the documentation shows both, made from the data file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from temoin.catalogue.logigram_inputs import AgeInput, AnyInput, BeforeInput, ResultInput, ScoreInput, SexInput
from temoin.catalogue.logigrams import Logigram, LogigramRow
from temoin.catalogue.questions import KindQuestion

ENGLISH = "en"


def drawing(table: Logigram) -> str:
    """Return the picture of a table, in the language of Mermaid: one question after the other, down to what is done."""
    drawn = _Drawing(table)
    drawn.draw(tuple(table.inputs), table.rows)
    title = ["---", f"title: {table.words.text(ENGLISH)}", "---"]
    return "\n".join([*title, "flowchart TD", *drawn.lines])


@dataclass
class _Drawing:
    table: Logigram
    lines: list[str] = field(default_factory=list)
    number: int = 0

    def draw(self, names: Sequence[str], rows: Sequence[LogigramRow]) -> str:
        """Draw what is left to be known, and return the name of its first box."""
        if len(rows) == 1:
            row = rows[0]
            return self._box(f'["{row.outcome.words.text(ENGLISH)} (row {self.table.rows.index(row) + 1})"]')
        name, *rest = names
        ways = self._ways(name, rows)
        if len(ways) == 1:
            return self.draw(rest, rows)
        box = self._box(f'{{"{_called(self.table.inputs[name])}"}}')
        for left, values in ways.items():
            below = self.draw(rest, [row for number, row in enumerate(rows) if number in left])
            self.lines.append(f'    {box} -->|"{", ".join(values)}"| {below}')
        return box

    def _ways(self, name: str, rows: Sequence[LogigramRow]) -> Mapping[tuple[int, ...], list[str]]:
        """Return the values of an input by the rows that each leaves."""
        ways: dict[tuple[int, ...], list[str]] = {}
        for value in self.table.inputs[name].values:
            left = tuple(number for number, row in enumerate(rows) if value in row.when.get(name, {value}))
            if left:
                ways.setdefault(left, []).append(value)
        return ways

    def _box(self, shape: str) -> str:
        self.number += 1
        self.lines.append(f"    n{self.number}{shape}")
        return f"n{self.number}"


def table_lines(table: Logigram) -> Iterator[str]:
    """Yield what each input is made from, and each row with its source, as tables of Markdown."""
    yield from ("| input | made from |", "|---|---|")
    for one in table.inputs.values():
        yield f"| {_called(one)} | {_made_from(one)} |"
    yield from ("", "| row | done | why | medicines | source | not sure |", "|---|---|---|---|---|---|")
    for number, row in enumerate(table.rows, 1):
        medicines = ", ".join(one.words.text(ENGLISH) for one in row.medicines)
        told = (row.outcome.words.text(ENGLISH), row.reason.text(ENGLISH), medicines, row.source, row.unsure)
        yield f"| {number} | {' | '.join(told)} |"


def _called(one: AgeInput | SexInput | AnyInput | ScoreInput | ResultInput | BeforeInput) -> str:
    return one.words.text(ENGLISH)


def _made_from(one: AgeInput | SexInput | AnyInput | ScoreInput | ResultInput | BeforeInput) -> str:
    if isinstance(one, AnyInput):
        return "; ".join(f"{name}: {', '.join(answers)}" for name, answers in one.answers.items())
    if isinstance(one, ScoreInput):
        points = [f"{each.question.code} {each.answer}: {each.points:+d}" for each in one.of_answers]
        points += [f"age from {each.from_age} to below {each.to_age}: {each.points:+d}" for each in one.of_ages]
        return f"{'; '.join(points)}; high from {one.high_from}"
    return f"the table {one.table}" if isinstance(one, BeforeInput) else "what is known of the person and the test"


def question_line(question: KindQuestion) -> str:
    """Return a question as a row of a table of Markdown."""
    answers = ", ".join(answer.label(ENGLISH) for answer in question.answers) or "a day"
    of = [
        f"from {question.from_age}" if question.from_age is not None else "",
        f"to below {question.to_age}" if question.to_age is not None else "",
        f"sex {question.sex}" if question.sex else "",
    ]
    whom, uses = ", ".join(filter(None, of)) or "everybody", ", ".join(question.used_by)
    told = (question.label(ENGLISH), question.loinc, answers, whom, uses, question.source, question.unsure)
    return f"| `{question.code}` | {' | '.join(told)} |"
