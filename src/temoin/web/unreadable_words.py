"""Rows that do not open, in words: what each is, and the number that whoever mends it needs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from temoin.lib.unreadable import unreadable_met
from temoin.web.wording import Words

_WHAT: dict[str, Words] = {
    "testing_record": _("Test"),
    "testing_record_version": _("Result"),
    "patients_patient": _("Patient"),
    "pharmacies_member": _("Person"),
    "pharmacies_invitation": _("Invitation"),
    "pharmacies_program": _("Program"),
    "pharmacies_register_check": _("Number in the register"),
    "outbox_attempt": _("Try of a sending"),
    "outbox_sides": _("Answer to a sending"),
}


@dataclass(frozen=True)
class UnreadableLine:
    """A row as the page names it."""

    what: Words
    number: UUID


def unreadable_lines() -> list[UnreadableLine]:
    """Return what the lists of this page could not open."""
    return [UnreadableLine(what_of(row.table), row.row_id) for row in unreadable_met()]


def what_of(table: str) -> Words:
    """Return what a row of a table is."""
    return _WHAT.get(table, _("Sealed value"))
