"""The pause that a server asks for with the header Retry-After (RFC 9110 section 10.2.3): seconds, or a date."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

from temoin.lib.clock import now

LONGEST = 86_400.0  # seconds; a server that asks for more has made a mistake


def asked_pause(header: str) -> float | None:
    """Return the seconds asked for; None for a header that is neither."""
    if header.isascii() and header.isdigit():
        return min(float(header), LONGEST)
    try:
        until = parsedate_to_datetime(header)
    except (ValueError, OverflowError):  # the second for a year of many digits
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)  # "-0000" and the obsolete forms: RFC 9110 dates are in GMT
    return min(max(0.0, (until - now()).total_seconds()), LONGEST)
