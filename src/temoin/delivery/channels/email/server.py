"""The site's mail server, as the settings name it."""

from __future__ import annotations

import ssl

from temoin.delivery.channels.email.settings import EmailSettings
from temoin.mail.smtp import Encryption, MailServer

TIMEOUT = 6.0  # seconds for each answer; a lease (30) outlives an exchange that goes on at all


def server_of(email: EmailSettings, trust: ssl.SSLContext) -> MailServer:
    """Return the mail server of the section [email].

    Its certificate is always verified: a mailbox in the middle would read the links.
    """
    return MailServer(
        host=email.host,
        port=email.port,
        encryption=Encryption(email.security.value),
        trust=trust,
        timeout=TIMEOUT,
        user=email.user,
        password_file=email.password_file,
    )
