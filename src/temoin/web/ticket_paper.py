"""The counter ticket as it is printed: on a page of its own, or by the counter itself after a sample."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import NotFoundError
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, pharmacy_of
from temoin.testing.lists import TestRow
from temoin.testing.numbers import number_on_label
from temoin.testing.tickets import read_ticket, ticket_waits
from temoin.web.settings import WEB
from temoin.web.test_lines import ListedTest
from temoin.web.wording import Words
from temoin.web.workstation import Paper, habits_of

PAPER_WORDS: dict[Paper, Words] = {
    Paper.ROLL: _("ticket on a roll, 80 mm"),
    Paper.LABEL: _("ticket on a label, 62 × 100 mm"),
    Paper.A4: _("ticket on a sheet, A4"),
    Paper.NONE: _("no ticket by itself"),
}


def ticket_paper(request: HttpRequest, seat: Seat, record_id: UUID) -> dict[str, Any]:
    """Return what a ticket shows, on the workstation's paper; NotFoundError where the code is gone."""
    code = read_ticket(by=seat, record_id=record_id)
    return {
        "code": code,
        "address": f"{WEB().site.portal_url}/#code={code}",  # a bare code sends people to a search engine
        "place": pharmacy_of(seat),
        "number": number_on_label(by=seat, record_id=record_id),
        "paper": habits_of(request).paper.value,
    }


def ticket_to_print(request: HttpRequest, seat: Seat, lines: list[ListedTest]) -> dict[str, Any]:
    """Return the ticket of the test just sampled, where the workstation prints it: once, for who will get a link.

    {} for none.
    """
    return ticket_of_new(request, seat, next((line.row for line in lines if line.is_new), None))


def ticket_of_new(request: HttpRequest, seat: Seat, new: TestRow | None) -> dict[str, Any]:
    """Return that ticket for the test that was sampled by the press before this page."""
    if new is None or not new.is_reachable or habits_of(request).paper is Paper.NONE:
        return {}
    if not has_right(by=seat, right=Right.REGISTER_TEST) or not ticket_waits(by=seat, record_id=new.id):
        return {}
    try:
        return ticket_paper(request, seat, new.id)
    except NotFoundError:  # the letter was opened meanwhile
        return {}
