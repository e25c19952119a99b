"""The pharmacy's figures of a period: charts, the table behind each, and its file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from temoin.lib.errors import NotFoundError
from temoin.oversight.figures import Figures, positivity, read_figures
from temoin.pharmacies.seat import Seat
from temoin.web.csv_file import csv_answer
from temoin.web.fields import Typed
from temoin.web.figure_tables import FigureTable, percent_words, tables_of
from temoin.web.pages import show
from temoin.web.period import period_fields, period_links, period_query, read_period

DAYS = 7


def figures(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show the figures of the days asked for."""
    wanted, problems = read_period(request.GET, days=DAYS)
    found = Figures() if problems else read_figures(by=seat, wanted=wanted)
    return show(
        request,
        seat,
        "figures.html",
        status=400 if problems else 200,
        problems=problems,
        fields=period_fields(Typed(request.GET, problems), wanted),
        periods=period_links(wanted),
        wanted=wanted,
        found=found,
        share=percent_words(positivity(found.says)),
        tables=tables_of(found) if found.tests else [],
        query=period_query(wanted.since, wanted.until),
    )


def table_file(request: HttpRequest, seat: Seat, table: str) -> HttpResponseBase:
    """Return one table as CSV."""
    wanted, problems = read_period(request.GET, days=DAYS)
    if problems:
        return figures(request, seat)
    found = _named(table, tables_of(read_figures(by=seat, wanted=wanted)))
    name = f"{found.name}-{wanted.since.isoformat()}-{wanted.until.isoformat()}"
    return csv_answer(name, [found.about, *found.columns], [row.filed for row in found.rows])


def _named(name: str, tables: list[FigureTable]) -> FigureTable:
    for table in tables:
        if table.name == name:
            return table
    raise NotFoundError
