"""A row of results as typed, neutral values, with no trace of how the file wrote them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum

from temoin.catalogue.kits import KitMatch
from temoin.lib.names import plain_name
from temoin.testing.report import Address, Sex

_CLIA = re.compile(r"[A-Za-z0-9]{2}[Dd][A-Za-z0-9]{7}")


class RowStatus(StrEnum):
    """What the sender calls the result."""

    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


class EntryAnswer(StrEnum):
    """An answer to a question asked on entry."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellMoment:
    """An instant with its zone; `has_time` is False when the file gave the day only, kept as noon there."""

    at: datetime
    has_time: bool

    def key(self) -> str:
        """Return the same text for the same moment however it was written, whenever the file is read."""
        return self.at.astimezone(UTC).isoformat() if self.has_time else self.at.date().isoformat()


# No repr on what holds traits: a row must not reach a log or a traceback by being formatted (law 7).
@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PatientTraits:
    """The person tested. Race, ethnicity and gender identity are never read: nothing here needs them."""

    local_id: str
    family_name: str
    given_name: str
    middle_name: str
    birth_date: date
    sex: Sex
    phone: str  # E.164
    email: str
    language: str  # ISO 639-1, or 639-2 where there is none; "" when not known
    address: Address
    address_note: str  # "unknown" or "homeless" when the file says so instead of a street


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Laboratory:
    """Who made the test."""

    number: str  # CLIA, or FINESS in France
    name: str
    phone: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Provider:
    """Who ordered the test."""

    number: str
    family_name: str
    given_name: str
    middle_name: str
    phone: str
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Answers:
    """What was asked on entry; None where nothing was answered."""

    pregnant: EntryAnswer | None
    symptomatic: EntryAnswer | None
    symptoms_since: date | None
    employed_in_healthcare: EntryAnswer | None
    in_congregate_setting: EntryAnswer | None
    residence_snomed: str
    hospitalised: EntryAnswer | None
    in_intensive_care: EntryAnswer | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ResultRow:
    """One result of a file: one finding, of one target, for one person."""

    row: int  # as a spreadsheet counts: the header is row 1
    accession: str  # the sender's number of this result; "" is accepted, since real files leave it empty
    patient: PatientTraits
    laboratory: Laboratory
    provider: Provider
    device: KitMatch
    specimen: str  # our code
    outcome: str  # our code
    ordered: CellMoment
    collected: CellMoment
    received: CellMoment | None
    tested: CellMoment
    released: CellMoment
    status: RowStatus
    comment: str
    answers: Answers
    written: Mapping[str, str] = field(default_factory=dict)  # how the file names its columns, where it is not as we do
    order_number: str = ""  # that of the order, where a message tells it

    def natural_key(self) -> tuple[str, ...]:
        """Return what makes this result itself: equal keys are one result sent twice, its correction or its end.

        With the sender's own number that is laboratory, number and test: whatever else changes is content, the person
        too, since a correction may mend a name. Real files leave the number empty; the person, the times and the
        device stand for it then. All is folded, so that another accent, case or space makes no second result.
        The key is made of traits: whoever stores it must hash it with the pharmacy's key (law 4).
        """
        # Each target has several codes: the one that is reported stands for all.
        laboratory, test = plain_number(self.laboratory.number), self.device.target.loinc
        if self.accession:
            return (laboratory, plain_accession(self.accession), test)
        return (
            laboratory,
            plain_name(self.patient.family_name),
            plain_name(self.patient.given_name),
            self.patient.birth_date.isoformat(),
            test,
            self.ordered.key(),
            self.collected.key(),
            self.device.device_name.casefold(),
            self.tested.key(),
        )


_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"), "-")


def is_clia(number: str) -> bool:
    """Tell whether this has the shape of a CLIA number: that of a laboratory of the United States."""
    return _CLIA.fullmatch(number) is not None


def plain_number(number: str) -> str:
    """Return a number as it is compared: case, width and spaces do not count."""
    return "".join(unicodedata.normalize("NFKC", number).casefold().translate(_DASHES).split())


def plain_accession(number: str) -> str:
    """Return a sender's number as it is compared: a spreadsheet leaves its first zeros out."""
    plain = plain_number(number)
    return plain.lstrip("0") or "0" if plain.isdecimal() else plain
