"""What tells that the database is away: everybody's trouble, never one parcel's or one item's."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

DATABASE_AWAY = (OperationalError, InterfaceError)
