"""What is said of a file of results as a whole: how its dates are read, and what of it no result keeps."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from temoin.formats.csv.dates import ColumnOrder, DateOrder, OrderSource
from temoin.formats.csv.patients import ListOfPatients
from temoin.formats.csv.reading import FileOfResults
from temoin.formats.handed.opening import FHIR, HL7

_ORDERS = {
    DateOrder.DMY: gettext_noop("day/month"),
    DateOrder.MDY: gettext_noop("month/day"),
    DateOrder.ISO: gettext_noop("year-month-day"),
}
_KNOWN = {
    OrderSource.SHOWN: gettext_noop("Dates read as %(order)s, as the file shows: %(columns)s."),
    OrderSource.SAID: gettext_noop("Dates read as %(order)s, as was said: %(columns)s."),
    OrderSource.REMEMBERED: gettext_noop("Dates read as %(order)s, as is remembered for this pharmacy: %(columns)s."),
}
_READ_AS = {
    HL7: gettext_noop("Read as HL7 v2 messages: the row is the line of the file at which a result stands."),
    FHIR: gettext_noop("Read as FHIR R4: the row is the number of the result in the file."),
}


def notes_of(file: FileOfResults | ListOfPatients) -> list[str]:
    """Return the sentences, in the language in force."""
    notes = [_(_READ_AS[file.profile])] if file.profile in _READ_AS else []
    notes += _dates(file)
    if file.not_kept:
        notes.append(_("Not kept: %(columns)s.") % {"columns": ", ".join(file.not_kept)})
    if file.unread:
        notes.append(_("Not read: %(columns)s.") % {"columns": ", ".join(file.unread)})
    return notes


def _dates(file: FileOfResults | ListOfPatients) -> Iterator[str]:
    """Say in which order the dates of each column are read, and how that is known."""
    alike: dict[tuple[OrderSource, DateOrder], list[str]] = {}
    for one in file.dates:
        alike.setdefault((one.source, one.order), []).append(_column(one))
    for (source, order), columns in alike.items():
        yield _(_KNOWN[source]) % {"order": _(_ORDERS[order]), "columns": ", ".join(columns)}


def _column(one: ColumnOrder) -> str:
    return _("%(column)s (row %(row)d)") % {"column": one.column, "row": one.row} if one.row else one.column
