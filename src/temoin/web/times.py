"""Times as people type them: local, to the minute, without a zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from temoin.catalogue.kits import load_kits
from temoin.lib import days
from temoin.lib.clock import now
from temoin.lib.errors import refuse
from temoin.patients.traits import NO_DAY, SHORT_YEAR

FORMAT = "%Y-%m-%dT%H:%M"
_EARLIEST, _LATEST = 1900, 9000  # beyond them, arithmetic of dates overflows


def local_minute(instant: datetime) -> str:
    """Return an instant as a field of the page holds it."""
    return timezone.localtime(instant).strftime(FORMAT)


def read_local_time(text: str, field: str) -> datetime:
    """Read a typed local time; InvalidError names the field.

    In the hour that autumn repeats, the later reading is meant unless it is still to come.
    """
    typed: datetime | None
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        typed = None
    if typed is None or "T" not in text or not _EARLIEST <= typed.year <= _LATEST:
        raise refuse(field, "malformed", _("Enter a date and a time, for instance 23/11/2026 14:32."))
    if typed.tzinfo is not None:
        return typed
    zone = timezone.get_default_timezone()
    later = typed.replace(tzinfo=zone, fold=1)
    return later if later <= now() else typed.replace(tzinfo=zone)


def read_day(text: str) -> date | None:
    """Read the day of a date field, from its picker or typed; None when it is not one."""
    try:
        day = days.read_day(text)
    except ValueError:
        return None
    return day if _EARLIEST <= day.year <= _LATEST else None


def read_typed_day(text: str, field: str) -> date:
    """Read a typed day; InvalidError says how to write it."""
    try:
        return days.read_day(text)
    except days.ShortYearError:
        raise refuse(field, "short_year", SHORT_YEAR) from None
    except ValueError:
        raise refuse(field, "malformed", NO_DAY) from None


def reading_window(kit_code: str, sampled_at: datetime) -> tuple[datetime, datetime | None]:
    """Return from when and until when a kit is read; no end for an instrument that keeps its result."""
    kit = load_kits().kits[kit_code]
    opens = sampled_at + timedelta(minutes=kit.read_after_minutes)
    if kit.read_before_minutes is None:
        return opens, None
    return opens, sampled_at + timedelta(minutes=kit.read_before_minutes)
