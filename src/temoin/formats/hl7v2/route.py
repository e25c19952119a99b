"""Who a message goes to, and how that receiver wants it written."""

from __future__ import annotations

from dataclasses import dataclass

from temoin.formats.hl7v2.separators import DEFAULT, Separators

Authority = tuple[str, ...]  # HD: namespace, universal id, its type


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """MSH-5 and MSH-6 as the receiver gave them, its separators, and the version of the program that writes."""

    application: Authority = ()
    facility: Authority = ()
    separators: Separators = DEFAULT
    software: str = "0"
