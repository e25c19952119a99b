"""A receiver of files over SFTP, as the operator described it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from temoin.transmission.rules.rule_set import RuleSet


@dataclass(frozen=True, kw_only=True)
class DropBox:
    """Where it is, by what each side knows the other, and where files and their acknowledgements lie."""

    host: str
    port: int
    user: str
    key: Path  # our private key
    host_keys: Path  # the receiver's public keys, one on each line: no other is ever trusted
    folder: str
    acknowledgements: str
    enabled: bool
    rules: RuleSet
    daily_at: int | None = None  # hour of the pharmacy; None: each result goes at once
