"""The Datamatrix INS that health documents bear: ANS, "INS, Format datamatrix", version 2.2 of 2023-09-26.

A head of 26 characters (`IS`, the version `01`, 22 reserved), then blocks in any order, each with its name: S1 the
matricule, S2 its authority, S3 birth given names, S4 birth name, S5 sex, S6 day of birth, S7 place of birth (INSEE). GS
ends a block of a variable length that is not full. Where a scanner loses it, the name of the next block ends it, for
names of people hold no digits, and an authority nothing else. What the code says was true where it was printed: no
identity is qualified here by it.
"""

from __future__ import annotations

import re
from datetime import date

from temoin.scanning.nir import check_nir, is_provisional
from temoin.scanning.scan import Scan, ScanKind, ScannedPerson, ScanTrouble, fault

_HEAD = re.compile(r"IS([0-9]{2})[0-9A-Z]{22}(?=S[1-7])")
_GS = re.compile("\x1d|\u241d|\u2194|\ufffd|[<{\\[]GS[>}\\]]|\\^\\]|[|~^#]")
_BLOCK = re.compile(
    "S(?:1(?P<matricule>[0-9AB]{15})|2(?P<authority>[0-9.]{1,20})"
    "|3(?P<given>[A-Z' -]{1,100}?)|4(?P<name>[A-Z' -]{1,100}?)|5(?P<sex>[FM])"
    r"|6(?P<born>[0-9]{2}-[0-9]{2}-[0-9]{4})|7(?P<place>[0-9][0-9AB][0-9]{3})) *\x1d*(?=S[1-7]|\Z)"
)
_ASKED = frozenset({"matricule", "authority", "given", "name", "sex", "born"})
_VERSION = "01"
# OIDs of the authorities: the NIR alone stands on a patient's record; NIA, test and demonstration numbers do not.
_NIR, _TEMPORARY, _TEST, _DEMO = (f"1.2.250.1.213.1.4.{last}" for last in (8, 9, 10, 11))


def read_ins(text: str) -> Scan | None:
    """Read the code of a health document; None for what is none."""
    plain = _GS.sub("\x1d", text.upper())
    head = _HEAD.match(plain)
    if head is None:
        return None
    if head[1] != _VERSION:
        return fault(ScanKind.INS, ScanTrouble.INS_VERSION)
    blocks = _blocks(plain[head.end() :])
    if not blocks.keys() >= _ASKED or blocks["authority"] not in {_NIR, _TEMPORARY, _TEST, _DEMO}:
        return fault(ScanKind.INS, ScanTrouble.INS_FORM)
    try:
        nir = check_nir(blocks["matricule"])
    except ValueError:
        return fault(ScanKind.INS, ScanTrouble.NIR_KEY)
    return _scan(blocks, nir)


def _blocks(text: str) -> dict[str, str]:
    """Return the blocks by what they hold; none where one is malformed or comes twice."""
    found: dict[str, str] = {}
    place = 0
    while place < len(text):
        block = _BLOCK.match(text, place)
        if block is None or block.lastgroup is None or block.lastgroup in found:
            return {}
        found[block.lastgroup] = block[block.lastgroup].strip()
        place = block.end()
    return found


def _scan(blocks: dict[str, str], nir: str) -> Scan:
    day, month, year = (int(part) for part in blocks["born"].split("-"))
    notices: tuple[ScanTrouble, ...] = ()
    born: tuple[date, ...] = ()
    try:
        born = (date(year, month, day),)
    except ValueError:  # the civil status does not know the day, or the month
        notices = (ScanTrouble.BIRTH_OPEN,)
    is_kept = blocks["authority"] == _NIR
    if not is_kept:
        is_test = blocks["authority"] in {_TEST, _DEMO}
        notices += (ScanTrouble.INS_TEST if is_test else ScanTrouble.NUMBER_PROVISIONAL,)
    elif is_provisional(nir):
        notices += (ScanTrouble.NUMBER_PROVISIONAL,)
    person = ScannedPerson(
        family_name=blocks["name"],
        given_names=blocks["given"],
        sex=blocks["sex"],
        birth_dates=born,
        birth_place=blocks.get("place", ""),
        nir=nir if is_kept else "",
    )
    return Scan(kind=ScanKind.INS, person=person, notices=notices)
