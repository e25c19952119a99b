"""The terms of a pharmacy's files: the laboratories that its owner allowed, the order of dates that was said."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext_lazy as _

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.profiles import own_profile, plain_heading
from temoin.formats.csv.rows import is_clia, plain_number
from temoin.intake.models import FileTerms
from temoin.journal.act import act
from temoin.journal.events import EventKind
from temoin.lib.errors import InvalidError, NotFoundError, refuse
from temoin.lib.tenant import current_pharmacy, tenant_scope
from temoin.lib.typed import typed_line
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.numbers import check_finess
from temoin.pharmacies.policies import check_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat

MOST_LABORATORIES = 200
MOST_HEADINGS = 500
LONGEST_HEADING = 120


@dataclass(frozen=True, slots=True)
class AllowedLaboratory:
    """A laboratory whose results the pharmacy takes in and signs: its CLIA or FINESS number, and its name."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class FileRules:
    """What the files of a pharmacy may say."""

    own_number: str  # FINESS of the pharmacy: its own results need nobody's leave
    laboratories: tuple[AllowedLaboratory, ...] = ()
    date_order: DateOrder | None = None  # the one said last; None while nobody said one
    columns: Mapping[str, str] = field(default_factory=dict)  # what headings of files mean, as somebody said

    def is_own(self, number: str) -> bool:
        return plain_number(number) == plain_number(self.own_number)

    def allows(self, number: str) -> bool:
        """Tell whether results of the laboratory with this number may be taken in."""
        allowed = {plain_number(laboratory.number) for laboratory in self.laboratories}
        return self.is_own(number) or plain_number(number) in allowed

    def name_of(self, number: str) -> str:
        """Return the name under which a laboratory was allowed."""
        plain = plain_number(number)
        return next((one.name for one in self.laboratories if plain_number(one.number) == plain), "")

    def mark(self, *, dates: str, columns: Mapping[str, str]) -> str:
        """Return what changes with anything by which a file is read of which so much was said."""
        laboratories = sorted((plain_number(one.number), one.name) for one in self.laboratories)
        columns = dict(sorted({**self.columns, **columns}.items()))
        told = (self.own_number, laboratories, dates or self.date_order or "", columns)
        return sha256(repr(told).encode()).hexdigest()


def read_terms(*, by: Seat) -> FileRules:
    check_right(by=by, right=Right.IMPORT_RESULTS)
    with tenant_scope(by.pharmacy_id):
        return terms_here()


def terms_here() -> FileRules:
    return _terms(FileTerms.objects.first())


def allow_laboratory(*, by: Seat, number: str, name: str) -> None:
    """Let files bring results of a laboratory: whoever imports signs them for the pharmacy. Only an owner may."""
    check_right(by=by, right=Right.ALLOW_LABORATORIES)
    laboratory = AllowedLaboratory(_checked_number(number), _checked_name(name))

    def add(terms: FileRules) -> FileRules:
        if terms.allows(laboratory.number):
            raise refuse("number", "known", _("Results of this laboratory are taken in already."))
        if len(terms.laboratories) >= MOST_LABORATORIES:
            raise refuse("number", "too_many", _("There are 200 laboratories: withdraw one first."))
        return replace(terms, laboratories=(*terms.laboratories, laboratory))

    _change(by, EventKind.LABORATORY_ALLOWED, laboratory.number, add)


def withdraw_laboratory(*, by: Seat, number: str) -> None:
    """Take no more results of a laboratory, from the next row on. Those signed stay, and can be corrected by hand."""
    check_right(by=by, right=Right.ALLOW_LABORATORIES)

    def remove(terms: FileRules) -> FileRules:
        left = tuple(one for one in terms.laboratories if one.number != number)
        if len(left) == len(terms.laboratories):
            raise NotFoundError
        return replace(terms, laboratories=left)

    _change(by, EventKind.LABORATORY_WITHDRAWN, number, remove)


def keep_date_order(*, by: Seat, order: DateOrder | None) -> None:
    """Remember in which order the pharmacy's files write day and month; None forgets it."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    with tenant_scope(by.pharmacy_id):
        if terms_here().date_order is order:
            return
    _change(by, EventKind.DATE_ORDER_SAID, order or "", lambda terms: replace(terms, date_order=order))


def keep_columns(*, by: Seat, columns: Mapping[str, str]) -> None:
    """Remember which of our columns the headings of the pharmacy's files stand for; "" forgets a heading."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    said = {plain_heading(heading)[:LONGEST_HEADING]: name for heading, name in columns.items()}
    if set(said.values()) - own_profile().known - {""}:
        raise refuse("columns", "unknown", _("Choose one of the columns of the list."))

    def add(terms: FileRules) -> FileRules:
        known = {heading: name for heading, name in {**terms.columns, **said}.items() if name}
        if len(known) > MOST_HEADINGS:
            raise refuse("columns", "too_many", _("There are 500 headings: forget some first."))
        return replace(terms, columns=known)

    with tenant_scope(by.pharmacy_id):
        terms = terms_here()
        if add(terms).columns == terms.columns:
            return
    _change(by, EventKind.COLUMNS_SAID, str(len(said)), add)


def remember_said(*, by: Seat, dates: DateOrder | None, columns: Mapping[str, str]) -> None:
    """Remember what was said of a file that proved readable, for those of which nothing is said."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    if dates is not None:
        keep_date_order(by=by, order=dates)
    if columns:
        keep_columns(by=by, columns=columns)


def forget_columns(*, by: Seat) -> None:
    """Forget what headings of the pharmacy's files mean."""
    check_right(by=by, right=Right.IMPORT_RESULTS)
    _change(by, EventKind.COLUMNS_SAID, "0", lambda terms: replace(terms, columns={}))


def _change(by: Seat, kind: EventKind, detail: str, changed: Callable[[FileRules], FileRules]) -> None:
    """Write the terms anew; ConflictError when somebody else changed them meanwhile."""
    with act(by=by, kind=kind, subject_kind="pharmacy", subject_id=by.pharmacy_id, detail=detail) as commit:
        row = FileTerms.objects.first()
        terms = changed(_terms(row))
        if row is None:
            row = FileTerms(pharmacy_id=by.pharmacy_id, id=by.pharmacy_id)
            row.seal(_held(terms))
            commit.insert(row)
            return
        commit.reseal(row, _held(terms), version=row.version + 1)


def _terms(row: FileTerms | None) -> FileRules:
    own = Pharmacy.objects.values_list("finess", flat=True).get(id=current_pharmacy())
    if row is None:
        return FileRules(own)
    held = row.unseal()
    laboratories = tuple(AllowedLaboratory(one["number"], one["name"]) for one in held["laboratories"])
    order = held["date_order"]
    return FileRules(own, laboratories, DateOrder(order) if order else None, held["columns"])


def _held(terms: FileRules) -> dict[str, Any]:
    laboratories = [{"number": one.number, "name": one.name} for one in terms.laboratories]
    return {"laboratories": laboratories, "date_order": terms.date_order or "", "columns": dict(terms.columns)}


def _checked_number(text: str) -> str:
    number = "".join(unicodedata.normalize("NFKC", typed_line("number", text, of="Laboratory")).upper().split())
    if is_clia(number):
        return number
    message = _("Write a CLIA number, for instance 01D1058442, or a FINESS number, whose last digit checks the others.")
    try:
        return check_finess(number)
    except InvalidError:
        raise refuse("number", "malformed", message) from None


def _checked_name(text: str) -> str:
    name = typed_line("name", text, of="Laboratory")
    if not name:
        raise refuse("name", "required", _("Give the laboratory's name: 120 characters at most."))
    return name
