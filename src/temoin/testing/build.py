"""Builds the Report that a signature seals, from the record, the patient, the device and the signer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from temoin.catalogue.kinds import Kind, Target
from temoin.catalogue.kits import Kit, kit
from temoin.catalogue.measures import quantity_of
from temoin.catalogue.models import Lot
from temoin.catalogue.outcomes import specimen
from temoin.lib.clock import now
from temoin.lib.ids import new_id
from temoin.lib.zones import day_of, wall_clock
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.professions import PROFESSION_CODE
from temoin.pharmacies.seat import Seat
from temoin.testing.answers import AskedPerson, told_answers
from temoin.testing.conduct import conduct_of, decision_after
from temoin.testing.report import (
    Address,
    Conduct,
    Device,
    Doctor,
    Finding,
    IdentityStatus,
    Organisation,
    PatientIdentity,
    PerformingLaboratory,
    Prescriber,
    Professional,
    Report,
    ReportStatus,
    Sex,
)
from temoin.testing.sample import READ, Reading, Steps

FRENCH = "fr"  # documents are in French; screens translate from the codes


@dataclass(frozen=True)
class Opened:
    """A record with all that its signature needs, opened."""

    record_id: UUID
    state: str
    version: int
    patient_id: UUID
    sealed: dict[str, Any]
    kind: Kind
    traits: Traits
    lot: Lot | None
    pharmacy: Pharmacy

    @property
    def steps(self) -> Steps:
        """Return when the test was sampled and its kit started."""
        return steps_of(self.sealed)

    @property
    def kit(self) -> Kit | None:
        """Return the kit of the lot in stock, None for a file's device."""
        return kit(self.lot.kit) if self.lot is not None else None


def steps_of(sealed: dict[str, Any]) -> Steps:
    """Return when a record that was sampled was so, and when its kit was started."""
    started = sealed["started_at"]
    return Steps(
        sampled_at=datetime.fromisoformat(sealed["sampled_at"]),
        started_at=datetime.fromisoformat(started) if started else None,
    )


def first_report(
    opened: Opened,
    reading: Reading,
    by: Seat,
    *,
    prescriber: Prescriber | None = None,
    laboratory: PerformingLaboratory | None = None,
) -> Report:
    taken_on, zone, steps = specimen(opened.sealed["specimen"]), opened.pharmacy.zone, opened.steps
    return Report(
        record_id=str(opened.record_id),
        version=opened.version + 1,
        key=str(new_id()),
        kind=opened.kind.code,
        kind_display=opened.kind.label(FRENCH),
        chapter_loinc=opened.kind.chapter.loinc,
        chapter_display=opened.kind.chapter.label(FRENCH),
        specimen_snomed=taken_on.snomed,
        specimen_display=taken_on.label(FRENCH),
        sampled_at=wall_clock(steps.sampled_at, zone),
        read_at=wall_clock(reading.read_at, zone),
        started_at=wall_clock(steps.started_at, zone) if steps.started_at else None,
        typed_times=_typed_times(opened.sealed["typed_times"], reading),
        signed_at=wall_clock(now(), zone),
        patient=patient_identity(opened.patient_id, opened.traits),
        signer=signer(by),
        organisation=organisation(opened.pharmacy),
        device=_device(opened),
        findings=findings(opened.kind, reading),
        answers=told_answers(opened.sealed["answers"], opened.kind),
        conduct=_conduct(opened, reading),
        comment=reading.comment,
        doctor=doctor(opened.traits),
        prescriber=prescriber,
        order_number=opened.sealed["order_number"],
        laboratory=laboratory,
        consent_notice=opened.sealed["notice"],
        source=opened.sealed["source"],
        is_demo=opened.pharmacy.is_demo,
    )


def corrected_report(
    former: Report, reading: Reading, *, reason: str, opened: Opened, signed_by: Professional
) -> Report:
    """Build the next version of a result: same test, other reading, with the patient's traits of today."""
    zone = opened.pharmacy.zone
    return replace(
        former,
        version=former.version + 1,
        key=str(new_id()),
        replaces_key=former.key,
        status=ReportStatus.CORRECTED,
        reason=reason,
        read_at=wall_clock(reading.read_at, zone),
        typed_times=_typed_times(former.typed_times, reading),
        signed_at=wall_clock(now(), zone),
        patient=patient_identity(opened.patient_id, opened.traits),
        signer=signed_by,
        findings=findings(opened.kind, reading),
        conduct=_mended(former.conduct, _conduct(opened, reading)),
        comment=reading.comment,
        # Whoever holds the wrong result must get the right one, even if the patient has another doctor by now.
        doctor=former.doctor or doctor(opened.traits),
    )


def _conduct(opened: Opened, reading: Reading) -> Conduct | None:
    """Return what the act's logigram leads to, of the person as they were on the day of the sample."""
    if opened.lot is None:
        return None  # what a file brings was no act of the pharmacy
    person = AskedPerson(birth_date=opened.traits.birth_date, sex=opened.traits.sex)
    day = day_of(opened.steps.sampled_at, opened.pharmacy.zone)
    found = decision_after(opened.kind, person, opened.sealed["answers"], day, outcomes=reading.outcomes)
    return conduct_of(found, reading.medicine, person.age(day))


def _mended(former: Conduct | None, found: Conduct | None) -> Conduct | None:
    """Return what a correction tells: what was delivered with the former version was delivered all the same."""
    if former is None or found is None:
        return found or former
    if found.outcome == former.outcome and found.medicine in {"", former.medicine}:
        return former  # the catalogue's own words may have been mended since
    return found if found.medicine else replace(found, medicine=former.medicine, dose=former.dose)


def _typed_times(told: Iterable[str], reading: Reading) -> tuple[str, ...]:
    """Return which times a person typed: those of the record, and the one of this reading."""
    return (*(name for name in told if name != READ), *((READ,) if reading.is_typed else ()))


# What differs from version to version whatever is corrected.
_OF_EACH_VERSION = ("version", "key", "replaces_key", "status", "reason", "signed_at", "signer")


def says_more_than_the_address(former: Report, report: Report) -> bool:
    """Tell whether a corrected version differs in more than where the letter goes: an address corrects no result."""
    kept = {name: getattr(former, name) for name in _OF_EACH_VERSION}
    if _read_in(former) == _read_in(report):
        kept["findings"] = former.findings  # the catalogue's own words may have been mended since
    patient = replace(report.patient, email=former.patient.email)
    return replace(report, **kept, patient=patient) != former


def _read_in(report: Report) -> list[tuple[str, str]]:
    return [(finding.target, finding.read) for finding in report.findings]


def cancelled_report(former: Report, reason: str, *, opened: Opened, by: Seat) -> Report:
    """Build the version that declares a result void."""
    zone = opened.pharmacy.zone
    return replace(
        former,
        version=former.version + 1,
        key=str(new_id()),
        replaces_key=former.key,
        status=ReportStatus.CANCELLED,
        reason=reason,
        signed_at=wall_clock(now(), zone),
        signer=signer(by),
    )


def patient_identity(patient_id: UUID, traits: Traits) -> PatientIdentity:
    return PatientIdentity(
        patient_id=str(patient_id),
        birth_family_name=traits.birth_family_name,
        birth_given_names=traits.birth_given_names,
        first_birth_given_name=traits.first_birth_given_name,
        sex=Sex(traits.sex),
        birth_date=traits.birth_date,
        birth_place=traits.birth_place,
        used_family_name=traits.used_family_name,
        used_given_name=traits.used_given_name,
        nir=traits.nir,
        identity_status=IdentityStatus(traits.identity_status),
        phone=traits.phone,
        email=traits.email,
        address=_home(traits),
    )


def _home(traits: Traits) -> Address:
    home = Address(
        lines=(traits.street,) if traits.street else (),
        postcode=traits.postcode,
        city=traits.city,
        county=traits.county,
        state=traits.state,
        country=traits.country,
    )
    return home if home.is_known else Address()


def doctor(traits: Traits) -> Doctor | None:
    """Return the treating doctor, when the patient lets the result go there."""
    if not (traits.doctor_copy and traits.doctor_mailbox):
        return None
    return Doctor(
        family_name=traits.doctor_family_name,
        given_name=traits.doctor_given_name,
        rpps=traits.doctor_rpps,
        mailbox=traits.doctor_mailbox,
    )


def signer(by: Seat) -> Professional:
    code, display = PROFESSION_CODE[by.profession]
    return Professional(
        member_id=str(by.member_id),
        family_name=by.family_name,
        given_name=by.given_name,
        rpps=by.rpps,
        profession=code,
        profession_display=display,
    )


def organisation(pharmacy: Pharmacy) -> Organisation:
    return Organisation(
        pharmacy_id=str(pharmacy.id),
        name=pharmacy.name,
        finess=pharmacy.finess,
        phone=pharmacy.phone,
        address=Address(
            lines=(pharmacy.street,) if pharmacy.street else (),
            postcode=pharmacy.postcode,
            city=pharmacy.city,
        ),
    )


def findings(kind: Kind, reading: Reading) -> tuple[Finding, ...]:
    """Return one finding per target, in the kind's order, with the codes of the catalogue."""
    return tuple(_finding(target, reading.outcomes[target.code]) for target in kind.targets)


def _finding(target: Target, read: str) -> Finding:
    outcome, loinc = target.outcome_of(read), target.loinc_of(read)
    return Finding(
        target=target.code,
        display=target.label(FRENCH),
        loinc=loinc,
        loinc_display=target.display_of(loinc),
        icd10=target.icd10,
        outcome=outcome.code,
        snomed=outcome.snomed,
        snomed_display=target.words_of(read, FRENCH),
        quantity=quantity_of(read) if target.measure else None,
    )


def device_from_sealed(values: dict[str, Any]) -> Device:
    expiry = values.get("expiry")
    kept = {name: value for name, value in values.items() if name in Device.__dataclass_fields__}
    return Device(**{**kept, "expiry": date.fromisoformat(expiry) if expiry else None})


def _device(opened: Opened) -> Device:
    used = opened.kit
    if used is None or opened.lot is None:
        return device_from_sealed(opened.sealed["device"])
    return Device(
        manufacturer=used.manufacturer,
        reference=used.reference,
        name=used.name,
        udi=opened.lot.udi,
        lot=opened.lot.number,
        expiry=opened.lot.expiry,
    )
