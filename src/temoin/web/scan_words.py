"""What a scan is and where it belongs, what is wrong with it and how to mend it, in words."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from temoin.catalogue.code_words import CODE_WORDS
from temoin.scanning.scan import ScanKind, ScanTrouble
from temoin.web.wording import Words

# Read on a page that has no use for it.
BELONGS: Mapping[ScanKind, Words] = {
    ScanKind.BOX: _("This is the code of a box of tests: it is scanned on the page of lots."),
    ScanKind.DOCUMENT: _("This is an identity document: it is scanned where the patient is looked for, or registered."),
    ScanKind.INS: _(
        "This is the code of a patient's health identity: it is scanned where the patient is looked for, or registered."
    ),
    ScanKind.NIR: _("This is a social security number: it is scanned where the patient is looked for, or registered."),
    ScanKind.PROFESSIONAL: _(
        "This is the number of a health professional: it belongs to the patient's doctor, or to the team."
    ),
    ScanKind.TICKET: _(
        "This is the code of a patient's ticket: at the counter it opens the row of its test. "
        "Here, look for the patient by name or by an identity document."
    ),
    ScanKind.SAMPLE: _("This is a sample number: at the counter it opens the row of its test."),
    ScanKind.STAMP: _(
        "This is a 2D-Doc, the stamp of an official document, which is not read here: "
        "scan the lines with < of the identity document, or type."
    ),
    ScanKind.CERTIFICATE: _("This is an EU health certificate, which is not read here."),
    ScanKind.ADDRESS: _("This is the address of a web page: nothing of it is used here."),
    ScanKind.UNKNOWN: _("This code is not known here: scan it again, or type what it says in the fields below."),
}
TROUBLES: Mapping[ScanTrouble, Words] = {
    **CODE_WORDS,
    ScanTrouble.UNREADABLE: BELONGS[ScanKind.UNKNOWN],
    ScanTrouble.MRZ_CHECK: _("A check digit of the document's lines is wrong: scan them again, or type the identity."),
    ScanTrouble.MRZ_PART: _("A line of the document is missing: scan all its lines with < at once."),
    ScanTrouble.MRZ_FORM: _(
        "These lines are not those of an identity document: scan them again, or type the identity."
    ),
    ScanTrouble.INS_FORM: _("This health identity code is damaged: scan it again, or type the identity."),
    ScanTrouble.INS_VERSION: _("This health identity code is of a newer kind, not known here: type the identity."),
    ScanTrouble.NIR_KEY: _("The key of this number is wrong: check the 15 characters."),
    ScanTrouble.TICKET_CHECK: _("This is like the code of a ticket, but a character of it is wrong."),
    ScanTrouble.SAMPLE_CHECK: _("This is like a sample number, but a digit of it is wrong: read the label again."),
    ScanTrouble.BIRTH_CENTURY: _("The document gives two digits of the year only: type all four."),
    ScanTrouble.BIRTH_OPEN: _("The document does not tell the whole birth date: type it."),
    ScanTrouble.NAMES_OF_ZONE: _(
        "The lines of a document hold neither accents nor hyphens: compare the names with the document."
    ),
    ScanTrouble.NAMES_CUT: _(
        "The lines of the document may not hold the whole name: complete the names from the document."
    ),
    ScanTrouble.INS_TEST: _("This is a test identity: its number is not taken."),
    ScanTrouble.NUMBER_PROVISIONAL: _("This number is provisional: it will be replaced by a final one."),
    ScanTrouble.SCANNER_IS_US: _(
        "The scanner is set to another keyboard (American, QWERTY) than this computer. The code was understood all the "
        "same; set the scanner to the French keyboard with the code in its leaflet."
    ),
    ScanTrouble.SCANNER_IS_FRENCH: _(
        "The scanner is set to another keyboard (French, AZERTY) than this computer. The code was understood all the "
        "same; set both to the same keyboard."
    ),
    ScanTrouble.CAPS_LOCK: _("Caps Lock is on: the code was understood all the same; switch it off before you scan."),
}
