"""The code on a box: a GS1 UDI, as a scanner types it or as it is printed in brackets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.gs1_element_strings import GS1ElementStrings
from biip.gs1_messages import GS1Message
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import refuse
from temoin.lib.lengths import LONGEST

# GS1 General Specifications: data title and meaning of the application identifiers that a box of kits bears.
DEVICE, LOT, EXPIRY = "01", "10", "17"

_SYMBOLOGY = re.compile(r"\A\][A-Za-z][0-9]")  # the AIM prefix, by which a scanner says what kind of code it saw
# What scanners send for FNC1: GS itself, its picture, or a character that GS1 data never holds (character set 82).
_SEPARATORS = re.compile("[\x1d\u241d|~^#]")
_SWALLOWED_DATE = re.compile(r"17[0-9]{2}(0[1-9]|1[0-2])[0-3][0-9]")


@dataclass(frozen=True, slots=True)
class Udi:
    """What the code of a box says; lot and expiry are not always in it."""

    gtin: str
    lot: str
    expiry: date | None
    text: str  # in brackets, the device first: one spelling for people, for the authority and for look-up


def read_udi(code: str) -> Udi:
    """Read a scanned or typed code; InvalidError on the field "udi" when it is not that of a device."""
    found = _elements(code.strip())
    device = found.get(ai=DEVICE)
    if device is None:
        raise _refused("no_device", _("This code does not name the device: scan the box's code that holds (01)."))
    if device.gtin is None:
        raise _refused("check_digit", _("The check digit of the device number is wrong: scan the code again."))
    lot, expiry = found.get(ai=LOT), found.get(ai=EXPIRY)
    if lot is not None and expiry is None and _SWALLOWED_DATE.search(lot.value):
        raise _refused(
            "no_separator",
            _(
                "The scanner leaves out the separators of the code: "
                "set it to send FNC1 as GS, or empty this field and type."
            ),
        )
    return Udi(
        gtin=device.gtin.as_gtin_14(),
        lot=lot.value if lot else "",
        expiry=expiry.date if expiry else None,
        text="".join(element.as_hri() for element in sorted(found, key=lambda element: element.ai.ai != DEVICE)),
    )


def _elements(code: str) -> GS1ElementStrings:
    malformed = _refused(
        "malformed", _("This is not a GS1 code: scan the square code of the box again, or empty this field and type.")
    )
    plain = _SEPARATORS.sub("\x1d", _SYMBOLOGY.sub("", code))
    if len(plain) > LONGEST["Lot.udi"] or not plain.isascii():
        raise malformed
    try:
        message = GS1Message.parse_hri(plain) if plain.startswith("(") else GS1Message.parse(plain)
    except ParseError:
        raise malformed from None
    found = message.element_strings
    # A value in brackets may hold a bracket, where the library stops reading; and no identifier comes twice.
    is_cut = plain.startswith("(") and message.as_hri() != "".join(plain.split())
    if is_cut or len({element.ai.ai for element in found}) != len(found):
        raise malformed
    return found


def _refused(code: str, message: Promise) -> Exception:
    return refuse("udi", code, message)
