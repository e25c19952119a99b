"""The pharmacy's figures as tables: each chart is drawn from one, stands beside it, and has it as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeVar

from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from temoin.catalogue.kinds import Kind, load_kinds
from temoin.oversight.figures import Figures, Pause, Tally, positivity
from temoin.oversight.signed_tests import LetterStands, ResultSays
from temoin.web.charts import BarOf, BarPart, Chart, bar_chart, column_chart
from temoin.web.csv_file import number_cell
from temoin.web.result_words import LETTER, SAYS
from temoin.web.wording import Words

Cell = int | float | None
Key = TypeVar("Key")
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class FigureRow:
    """A row: what it is about, its cells, and how it is drawn; `key` stands for it in a file."""

    key: str
    label: str
    cells: Sequence[Cell]
    bars: Sequence[BarOf]

    @property
    def filed(self) -> list[str]:
        """Return the cells of a line of the file, whose first is the key."""
        return [self.key, *map(_filed, self.cells)]


@dataclass(frozen=True)
class FigureTable:
    """A table with its chart; `name` is how the address of its file calls it."""

    name: str
    title: Words
    about: Words  # the head of its first column
    columns: Sequence[Words]
    rows: Sequence[FigureRow]
    draw: Callable[[Sequence[BarOf]], Chart]
    legend: Sequence[tuple[str, Words]] = ()  # tone and words

    @property
    def lines(self) -> list[tuple[str, list[tuple[Words, str]]]]:
        """Return the rows as the page shows them: each cell with the head of its column."""
        return [(row.label, list(zip(self.columns, map(_shown, row.cells), strict=True))) for row in self.rows]

    @property
    def chart(self) -> Chart:
        """Return the drawing."""
        return self.draw([bar for row in self.rows for bar in row.bars])

    @property
    def told(self) -> str:
        """Return what the drawing shows, for who does not see it: the greatest, and that the table has the rest."""
        bars = [bar for row in self.rows for bar in row.bars]
        greatest = max(bars, key=lambda bar: bar.amount, default=None)
        words = _("The table below has every number.")
        if greatest is None or not greatest.amount:
            return words
        most = _("The longest bar: %(label)s, %(amount)s.")
        return f"{most % {'label': greatest.label, 'amount': greatest.note or f'{greatest.amount:g}'}} {words}"


def tables_of(figures: Figures) -> list[FigureTable]:
    """Return every table, in the order of the page."""
    # Of a pharmacy that measured nothing, a column of zeros says nothing.
    among = [says for says in SAYS if says is not ResultSays.MEASURED or figures.says[says]]
    tallies = partial(_tallies, among=among)
    return [
        tallies("days", _("Tests by day"), _("Day"), map(_of_day, figures.days.items()), draw=column_chart),
        tallies("kinds", _("Tests by kind"), _("Test"), map(_of_kind, _ranked(figures.kinds)), draw=bar_chart),
        _positivity(figures),
        tallies("hours", _("Tests by hour"), _("Hour"), map(_of_hour, _all_hours(figures.hours)), draw=column_chart),
        tallies("people", _("Tests by person who signed"), _("Person"), _of_people(figures), draw=bar_chart),
        tallies("kits", _("Tests by kit"), _("Kit"), map(_of_kit, _ranked(figures.kits)), draw=bar_chart),
        _waits(figures),
        _letters(figures),
    ]


def _tallies(
    name: str,
    title: Words,
    about: Words,
    rows: Iterable[tuple[str, str, str, Tally]],
    *,
    among: Sequence[ResultSays],
    draw: Callable[[Sequence[BarOf]], Chart],
) -> FigureTable:
    """Return a table of tests by what they said; a row is key, label, short label and tally."""
    return FigureTable(
        name=name,
        title=title,
        about=about,
        columns=[*(SAYS[says] for says in among), _("All tests")],
        rows=[
            FigureRow(key, label, [*(tally[says] for says in among), tally.total()], [_bar(short, tally, among)])
            for key, label, short, tally in rows
        ],
        draw=draw,
        legend=_legend(among),
    )


def _bar(label: str, tally: Tally, among: Iterable[ResultSays], note: str = "") -> BarOf:
    parts = [BarPart(says.value, tally[says], f"{label} · {SAYS[says]} · {tally[says]}") for says in among]
    return BarOf(label, parts, note or str(tally.total()))


def _positivity(figures: Figures) -> FigureTable:
    among = (ResultSays.POSITIVE, ResultSays.NEGATIVE, ResultSays.UNCLEAR)
    rows = []
    for code, tally in _ranked(figures.targets):
        share = positivity(tally)
        words = percent_words(share)
        cells = [*(tally[says] for says in among), None if share is None else 100 * share]
        rows.append(FigureRow(code, _target(code), cells, [_bar(_target(code), tally, among, words)]))
    return FigureTable(
        name="targets",
        title=_("Positivity by what was looked for"),
        about=_("Looked for"),
        columns=[*(SAYS[says] for says in among), _("Positive among conclusive, %")],
        rows=rows,
        draw=bar_chart,
        legend=_legend(among),
    )


def _waits(figures: Figures) -> FigureTable:
    words = {
        Pause.SIGNATURE: _("Sample to signature"),
        Pause.ACKNOWLEDGEMENT: _("Signature to acknowledgement"),
    }
    half, most = _("median"), _("nine of ten")
    rows = []
    for wait, spread in figures.spreads.items():
        minutes = [spread.median / _MINUTE, spread.ninth / _MINUTE]
        bars = [
            BarOf(f"{words[wait]}, {name}", [BarPart("plain", took, _took(took))], _took(took))
            for name, took in zip((half, most), minutes, strict=True)
        ]
        rows.append(FigureRow(wait.value, words[wait], [spread.count, *minutes], bars))
    columns = [_("Tests"), _("Median, minutes"), _("Nine of ten within, minutes")]
    return FigureTable("waits", _("How long it took"), _("Step"), columns, rows, draw=bar_chart)


def _letters(figures: Figures) -> FigureTable:
    found = [(stands, figures.letters[stands]) for stands in LetterStands if figures.letters[stands]]
    rows = []
    for stands, count in found:
        label = str(LETTER[stands].words)
        rows.append(
            FigureRow(stands.value, label, [count], [BarOf(label, [BarPart("plain", count, label)], str(count))])
        )
    return FigureTable("letters", _("Patients’ letters"), _("State"), [_("Tests")], rows, draw=bar_chart)


def _legend(among: Iterable[ResultSays]) -> list[tuple[str, Words]]:
    return [(says.value, SAYS[says]) for says in among]


def _ranked(tallies: Mapping[Key, Tally]) -> list[tuple[Key, Tally]]:
    return sorted(tallies.items(), key=lambda one: (-one[1].total(), str(one[0])))


def _all_hours(hours: Mapping[int, Tally]) -> list[tuple[int, Tally]]:
    """Return every hour from the first at work to the last, those without a test too."""
    return [(hour, hours.get(hour, Tally())) for hour in range(min(hours), max(hours) + 1)] if hours else []


def _of_day(one: tuple[date, Tally]) -> tuple[str, str, str, Tally]:
    day, tally = one
    return day.isoformat(), f"{day:%d/%m/%Y}", f"{day:%d/%m}", tally


def _of_hour(one: tuple[int, Tally]) -> tuple[str, str, str, Tally]:
    hour, tally = one
    label = _("%(hour)s h") % {"hour": hour}
    return str(hour), label, str(hour), tally


def _of_kind(one: tuple[str, Tally]) -> tuple[str, str, str, Tally]:
    code, tally = one
    label = load_kinds()[code].label(get_language() or "fr")
    return code, label, label, tally


def _of_kit(one: tuple[tuple[str, str], Tally]) -> tuple[str, str, str, Tally]:
    (manufacturer, name), tally = one
    return f"{manufacturer} {name}".strip(), f"{name} ({manufacturer})", name, tally


def _of_people(figures: Figures) -> list[tuple[str, str, str, Tally]]:
    ranked = _ranked(figures.people)
    return [(figures.names[code], figures.names[code], figures.names[code], tally) for code, tally in ranked]


def _target(code: str) -> str:
    kinds: Iterable[Kind] = load_kinds().values()
    found: Any = next(target for kind in kinds for target in kind.targets if target.code == code)
    return str(found.label(get_language() or "fr"))


def percent_words(share: float | None) -> str:
    """Return a share as people say it."""
    return "–" if share is None else _("%(number)s%%") % {"number": number_format(100 * share, 1)}


def _took(minutes: float) -> str:
    if minutes < 2 * 60:
        return _("%(number)s min") % {"number": number_format(minutes, 1)}
    return _("%(number)s h") % {"number": number_format(minutes / 60, 1)}


def _shown(cell: Cell) -> str:
    """Return a number as the page writes it."""
    if cell is None:
        return "–"
    return number_format(cell, 1) if isinstance(cell, float) else str(cell)


def _filed(cell: Cell) -> str:
    """Return a number as a file has it."""
    if cell is None:
        return ""
    return number_cell(cell, 1) if isinstance(cell, float) else str(cell)
