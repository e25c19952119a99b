"""What one scan said: its kind, what stands in it, and what is wrong with it, each by a name that the doors word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class ScanKind(StrEnum):
    """What was read."""

    BOX = "box"  # the code of a box: GS1 or HIBC, whole or a part of it
    DOCUMENT = "document"  # the machine-readable zone of an identity document
    INS = "ins"  # the Datamatrix INS of a health document
    NIR = "nir"
    PROFESSIONAL = "professional"  # the number of a health professional's card
    TICKET = "ticket"  # our own: the patient's code, or its drawing
    SAMPLE = "sample"  # our own: the number of a sample, on its cassette
    STAMP = "stamp"  # a 2D-Doc: known by sight, not read
    CERTIFICATE = "certificate"  # an EU health certificate: known by sight, not read
    ADDRESS = "address"  # of a page of the web
    UNKNOWN = "unknown"


class ScanTrouble(StrEnum):
    """What is wrong with a scan (nothing of it is taken), or what is told beside what was taken."""

    UNREADABLE = "unreadable"  # no kind that is known, or what no scanner sends
    GTIN_CHECK = "check_digit"
    GS1_FORM = "malformed"
    LINK_ORDER = "link_order"
    LINK_COMPRESSED = "link_compressed"
    HIBC_CHECK = "hibc_check"
    HIBC_FORM = "hibc_form"
    MRZ_CHECK = "mrz_check"
    MRZ_PART = "mrz_part"
    MRZ_FORM = "mrz_form"
    INS_FORM = "ins_form"
    INS_VERSION = "ins_version"
    NIR_KEY = "nir_key"
    TICKET_CHECK = "ticket_check"
    SAMPLE_CHECK = "sample_check"

    NO_SEPARATOR = "no_separator"
    CHECK_OR_LOT = "check_or_lot"
    BIRTH_CENTURY = "birth_century"
    BIRTH_OPEN = "birth_open"
    NAMES_OF_ZONE = "names_of_zone"
    NAMES_CUT = "names_cut"
    INS_TEST = "ins_test"
    NUMBER_PROVISIONAL = "number_provisional"
    SCANNER_IS_US = "scanner_is_us"
    SCANNER_IS_FRENCH = "scanner_is_french"
    CAPS_LOCK = "caps_lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxCode:
    """What the code of a box says. What a code leaves out is empty: the second of two codes names no device."""

    gtin: str = ""  # of 14 digits, for GS1
    device: str = ""  # as each text of this device begins: `(01)05012345678900`, `+A99912345`
    lot: str = ""
    expiry: date | None = None
    text: str  # one spelling for people, for the authority and for look-up: in brackets, the device first
    link: str = ""  # HIBC: the character that ties a second code to the first

    @property
    def is_hibc(self) -> bool:
        return self.text.startswith("+")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScannedPerson:
    """Whom a document names; without a `repr`, so that no trace or log can show them."""

    family_name: str
    given_names: str
    sex: str = ""  # F | M | "" where the document does not say
    birth_dates: tuple[date, ...] = ()  # two where the century is open, none where the day is unknown
    birth_place: str = ""
    nir: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scan:
    """One scan, read: nothing of it is to be taken where it has faults; notices are told beside what was taken."""

    kind: ScanKind
    box: BoxCode | None = None
    person: ScannedPerson | None = None
    number: str = ""  # a NIR, an RPPS number, the number of a sample, or the ten characters of a ticket's code
    faults: tuple[ScanTrouble, ...] = ()
    notices: tuple[ScanTrouble, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Tell whether it is of a known kind and nothing in it is wrong."""
        return self.kind is not ScanKind.UNKNOWN and not self.faults


def fault(kind: ScanKind, trouble: ScanTrouble) -> Scan:
    return Scan(kind=kind, faults=(trouble,))


UNKNOWN = fault(ScanKind.UNKNOWN, ScanTrouble.UNREADABLE)
