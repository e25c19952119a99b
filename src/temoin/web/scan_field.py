"""The one scan field, the same on every page that has one. A scan fills a form and never sends it.

Enter, which scanners press, presses the field's own button: it asks for the page again with what was read in its
fields. What was scanned travels in the body of that request alone, and does not come back in the field.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import InvalidError, Problem
from temoin.scanning.reading import LONGEST, read_scan
from temoin.scanning.scan import Scan, ScanKind, ScanTrouble
from temoin.web.fields import Field
from temoin.web.scan_words import BELONGS, TROUBLES
from temoin.web.times import page_today
from temoin.web.wording import Words

SCAN = "scan"
READ = "read"  # in the address of the field's button: only read, record nothing

_SCAN = _("Scan")
# What stands beside the field that it is about.
_AT_FIELD = {
    ScanTrouble.NO_SEPARATOR: "number",
    ScanTrouble.CHECK_OR_LOT: "number",
    ScanTrouble.BIRTH_CENTURY: "birth_date",
    ScanTrouble.BIRTH_OPEN: "birth_date",
}


def scan_field(
    *, hint: Words, problems: Iterable[Problem] = (), autofocus: bool = False, label: Words = _SCAN
) -> Field:
    """Return the field, always empty: the next scan would be typed behind the last one."""
    found = [problem.message for problem in problems if problem.field == SCAN]
    keys = {"maxlength": str(LONGEST), "autocapitalize": "off", "spellcheck": "false", "data-scan": "yes"}
    return Field(
        name=SCAN,
        label=label,
        hint=hint,
        is_one_of=True,
        autofocus=autofocus,
        attributes=keys,
        problems=found,
    )


def asks_to_read(request: HttpRequest) -> bool:
    """Tell whether a form was sent to be filled by a scan: nothing of it is to be recorded."""
    return request.method == "POST" and (READ in request.GET or bool(_scanned(request).strip()))


def posted_scan(request: HttpRequest, wanted: Collection[ScanKind]) -> Scan | None:
    """Return what was scanned, None for an empty field; InvalidError for a damaged scan, or one of another page."""
    text = _scanned(request)
    if not text.strip():
        return None
    scan = read_scan(text, today=page_today())
    if scan.faults:
        raise InvalidError([Problem(SCAN, each.value, TROUBLES[each]) for each in scan.faults])
    if scan.kind not in wanted:
        raise InvalidError([Problem(SCAN, scan.kind.value, BELONGS[scan.kind])])
    return scan


def open_questions(scan: Scan) -> list[Problem]:
    """Return what a scan left open, each at the field where a person answers it."""
    asked = [each for each in scan.notices if each in _AT_FIELD]
    return [Problem(_AT_FIELD[each], each.value, TROUBLES[each]) for each in asked]


def scan_notices(scan: Scan) -> list[Words]:
    """Return what is told beside what was read."""
    return [TROUBLES[each] for each in scan.notices if each not in _AT_FIELD]


def _scanned(request: HttpRequest) -> str:
    return request.POST.get(SCAN, "")
