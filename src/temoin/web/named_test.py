"""The test that a scan names: by the number on its cassette, or by its patient's ticket."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import NotFoundError, refuse
from temoin.lib.sample_number import written_number
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat
from temoin.scanning.scan import Scan, ScanKind
from temoin.testing.group_queries import group_of_number
from temoin.testing.numbers import FoundTest, find_by_number, find_by_ticket
from temoin.web.addresses import ROW
from temoin.web.scan_field import SCAN

NAMES_TEST = frozenset({ScanKind.SAMPLE, ScanKind.TICKET})
_NO_NUMBER = _("No test of this pharmacy bears this number, or it was signed some days ago: look for the patient.")
_NO_TICKET = _(
    "No test waits for this ticket here: its code was destroyed once the patient had the result, or it is another "
    "pharmacy's. Look for the patient."
)


def named_test(seat: Seat, scan: Scan) -> FoundTest:
    """Return the test; InvalidError where the pharmacy has none."""
    try:
        if scan.kind is ScanKind.SAMPLE:
            return find_by_number(by=seat, number=scan.number)
        return find_by_ticket(by=seat, code=scan.number)
    except NotFoundError:
        words = _NO_NUMBER if scan.kind is ScanKind.SAMPLE else _NO_TICKET
        raise refuse(SCAN, "no_test", words) from None


def row_of_group(seat: Seat, text: str) -> str:
    """Return the address of the row of a group whose label was scanned or typed; "" for what is no such label."""
    number = written_number(text.strip())
    group_id = group_of_number(by=seat, number=number) if number and Right.READ_TEST in seat.rights else None
    return f"{reverse('group', args=[group_id])}?{ROW}={number}" if group_id else ""
