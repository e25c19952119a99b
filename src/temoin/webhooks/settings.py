"""The section [webhooks]: which hosts may be told although they are not public, and whose certificates are believed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from temoin.lib.handed import Handed
from temoin.lib.section import Place, Text, fitting, section

CONNECTIONS = 64  # of one round of notices


@section
class WebhookSettings:
    """What the operator allows besides public addresses."""

    # host:port, as in "practice.internal:8443": such a name may lead to an address inside.
    allowed_hosts: tuple[Annotated[Text, fitting(lambda text: _is_host(text), "must be host:port")], ...] = ()
    authorities_file: Place | None = None  # certificates believed instead of the machine's


def _is_host(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(host and colon and port.isascii() and port.isdigit() and text == text.lower() and "/" not in host)


@dataclass(frozen=True)
class Outside:
    """Where notices may go from this installation."""

    allowed_hosts: frozenset[str] = frozenset()
    only_allowed: bool = False  # a demonstration leaves no machine
    authorities: Path | None = None


OUTSIDE: Handed[Outside] = Handed("where webhooks may lead")
