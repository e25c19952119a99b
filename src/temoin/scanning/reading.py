"""Reads a scan: each reader is asked in turn, then what the scanner may have meant on another keyboard."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from stdnum import luhn

from temoin.scanning import hibc
from temoin.scanning.hibc import read_hibc
from temoin.scanning.ins import read_ins
from temoin.scanning.keyboards import meanings
from temoin.scanning.mrz import read_zone
from temoin.scanning.nir import read_nir
from temoin.scanning.sample_numbers import read_sample_number
from temoin.scanning.scan import UNKNOWN, BoxCode, Scan, ScanKind, ScanTrouble
from temoin.scanning.tickets import read_ticket_code

LONGEST = 600  # characters: more than the longest of these symbols bears
_AROUND = "\r\n\t \u00a0"
_LINK = re.compile("https?://", re.IGNORECASE)
# RPPS: 11 digits by Luhn; a card's number puts the kind of number before it, 8 for RPPS (IdNat_PS).
_RPPS = re.compile("8?(1[0-9]{10})")
_STAMP = re.compile("DC0[1-9][A-Z0-9]{4}[A-Z0-9]{4}[0-9A-F]{8}")
_CERTIFICATE = re.compile("HC1:[0-9A-Z $%*+./:-]+")


def read_scan(text: str, *, today: date) -> Scan:
    """Tell what was scanned. Nothing is guessed: what has two meanings is said to have them, and what has none too."""
    # A space at the end is kept: it may be the check character of HIBC.
    plain = text.rstrip("\r\n\t").lstrip(_AROUND)
    if not 0 < len(plain) <= LONGEST:
        return UNKNOWN
    plainly = _read(plain, today)
    if plainly.is_sound:
        return plainly
    others = [replace(scan, notices=(*scan.notices, trouble)) for trouble, scan in _otherwise(plain, today)]
    sound = [scan for scan in others if scan.is_sound]
    if len(sound) == 1:
        return sound[0]
    if plainly.kind is ScanKind.UNKNOWN and not sound and len(others) == 1:
        return others[0]
    return plainly


def _otherwise(plain: str, today: date) -> list[tuple[ScanTrouble, Scan]]:
    """Return what the text says on other keyboards, each meaning once."""
    found: dict[str, tuple[ScanTrouble, Scan]] = {}
    for trouble, meant in meanings(plain):
        scan = _read(meant, today)
        if scan.kind not in {ScanKind.UNKNOWN, ScanKind.ADDRESS} and not _is_weak(scan):
            found.setdefault(meant, (trouble, scan))
    return list(found.values())


def _is_weak(scan: Scan) -> bool:
    """Tell whether nearly any text could be read so: an element string without a check digit and without a date."""
    return scan.box is not None and not scan.box.is_hibc and not scan.box.device and scan.box.expiry is None


def join_codes(text: str, second: BoxCode, *, today: date) -> Scan | None:
    """Return the two codes of one box as one: the first as it was kept; None where they do not belong together."""
    first = read_scan(text, today=today).box
    if first is None or not first.device or second.device or first.is_hibc != second.is_hibc:
        return None
    joined = hibc.join(first, second) if first.is_hibc else _elements(first.text + second.text)
    return joined if joined and joined.is_sound else None


def _read(plain: str, today: date) -> Scan:
    """Ask the readers, those first whose check leaves little doubt: a raw GS1 code begins like many a number."""
    found = read_hibc(plain)
    if found is not None:
        return found
    plain = plain.rstrip(_AROUND)
    if _STAMP.match(plain):
        return Scan(kind=ScanKind.STAMP)
    if _CERTIFICATE.fullmatch(plain):
        return Scan(kind=ScanKind.CERTIFICATE)
    readers = (read_sample_number, read_ticket_code, _linked, read_nir, _professional, read_ins)
    for reader in readers:
        found = reader(plain)
        if found is not None:
            return found
    return read_zone(plain, today=today) or _elements(plain) or UNKNOWN


def _elements(plain: str) -> Scan | None:
    from temoin.scanning.gs1 import read_elements  # with every identifier there is: loaded where somebody scans

    return read_elements(plain)


def _linked(plain: str) -> Scan | None:
    if not _LINK.match(plain):
        return None
    from temoin.scanning.gs1 import read_link

    return read_link(plain)


def _professional(plain: str) -> Scan | None:
    found = _RPPS.fullmatch(plain.replace(" ", ""))
    if found is None or not luhn.is_valid(found[1]):
        return None
    return Scan(kind=ScanKind.PROFESSIONAL, number=found[1])
