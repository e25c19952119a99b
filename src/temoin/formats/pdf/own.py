"""The page in the patient's own language, which stands before the French one: the words of the letter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Facts = Sequence[tuple[str, str]]  # each under its name


@dataclass(frozen=True, kw_only=True)
class OwnPage:
    """What stands where on it; nothing of it is in French."""

    lang: str
    is_right_to_left: bool
    title: str
    place: str
    address: str
    patient: str
    patient_lines: list[str]
    notices: list[str]
    results: Facts
    remarks: list[str]
    facts_title: str
    facts: Facts
    advice_title: str
    advice: Sequence[Facts]
    warning: str
