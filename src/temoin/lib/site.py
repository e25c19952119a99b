"""The addresses people use; every room that writes one, or keeps demonstration data at home, is handed this value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Site:
    """The addresses people use; `demo` marks every page and keeps results away from any real authority."""

    demo: bool
    staff_url: str
    portal_url: str
    sandbox_url: str | None
