"""Which officers there are, for the operator."""

from __future__ import annotations

from temoin.officers.models import Officer


def list_officers() -> list[Officer]:
    """Return all that were ever invited, the latest last."""
    return list(Officer.objects.order_by("invited_at", "id"))
