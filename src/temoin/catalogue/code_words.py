"""What is wrong with the code of a box, in words, and what to do: for every door that takes one."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.scanning.scan import ScanTrouble

CODE_WORDS: Mapping[ScanTrouble, Promise] = {
    ScanTrouble.GS1_FORM: _(
        "This is not the code of a box, or a damaged one: scan the square code of the box again, or type what it says."
    ),
    ScanTrouble.GTIN_CHECK: _("The check digit of the device number is wrong: scan the code again."),
    ScanTrouble.NO_SEPARATOR: _(
        "The scanner leaves out the separators of the code, and the lot number can be read in two ways: "
        "type it as printed on the box, and set the scanner to send FNC1 as GS."
    ),
    ScanTrouble.CHECK_OR_LOT: _(
        "The J that ends this code is its check character or the end of the lot number: type the lot number as "
        "printed on the box."
    ),
    ScanTrouble.LINK_ORDER: _(
        "The parts of this GS1 link stand in an order that the standard does not know: "
        "scan another code of the box, or type what it says."
    ),
    ScanTrouble.LINK_COMPRESSED: _(
        "This is a web address, or a compressed GS1 link, which cannot be read here: "
        "scan another code of the box, or type what it says."
    ),
    ScanTrouble.HIBC_CHECK: _("The check character of this HIBC code is wrong: scan the code again."),
    ScanTrouble.HIBC_FORM: _(
        "This HIBC code is not written as its standard says: scan another code of the box, or type what it says."
    ),
}
