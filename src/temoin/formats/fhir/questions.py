"""What we ask of a FHIR server, written once: couriers ask it, the trial tries it, the documentation prints it.

Whole documents are asked for: `_elements` would empty the page itself at HAPI, since a page is a Bundle too.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote, urlencode

from temoin.formats.fhir.codes import MEDIA_TYPE, REPORT_KEY_SYSTEM

PAGE: Final = 200  # documents
# HAPI gives the answer of a minute ago to the same question, unless told otherwise.
ASKING: Final = {"Accept": MEDIA_TYPE, "Cache-Control": "no-cache"}

Question = Sequence[tuple[str, str]]


def creating(key: str) -> dict[str, str]:
    """Return the headers of a conditional create (FHIR R4 http.html#ccreate): a resend cannot make a second copy."""
    return {
        "Content-Type": MEDIA_TYPE,
        "Accept": MEDIA_TYPE,
        "If-None-Exist": f"identifier={REPORT_KEY_SYSTEM}|{key}",
        "Prefer": "return=representation",  # the answer must prove which document was taken
    }


def by_keys(keys: Sequence[str]) -> Question:
    return [("identifier", ",".join(f"{REPORT_KEY_SYSTEM}|{key}" for key in keys))]


def received_between(since: datetime, until: datetime) -> Question:
    """Ask for what was received in a stretch of time."""
    return [("_lastUpdated", f"ge{instant(since)}"), ("_lastUpdated", f"lt{instant(until)}")]


def paged(question: Question, count: int = PAGE) -> str:
    """Return the question in the order in which a server can be read to the end, page by page."""
    return urlencode([*question, ("_sort", "_lastUpdated"), ("_count", str(count))])


def holdings_shown(count: int = PAGE) -> str:
    """Return the question of a stretch of time as the documentation prints it."""
    return f"GET Bundle?{unquote(paged([('_lastUpdated', 'ge…'), ('_lastUpdated', 'lt…')], count))}"


def instant(moment: datetime) -> str:
    """Write a moment as FHIR searches take it, in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
