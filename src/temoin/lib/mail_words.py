"""What a person is told of an e-mail address to which nothing can be sent."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from temoin.lib.mail_address import AddressFault

ADDRESS_WORDS: Mapping[AddressFault, str | Promise] = {
    AddressFault.MALFORMED: _("Enter an e-mail address, for instance nom@exemple.fr."),
    AddressFault.UNSEEN_LETTER: _("This address contains an invisible character: type it instead of pasting it."),
    AddressFault.OTHER_LETTERS: _(
        "Before the @, an address has letters without accents: few mail servers take others. Check it with the person."
    ),
}
