"""From an ELR message that `report_message` wrote back to the Report.

Everything travels, so the Report read is equal to the one written, with two exceptions: the NIR of an identity that
is not qualified may not leave the pharmacy and reads as "", and times keep four decimals of a second.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from temoin.formats.hl7v2 import codes
from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.fitting import restored
from temoin.formats.hl7v2.syntax import Message, Segment, read_message
from temoin.formats.measured import UnmeasuredError, check_measured, told_quantity
from temoin.lib.quantity import Quantity
from temoin.testing.report import (
    Address,
    Device,
    Finding,
    GivenAnswer,
    IdentityStatus,
    Organisation,
    PatientForm,
    PatientIdentity,
    PerformingLaboratory,
    Prescriber,
    Professional,
    Report,
    ReportStatus,
    Sex,
)

_STATUS = {code: status for status, code in codes.STATUS.items()}


def read_report(data: bytes) -> Report:
    """Return the Report that a message of ours carries; anything else raises `Hl7Error`."""
    message = restored(read_message(data))
    order, request = message.one("ORC"), message.one("OBR")
    told, specimen, own = message.named("OBX"), message.one("SPM"), message.one("ZTM")
    observations = [each for each in told if each.text(29) != codes.ASKED]
    if not observations:
        raise Hl7Error("OBX", "is missing")
    return Report(
        record_id=request.required(3),
        version=_version(own),
        key=message.header.required(10),
        replaces_key=own.text(2),
        status=_status(request),
        reason=_note(message, codes.REASON[0]),
        kind=request.required(4, 4),
        kind_display=request.text(4, 5),
        chapter_loinc=request.required(4),
        chapter_display=request.text(4, 2),
        specimen_snomed=specimen.required(4),
        specimen_display=specimen.text(4, 2),
        sampled_at=_moment(request, 7),
        read_at=_moment(observations[0], 19),
        signed_at=_moment(request, 22),
        patient=_person(message.one("PID"), own),
        signer=_signer(observations[0], own),
        organisation=_organisation(order),
        device=_device(observations[0], own),
        findings=tuple(_finding(each, request, n) for n, each in enumerate(observations, start=1)),
        answers=tuple(_answer(each) for each in told if each.text(29) == codes.ASKED),
        comment=_note(message, codes.COMMENT[0]),
        prescriber=_prescriber(order),
        order_number=order.text(2),
        laboratory=_laboratory(observations[0], own),
        consent_notice=own.text(4),
        source=own.text(3),
        is_demo=message.header.text(11) == "T",
    )


def _version(own: Segment) -> int:
    told = own.required(1)
    if not (told.isascii() and told.isdecimal()):
        raise Hl7Error(own.place(1), "is not a number")
    return int(told)


def _status(request: Segment) -> ReportStatus:
    status = _STATUS.get(request.text(25))
    if status is None:
        raise Hl7Error(request.place(25), "is not F, C or X")
    return status


def _moment(segment: Segment, field: int) -> datetime:
    found = segment.time(field)
    if found is None or found.tzinfo is None:
        raise Hl7Error(segment.place(field), "must be a time with its zone")
    return found


def _day(segment: Segment, field: int, component: int = 1) -> date | None:
    found = segment.time(field, component)
    return None if found is None else found.date()


def _note(message: Message, kind: str) -> str:
    return next((each.text(3) for each in message.named("NTE") if each.text(4) == kind), "")


def _finding(observation: Segment, request: Segment, number: int) -> Finding:
    measured = _quantity(observation)
    value = told_quantity(measured) if measured else _outcome(observation)
    finding = Finding(
        target=observation.required(3, 4),
        display=observation.text(3, 5),
        loinc=observation.required(3),
        loinc_display=observation.text(3, 2),
        icd10=request.text(31, repetition=number),
        quantity=measured,
        **value,
    )
    try:
        return check_measured(request.required(4, 4), finding)
    except UnmeasuredError as error:
        raise Hl7Error(observation.place(5), str(error)) from None


def _outcome(observation: Segment) -> dict[str, str]:
    code, words = observation.required(5), observation.text(5, 2)
    return {"outcome": observation.required(5, 4), "snomed": code, "snomed_display": words}


def _quantity(observation: Segment) -> Quantity | None:
    """Return the number, alone or beyond it, with its unit; None for an observation that tells a code."""
    if observation.text(2) not in {"NM", "SN"}:
        return None
    is_beyond = observation.text(2) == "SN"
    comparator, value = observation.text(5) if is_beyond else "", observation.text(5, 2 if is_beyond else 1)
    if observation.text(6, 3) != codes.UCUM or (is_beyond and not comparator):
        raise Hl7Error(observation.place(6), "is not a unit of UCUM")
    try:
        return Quantity(comparator=comparator, value=value, unit=observation.text(6))
    except ValueError:
        raise Hl7Error(observation.place(5), "is not a quantity") from None


def _answer(told: Segment) -> GivenAnswer:
    has_loinc = told.text(3, 3) == "LN"
    own = 4 if has_loinc else 1
    return GivenAnswer(
        question=told.required(3, own),
        display=told.text(3, own + 1),
        loinc=told.text(3) if has_loinc else "",
        loinc_display=told.text(3, 2) if has_loinc else "",
        **_value(told),
    )


def _value(told: Segment) -> dict[str, str]:
    if told.text(2) == "DT":
        day = _day(told, 5)
        if day is None:
            raise Hl7Error(told.place(5), "is not a day")
        return {"value": day.isoformat(), "value_display": f"{day:%d/%m/%Y}"}
    systems = {name: system for system, name in codes.ANSWER_TABLES.items()}
    if told.text(5, 3) not in systems:
        raise Hl7Error(told.place(5), "is of no table of answers")
    value = {"value": told.required(5, 4), "value_display": told.text(5, 5)}
    return {**value, "value_system": systems[told.text(5, 3)], "value_code": told.text(5)}


def _person(segment: Segment, own: Segment) -> PatientIdentity:
    try:
        form = PatientForm(own.text(7) or PatientForm.NAMED)
    except ValueError:
        raise Hl7Error(own.place(7), "is not pseudonymous or anonymous") from None
    return _patient(segment) if form is PatientForm.NAMED else _masked(segment, own, form)


def _masked(segment: Segment, own: Segment, form: PatientForm) -> PatientIdentity:
    year = segment.text(7)
    if form is PatientForm.PSEUDONYMOUS and re.fullmatch("[1-9][0-9]{3}", year) is None:
        raise Hl7Error(segment.place(7), "is not a year")
    return PatientIdentity(
        patient_id=segment.text(3),
        birth_family_name="",
        birth_given_names="",
        first_birth_given_name="",
        sex=_sex(segment),
        birth_date=date(int(year), 1, 1) if form is PatientForm.PSEUDONYMOUS else date.min,
        address=_address(segment, 11),
        form=form,
        age_band=own.text(8),
    )


def _patient(segment: Segment) -> PatientIdentity:
    birth_date = _day(segment, 7)
    if birth_date is None:
        raise Hl7Error(segment.place(7), "is missing")
    birth, used = _repetition(segment, 5, 7, "L"), _repetition(segment, 5, 7, "D")
    number, phone = _repetition(segment, 3, 5, "INS"), _repetition(segment, 13, 2, "PRN")
    local, born = _repetition(segment, 3, 5, "PI"), _repetition(segment, 11, 7, "BDL")
    return PatientIdentity(
        patient_id=segment.text(3, repetition=local),
        birth_family_name=segment.text(5, repetition=birth),
        birth_given_names=segment.text(5, 3, repetition=birth),
        first_birth_given_name=segment.text(5, 2, repetition=birth),
        sex=_sex(segment),
        birth_date=birth_date,
        birth_place=segment.text(11, 9, repetition=born),
        used_family_name=segment.text(5, repetition=used),
        used_given_name=segment.text(5, 2, repetition=used),
        nir=segment.text(3, repetition=number),
        identity_status=_trust(segment),
        phone=segment.text(13, repetition=phone),
        email=segment.text(13, 4, repetition=_repetition(segment, 13, 2, "NET")),
        address=_address(segment, 11),
    )


def _sex(segment: Segment) -> Sex:
    try:
        return Sex(segment.text(8))
    except ValueError:
        raise Hl7Error(segment.place(8), "is not F, M or U") from None


def _trust(segment: Segment) -> IdentityStatus:
    try:
        return IdentityStatus(segment.text(32))
    except ValueError:
        raise Hl7Error(segment.place(32), "is not PROV, VALI, RECUP or QUAL") from None


def _repetition(segment: Segment, field: int, component: int, kind: str) -> int:
    """Return the number of the repetition of a kind; one beyond the last when there is none."""
    numbers = range(1, len(segment.repetitions(field)) + 1)
    found = (n for n in numbers if segment.text(field, component, repetition=n) == kind)
    return next(found, len(numbers) + 1)


def _address(segment: Segment, field: int) -> Address:
    values = [segment.text(field, component) for component in range(1, 10)]
    first, others, city, state, postcode, country, _, _, county = values
    if not any((first, others, city, state, postcode, country, county)):
        return Address()
    lines = (first, *others.split("\n")) if others else (first,) if first else ()
    return Address(lines=lines, postcode=postcode, city=city, county=county, state=state, country=country)


def _signer(observation: Segment, own: Segment) -> Professional:
    national = _repetition(observation, 16, 13, "RPPS")
    local = _repetition(observation, 16, 13, "EI")
    return Professional(
        member_id=observation.text(16, repetition=local),
        family_name=observation.text(16, 2, repetition=local),
        given_name=observation.text(16, 3, repetition=local),
        rpps=observation.text(16, repetition=national)[1:],
        profession=own.text(5),
        profession_display=own.text(5, 2),
    )


def _prescriber(order: Segment) -> Prescriber | None:
    """Return who ordered the test, unless that is the signer: a number of ours says so."""
    if _repetition(order, 12, 13, "EI") <= len(order.repetitions(12)):
        return None
    is_rpps = order.text(12, 13) == "RPPS"
    return Prescriber(
        family_name=order.text(12, 2),
        given_name=order.text(12, 3),
        number=order.text(12)[1:] if is_rpps else order.text(12),
        is_rpps=is_rpps,
        phone=order.text(14),
        address=_address(order, 24),
    )


def _laboratory(observation: Segment, own: Segment) -> PerformingLaboratory | None:
    """Return who made the test, unless that is the pharmacy, whose signer directs it (OBX-25)."""
    if observation.text(25) or observation.text(25, 2):
        return None
    is_french = observation.text(23, 7) == "FINEG"
    return PerformingLaboratory(
        name=observation.text(23),
        number=observation.text(23, 10)[1:] if is_french else observation.text(23, 10),
        phone=own.text(10),
        address=_address(observation, 24),
    )


def _organisation(order: Segment) -> Organisation:
    return Organisation(
        pharmacy_id=order.text(21, 10, repetition=_repetition(order, 21, 7, "XX")),
        name=order.text(21),
        finess=order.text(21, 10, repetition=_repetition(order, 21, 7, "FINEG"))[1:],
        phone=order.text(23),
        address=_address(order, 22),
    )


def _device(observation: Segment, own: Segment) -> Device:
    return Device(
        manufacturer=own.text(6),
        reference=own.text(6, 2),
        name=own.text(6, 3),
        udi=observation.text(18),
        lot=own.text(6, 4),
        expiry=_day(own, 6, 5),
    )
