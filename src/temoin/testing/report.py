"""The Report: one signed version of a test, frozen, as every format and courier reads it.

No Django here: `formats` imports this module and nothing else of the room. The Report holds everything that was
true at signing (traits, signer, device), so that a later change of a patient's address or of a kit's name never
alters what was signed. Its JSON form is what the record version seals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from temoin.lib.quantity import Quantity

_CLIA_LETTERS = 10


COUNTER = "counter"  # the source of a result that was made here


class Sex(StrEnum):
    """Administrative sex, the three values of the INS trait (RNIV)."""

    FEMALE = "F"
    MALE = "M"
    UNKNOWN = "U"


class IdentityStatus(StrEnum):
    """Trust in the identity, four exclusive values (RNIV 1 v2.0, EXI SI 07)."""

    PROVISIONAL = "PROV"
    VALIDATED = "VALI"
    RETRIEVED = "RECUP"
    QUALIFIED = "QUAL"


class PatientForm(StrEnum):
    """How much of the person a Report tells: what is signed is named, a courier's copy may tell less."""

    NAMED = "named"
    PSEUDONYMOUS = "pseudonymous"  # a number in the place of the name; sex, year of birth, postcode
    ANONYMOUS = "anonymous"  # sex, age band, département


class ReportStatus(StrEnum):
    """Where this version stands in the life of the result."""

    FINAL = "final"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; `country` is ISO 3166-1 alpha-3."""

    lines: tuple[str, ...] = ()
    postcode: str = ""
    city: str = ""
    county: str = ""
    state: str = ""
    country: str = "FRA"  # "" when no country is known

    @property
    def is_known(self) -> bool:
        """Tell whether anything is known: a country that nobody chose, alone, is nothing."""
        return self not in {Address(), Address(country="")}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientIdentity:
    """Identity traits and contact of the patient, as known at signing (INS traits: RNIV; domain names in French).

    In a copy that is not named, names, numbers and contact are "" and `birth_date` is the first day of the year of
    birth (pseudonymous) or `date.min` (anonymous): a writer that knew of no form would still tell nothing more.
    """

    patient_id: str  # UUID of the patient record in this pharmacy (local identifier, type PI), or what stands for it
    birth_family_name: str  # nom de naissance
    birth_given_names: str  # prénom(s) de naissance, in the order of the civil status, separated by spaces
    first_birth_given_name: str  # premier prénom de naissance
    sex: Sex
    birth_date: date
    birth_place: str = ""  # INSEE code of the commune, or 99xxx for a country; "" when unknown
    used_family_name: str = ""
    used_given_name: str = ""
    nir: str = ""  # 15 characters, matricule INS-NIR; "" when unknown
    identity_status: IdentityStatus = IdentityStatus.PROVISIONAL
    phone: str = ""  # E.164
    email: str = ""
    address: Address = field(default_factory=Address)
    form: PatientForm = PatientForm.NAMED
    age_band: str = ""  # of an anonymous copy: ten years such as "40-49", or "90+"

    @property
    def carries_matricule(self) -> bool:
        """Tell whether the matricule may travel: with a qualified identity only, and beside all five traits (RNIV).

        Signing knows four of the five of everybody; the place of birth may be unknown.
        """
        return bool(self.nir and self.birth_place) and self.identity_status is IdentityStatus.QUALIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Professional:
    """The person who signed."""

    member_id: str  # UUID of the member in the pharmacy
    family_name: str
    given_name: str
    rpps: str = ""  # 11 digits; "" for a profession outside the register
    profession: str = ""  # code of TRE_G15/G16, for instance "G15_21/A"
    profession_display: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """The treating doctor, whom the patient lets have the result."""

    family_name: str
    given_name: str = ""
    rpps: str = ""  # 11 digits; "" when unknown
    mailbox: str  # address in the secure health messaging


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescriber:
    """Who ordered the test, where somebody did."""

    family_name: str
    given_name: str = ""
    number: str = ""  # as the sender writes it
    is_rpps: bool = False  # its register is the French one; another's is not told
    phone: str = ""  # E.164
    address: Address = field(default_factory=Address)

    @property
    def rpps(self) -> str:
        """Return the number where it is of the French register."""
        return self.number if self.is_rpps else ""

    @property
    def number_said(self) -> str:
        return f"RPPS {self.number}" if self.is_rpps else self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformingLaboratory:
    """The laboratory that made the test, where it is not the pharmacy; whoever signs has read what it found."""

    name: str
    number: str  # FINESS, or the CLIA number of one in the United States
    phone: str = ""  # E.164
    address: Address = field(default_factory=Address)

    @property
    def finess(self) -> str:
        """Return the number where it is a French one."""
        return "" if self.clia else self.number

    @property
    def clia(self) -> str:
        """Return the number where it is an American one, which is longer by a letter."""
        return self.number if len(self.number) == _CLIA_LETTERS else ""

    @property
    def number_said(self) -> str:
        return f"{'CLIA' if self.clia else 'FINESS'} {self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    pharmacy_id: str  # UUID
    name: str
    finess: str  # 9 characters, FINESS ET
    phone: str = ""
    address: Address = field(default_factory=Address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The kit used: UDI when scanned, and always maker + reference; lot unless the source did not tell (files)."""

    manufacturer: str
    reference: str
    name: str
    udi: str = ""
    lot: str = ""
    expiry: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was read for one target of the test."""

    target: str  # our code of the target, for instance "sars-cov-2"
    display: str  # French label of the target
    loinc: str
    loinc_display: str
    icd10: str = ""
    outcome: str  # our closed code: positive | negative | indeterminate | unsatisfactory | measured
    snomed: str  # SNOMED CT code of the outcome; "" where a quantity was measured
    snomed_display: str  # its French label on screen and in documents, or the quantity in French
    quantity: Quantity | None = None  # what was measured: the outcome says that alone

    @property
    def read(self) -> str:
        """Return what a reading has of it: the outcome's code, or the quantity with its unit."""
        return self.quantity.text if self.quantity else self.outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenAnswer:
    """What was answered to one question; a question that was not asked has none."""

    question: str  # our code of the question, for instance "symptoms"
    display: str  # its French words
    loinc: str = ""  # "" where it has a code of ours alone
    loinc_display: str = ""
    value: str  # our code of the answer, or a day (ISO 8601)
    value_display: str  # its French words
    value_system: str = ""  # the table that the code is from: yes-no, null-flavour, snomed; "" for a day
    value_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What the logigram of the act led to, and the medicine delivered, where one was."""

    outcome: str  # our code, for instance "antibiotic"
    display: str  # its French words
    reason: str  # French: why
    source: str  # the text that says so
    medicine: str = ""  # French name
    dose: str = ""  # with its duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One signed version of a test record."""

    record_id: str  # UUID, the same for every version of the result
    version: int  # 1 for the first signature
    key: str  # idempotency key of this version at the authority, fixed at signing (UUID as text)
    replaces_key: str = ""  # key of the version this one amends
    status: ReportStatus = ReportStatus.FINAL
    reason: str = ""  # why it was corrected or cancelled, free text, sealed with the rest

    kind: str  # our code of the kind of test, for instance "covid19-ag"
    kind_display: str  # French title, for instance "TROD antigénique COVID-19"
    chapter_loinc: str = "18725-2"  # CR-BIO chapter: microbiology, or 18719-5 chemistry for urine
    chapter_display: str = "Microbiologie"
    specimen_snomed: str
    specimen_display: str

    # Each as the clock of the pharmacy showed it, with its offset: its day is the pharmacy's day.
    sampled_at: datetime
    read_at: datetime
    signed_at: datetime
    started_at: datetime | None = None  # the sample was put on the kit, where that was told apart from sampling
    typed_times: tuple[str, ...] = ()  # which of these times a person typed, as opposed to *Now*

    patient: PatientIdentity
    signer: Professional
    organisation: Organisation
    device: Device
    findings: tuple[Finding, ...]
    answers: tuple[GivenAnswer, ...] = ()
    conduct: Conduct | None = None
    comment: str = ""
    doctor: Doctor | None = None
    prescriber: Prescriber | None = None
    order_number: str = ""  # by which whoever ordered the test by message knows the order
    laboratory: PerformingLaboratory | None = None  # None: the pharmacy made the test
    consent_notice: str = ""  # version of the information notice the patient agreed to (GEN-366)
    source: str = COUNTER  # counter | csv: where the result came from
    is_demo: bool = False

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Report:
        """Rebuild a Report after a trip through JSON (orjson writes dataclasses as they are).

        What a later release may have added, at any depth, is not ours to read.
        """
        known = _known(Report, values)
        for name in ("sampled_at", "read_at", "signed_at"):
            known[name] = _datetime(known[name])
        known["started_at"] = _optional_datetime(known.get("started_at"))
        known["typed_times"] = tuple(known.get("typed_times", ()))  # versions signed before they existed have none
        known["status"] = ReportStatus(known["status"])
        known["patient"] = _patient(known["patient"])
        known["signer"] = Professional(**_known(Professional, known["signer"]))
        device = _known(Device, known["device"])
        known["organisation"] = _placed(Organisation, known["organisation"])
        known["device"] = Device(**{**device, "expiry": _date(device["expiry"])})
        known["doctor"] = Doctor(**_known(Doctor, known["doctor"])) if known.get("doctor") else None
        known["prescriber"] = _placed(Prescriber, known.get("prescriber"))
        known["laboratory"] = _placed(PerformingLaboratory, known.get("laboratory"))
        # versions signed before these existed have neither
        known["answers"] = tuple(GivenAnswer(**_known(GivenAnswer, answer)) for answer in known.get("answers", ()))
        known["conduct"] = Conduct(**_known(Conduct, known["conduct"])) if known.get("conduct") else None
        known["findings"] = tuple(_finding(finding) for finding in known["findings"])
        return Report(**known)


def _known(kind: Any, values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in kind.__dataclass_fields__}


def _placed(kind: Any, values: dict[str, Any] | None) -> Any:
    """Return somebody who has an address, or nobody."""
    return kind(**{**_known(kind, values), "address": _address(values["address"])}) if values else None


def _finding(values: dict[str, Any]) -> Finding:
    known = _known(Finding, values)
    measured = known.get("quantity")  # versions signed before there were any have none
    return Finding(**{**known, "quantity": Quantity(**_known(Quantity, measured)) if measured else None})


def _datetime(value: str | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def _optional_datetime(value: str | datetime | None) -> datetime | None:
    return None if value is None else _datetime(value)


def _date(value: str | date | None) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _address(values: dict[str, Any]) -> Address:
    return Address(**{**_known(Address, values), "lines": tuple(values["lines"])})


def _patient(values: dict[str, Any]) -> PatientIdentity:
    birth_date = _date(values["birth_date"])
    if birth_date is None:
        raise ValueError("a Report needs the patient's birth date")
    return PatientIdentity(
        **{
            **_known(PatientIdentity, values),
            "sex": Sex(values["sex"]),
            "identity_status": IdentityStatus(values["identity_status"]),
            "form": PatientForm(values.get("form", PatientForm.NAMED)),  # versions signed before it existed are named
            "birth_date": birth_date,
            "address": _address(values["address"]),
        }
    )
