"""Codes, identifiers and dates as the authority checks them, written from their own specifications."""

from __future__ import annotations

import re
from datetime import UTC, datetime

LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
FINESS = "https://finess.esante.gouv.fr"
RPPS = "https://rpps.esante.gouv.fr"
ID_NAT_PS = "urn:oid:1.2.250.1.71.4.2.1"
ID_NAT_STRUCT = "urn:oid:1.2.250.1.71.4.2.2"
INS_SYSTEMS = frozenset(f"urn:oid:1.2.250.1.213.1.4.{arc}" for arc in (8, 9, 10, 11))
INS_REAL_SYSTEMS = frozenset(f"urn:oid:1.2.250.1.213.1.4.{arc}" for arc in (8, 9))

_LOINC_FORM = re.compile(r"[0-9]{1,7}-[0-9]")
_SNOMED_FORM = re.compile(r"[1-9][0-9]{5,17}")
_FINESS_FORM = re.compile(r"[0-9][0-9AB][0-9]{7}")
_INS_FORM = re.compile(r"[0-9]{6}[0-9AB][0-9]{8}")
_RPPS_FORM = re.compile(r"[0-9]{11}")
# National id of a professional: 8 + RPPS, or 0 + ADELI formerly.
_ID_NAT_PS_FORM = re.compile(r"8[0-9]{11}|0[0-9AB]{9}")
# National id of a structure: 1 + FINESS, 2 + SIREN, 3 + SIRET, 4 + RPPS with rank.
_ID_NAT_STRUCT_FORM = re.compile(r"1[0-9][0-9AB][0-9]{7}|2[0-9]{9}|3[0-9]{14}|4[0-9]{13,14}")
_UUID_URN_FORM = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE_TIME_FORM = re.compile(
    r"[0-9]{4}(-[0-9]{2}(-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)

_VERHOEFF_TURN: tuple[tuple[int, ...], ...] = ((0, 1, 2, 3, 4, 5, 6, 7, 8, 9), (1, 5, 7, 6, 2, 8, 3, 0, 9, 4))


def _verhoeff_product(left: int, right: int) -> int:
    """Multiply in the dihedral group of the pentagon, on which Verhoeff's check stands."""
    if left < 5:
        return (left + right) % 5 + (0 if right < 5 else 5)
    turned = (left - right) % 5
    return turned + 5 if right < 5 else turned


_PRODUCTS = tuple(tuple(_verhoeff_product(left, right) for right in range(10)) for left in range(10))


def _verhoeff_turns() -> tuple[tuple[int, ...], ...]:
    turns = list(_VERHOEFF_TURN)
    while len(turns) < 8:
        turns.append(tuple(_VERHOEFF_TURN[1][digit] for digit in turns[-1]))
    return tuple(turns)


_TURNS = _verhoeff_turns()


def passes_luhn(digits: str) -> bool:
    """Check a number whose last digit is its Luhn (mod 10) key; LOINC's own key is the same sum."""
    total = 0
    for place, char in enumerate(reversed(digits)):
        digit = ord(char) - 48
        if place % 2:
            digit = digit * 2 - (9 if digit > 4 else 0)
        total += digit
    return total % 10 == 0


def is_loinc(code: str) -> bool:
    """Check the form and the key of a LOINC code."""
    return _LOINC_FORM.fullmatch(code) is not None and passes_luhn(code.replace("-", ""))


def is_snomed(code: str) -> bool:
    """Check the form and Verhoeff's key of a SNOMED CT identifier."""
    if _SNOMED_FORM.fullmatch(code) is None:
        return False
    state = 0
    for place, char in enumerate(reversed(code)):
        state = _PRODUCTS[state][_TURNS[place % 8][ord(char) - 48]]
    return state == 0


def is_ins(number: str) -> bool:
    """Check a 15-character INS number: 13 characters and their complement to 97, Corsica as 19 and 18."""
    if _INS_FORM.fullmatch(number) is None:
        return False
    department = {"2A": "19", "2B": "18"}.get(number[5:7], number[5:7])
    body = number[:5] + department + number[7:13]
    return body.isdecimal() and 97 - int(body) % 97 == int(number[13:])


def is_finess(number: str) -> bool:
    """Check the form of a FINESS number; its key is only a warning, the rule for Corsica being unwritten."""
    return _FINESS_FORM.fullmatch(number) is not None


def has_finess_key(number: str) -> bool:
    """Check the Luhn key of a FINESS number, Corsica's letters taken as 1 and 2 (observed, not official)."""
    return passes_luhn(number.replace("A", "1").replace("B", "2"))


def is_rpps(number: str) -> bool:
    """Check the form of an RPPS number."""
    return _RPPS_FORM.fullmatch(number) is not None


def is_id_nat_ps(number: str) -> bool:
    """Check the form of a professional's national identifier."""
    return _ID_NAT_PS_FORM.fullmatch(number) is not None


def is_id_nat_struct(number: str) -> bool:
    """Check the form of a structure's national identifier."""
    return _ID_NAT_STRUCT_FORM.fullmatch(number) is not None


def is_uuid_urn(url: str) -> bool:
    """Check a `urn:uuid:` in lower case, as RFC 4122 writes it."""
    return _UUID_URN_FORM.fullmatch(url) is not None


def read_date_time(value: object) -> datetime | None:
    """Read a FHIR date or dateTime as its earliest moment; None when malformed."""
    if not isinstance(value, str) or _DATE_TIME_FORM.fullmatch(value) is None:
        return None
    padded = value + "-01-01"[len(value) - 4 :] if len(value) < 10 else value
    try:
        moment = datetime.fromisoformat(padded)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def is_instant(value: object) -> bool:
    """Check a FHIR instant: date, time to the second at least, and zone."""
    return isinstance(value, str) and "T" in value and read_date_time(value) is not None
