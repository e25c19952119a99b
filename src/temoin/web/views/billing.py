"""What the tests of a period may be billed for: totals on the page, and a line for each test as a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from temoin.catalogue.billing import Act, Payer, load_acts
from temoin.catalogue.kinds import load_kinds
from temoin.oversight.billing import Bill, BillLine, ChargedAlike, export_bill, read_bill
from temoin.pharmacies.seat import Seat
from temoin.web.csv_file import csv_answer, number_cell
from temoin.web.fields import Typed
from temoin.web.pages import show
from temoin.web.period import period_fields, period_links, period_query, read_period
from temoin.web.wording import Words

DAYS = 30
COLUMNS = (
    *("day", "time", "test", "kind", "title", "result", "family_name", "given_names", "birth_date"),
    *("act", "paid_by", "amount", "amounts_possible", "ordered_by", "ordered_by_number", "signed_by", "rpps"),
)
PAID_BY: dict[Payer, Words] = {
    Payer.INSURANCE: gettext_lazy("Health insurance"),
    Payer.PATIENT: gettext_lazy("Patient"),
}


@dataclass(frozen=True)
class BillRow:
    """Tests of one kind charged alike, in words."""

    kind: str
    code: str
    paid_by: Words
    amounts: list[tuple[str, str]]  # each with what it holds for
    count: int
    total: str


@dataclass(frozen=True)
class ActSource:
    """Where an act is from, in words."""

    kinds: list[str]
    rule: str
    doubt: str
    source: str


def billing(request: HttpRequest, seat: Seat) -> HttpResponse:
    """Show what the tests of the days asked for come to."""
    wanted, problems = read_period(request.GET, days=DAYS)
    bill = Bill() if problems else read_bill(by=seat, wanted=wanted)
    language = get_language() or "fr"
    acts = dict.fromkeys(one.charge.act for one in bill.groups if one.charge.act is not None)
    return show(
        request,
        seat,
        "billing.html",
        status=400 if problems else 200,
        problems=problems,
        fields=period_fields(Typed(request.GET, problems), wanted),
        periods=period_links(wanted),
        wanted=wanted,
        bill=bill,
        rows=[_row(one, language) for one in bill.groups],
        certain=euros(bill.certain),
        least=euros(bill.least),
        most=euros(bill.most),
        acts=[_source(act, language) for act in acts],
        is_reviewed=not load_acts().review.is_placeholder,
        query=period_query(wanted.since, wanted.until),
    )


def export(request: HttpRequest, seat: Seat) -> HttpResponseBase:
    """Stream a line for each test as CSV, for the practice software."""
    wanted, problems = read_period(request.GET, days=DAYS)
    if problems:
        return billing(request, seat)
    lines = export_bill(by=seat, wanted=wanted)
    name = f"billing-{wanted.since.isoformat()}-{wanted.until.isoformat()}"
    return csv_answer(name, COLUMNS, _file_rows(lines, get_language() or "fr"))


def euros(cents: int) -> str:
    """Return an amount as people write it."""
    return _("%(amount)s €") % {"amount": number_format(cents / 100, 2)}


def _row(one: ChargedAlike, language: str) -> BillRow:
    act, prices = one.charge.act, one.charge.prices
    return BillRow(
        kind=load_kinds()[one.charge.kind].label(language),
        code=act.code if act else "",
        paid_by=PAID_BY[act.payer] if act else _("not known"),
        amounts=[(euros(price.cents), price.when.text(language)) for price in prices],
        count=one.count,
        total=_total(one),
    )


def _source(act: Act, language: str) -> ActSource:
    kinds = [load_kinds()[code].label(language) for code in act.kinds]
    return ActSource(kinds, act.rule.text(language), act.doubt.text(language) if act.doubt else "", act.source)


def _total(one: ChargedAlike) -> str:
    if not one.charge.amounts:
        return "–"
    if one.charge.certain is not None:
        return euros(one.least)
    return _("%(least)s to %(most)s") % {"least": euros(one.least), "most": euros(one.most)}


def _file_rows(lines: Iterable[BillLine], language: str) -> Iterator[tuple[object, ...]]:
    for line in lines:
        with translation.override(language):
            yield _cells(line, language)


def _cells(line: BillLine, language: str) -> tuple[object, ...]:
    test, charge, traits = line.named.test, line.charge, line.named.traits
    report = test.report
    patient: Any = traits or report.patient
    prescriber, signer = report.prescriber, report.signer
    possible = "; ".join(
        f"{number_cell(price.cents / 100, 2)} ({price.when.text(language)})" for price in charge.prices
    )
    return (
        *(f"{report.sampled_at:%Y-%m-%d}", f"{report.sampled_at:%H:%M}", test.record_id),
        *(report.kind, test.kind.label(language), test.says.value),
        *(patient.birth_family_name, patient.birth_given_names, patient.birth_date.isoformat()),
        *(charge.act.code if charge.act else "", charge.act.payer.value if charge.act else ""),
        "" if charge.certain is None else number_cell(charge.certain / 100, 2),
        possible,
        f"{prescriber.given_name} {prescriber.family_name}".strip() if prescriber else "",
        prescriber.number if prescriber else "",
        *(f"{signer.given_name} {signer.family_name}", signer.rpps),
    )
