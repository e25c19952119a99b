"""The search for a patient, as two pages ask for it: by a scan, by the NIR alone, or by birth name and birth date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.in_hand import LotInHand
from temoin.lib.errors import InvalidError, Problem
from temoin.patients.queries import Found, patients_by_name, patients_by_nir, patients_by_start
from temoin.patients.starts import Beginnings
from temoin.pharmacies.seat import Seat
from temoin.scanning.nir import check_nir
from temoin.scanning.scan import ScanKind, ScanTrouble
from temoin.scanning.tickets import read_ticket_code
from temoin.testing.numbers import FoundTest
from temoin.web.fields import Field, Typed
from temoin.web.named_test import NAMES_TEST, named_test
from temoin.web.patient_form import CORSICA, DAY_HINT
from temoin.web.scan_field import SCAN, posted_scan, scan_field, scan_notices
from temoin.web.scan_words import TROUBLES
from temoin.web.scanned_box import scanned_lot
from temoin.web.scanned_person import NAMES_SOMEBODY, find_scanned, scanned_values
from temoin.web.times import read_typed_day
from temoin.web.typed_person import typed_person
from temoin.web.wording import Words

_EMPTY = _("Enter the NIR, or the birth name and the birth date.")
FIND = _("Number, ticket or patient")
FIND_HINT = _(
    "A sample's number, a ticket or a document, scanned or typed; the code of the box in use; or the beginning of a "
    "name, a birth date, the end of a telephone's number"
)
SHOWN = 10  # of those found by a beginning: more letters, or the birth date, tell the others apart
SCAN_HINT = _("Identity document (lines with <), health identity code, or social security number")


@dataclass
class PatientSearch:
    """A search as it was asked for: what was found, with what a scan told, and what is wrong."""

    values: dict[str, str]
    found: list[Found] | None = None  # those shown; None before anything was looked for
    others: int = 0  # who were found by a beginning besides, and are not shown
    problems: list[Problem] = field(default_factory=list)
    notices: Sequence[Words] = ()
    is_scanned: bool = False
    test: FoundTest | None = None  # where a sample number or a ticket was scanned
    is_box: bool = False  # a box of tests was scanned
    lot: LotInHand | None = None  # that box's, where it is in stock

    @property
    def scan_field(self) -> Field:
        is_first = self.found is None and not self.problems
        return scan_field(label=FIND, hint=FIND_HINT, problems=self.problems, autofocus=is_first)

    @property
    def count(self) -> int:
        """Return how many were found, shown or not."""
        return len(self.found or []) + self.others

    @property
    def fields(self) -> list[Field]:
        return _typed_fields(Typed(self.values, self.problems))

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Return what was typed, and told by a scan, for the form of a new patient."""
        return list(self.values.items())


def search_patients(request: HttpRequest, seat: Seat, *, takes_box: bool = False) -> PatientSearch:
    """Look for whom was scanned, or for what was typed; a box is no fault where the page takes one.

    What is looked for travels in the body only.
    """
    asked = ("nir", "birth_family_name", "birth_date")
    search = PatientSearch({name: request.POST.get(name, "") for name in asked})
    if request.method != "POST":
        return search
    try:
        text = request.POST.get(SCAN, "")
        if (person := typed_person(text)) is not None:
            _search_beginnings(search, seat, person, text)
            return search
        boxes = {ScanKind.BOX} if takes_box else set()
        scan = posted_scan(request, NAMES_SOMEBODY | NAMES_TEST | boxes)
        if scan is None:
            search.found = _typed_search(seat, search.values)
            return search
        if scan.kind is ScanKind.BOX:
            search.lot, search.is_box = scanned_lot(seat, scan), True
            return search
        if scan.kind in NAMES_TEST:
            search.test = named_test(seat, scan)
            return search
        search.is_scanned, search.notices = True, scan_notices(scan)
        search.values = dict.fromkeys(asked, "") | scanned_values(scan)
        search.found = find_scanned(seat, scan)
    except InvalidError as error:
        search.problems = error.problems
    return search


def _search_beginnings(search: PatientSearch, seat: Seat, asked: Beginnings, text: str) -> None:
    """Find whose names begin so; where nobody's does, it may have been a ticket whose code is all letters."""
    search.is_scanned = True
    search.values["birth_date"] = _typed_day(asked)
    found = patients_by_start(by=seat, asked=asked, most=SHOWN)
    search.found, search.others = found.first, found.count - len(found.first)
    scan = read_ticket_code(text.strip())
    if not search.found and scan is not None and scan.is_sound:
        with suppress(InvalidError):
            search.test = named_test(seat, scan)


def _typed_day(asked: Beginnings) -> str:
    """Return the birth date for the form of a new patient: without its century, which is asked there, if open."""
    days = [reading.born for reading in asked.readings if reading.born is not None]
    if len(days) < len(asked.readings):
        return ""
    return f"{days[0]:%d/%m/%Y}" if len(days) == 1 else f"{days[0]:%d/%m/%y}"


def _typed_search(seat: Seat, typed: Mapping[str, str]) -> list[Found]:
    """Return the patients found by what was typed; InvalidError when nothing can be looked for."""
    nir, name, born = (typed[each].strip() for each in ("nir", "birth_family_name", "birth_date"))
    if nir:
        return patients_by_nir(by=seat, nir=_checked(nir))
    if not name:
        raise InvalidError([Problem("birth_family_name", "required", _EMPTY)])
    return patients_by_name(by=seat, family_name=name, birth_date=read_typed_day(born, "birth_date"))


def _typed_fields(typed: Typed) -> list[Field]:
    return [
        typed(
            "nir",
            _("Social security number (NIR)"),
            attributes={"inputmode": "numeric", "maxlength": "24"},
            inserts=CORSICA,
            is_one_of=True,
        ),
        typed("birth_family_name", _("Birth name"), attributes={"autocapitalize": "characters"}, is_one_of=True),
        typed(
            "birth_date",
            _("Birth date"),
            hint=DAY_HINT,
            attributes={"inputmode": "numeric", "maxlength": "16"},
            is_one_of=True,
        ),
    ]


def _checked(nir: str) -> str:
    try:
        return check_nir(nir)
    except ValueError:
        raise InvalidError([Problem("nir", "malformed", TROUBLES[ScanTrouble.NIR_KEY])]) from None
