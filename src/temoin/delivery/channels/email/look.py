"""A look at the site's mail server, for `temoin check`: whether it lets us in. No message leaves."""

from __future__ import annotations

import ssl

from temoin.delivery.channels.email.server import server_of
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.mail.replies import Fate, MailTroubleError
from temoin.mail.smtp import Exchange
from temoin.outbox.channel import Looked


def look_at_mail_server(settings: EmailSettings) -> Looked:
    """Connect, encrypt and sign in; a server that is down is no finding, one that refuses us is."""
    exchange = Exchange(server_of(settings, ssl.create_default_context()))
    try:
        exchange.open()
    except MailTroubleError as trouble:
        words = f"The mail server {settings.host}:{settings.port}"
        if trouble.fate is Fate.SERVER_REFUSES:
            told = f"{words} refuses us ({trouble.stage}, {trouble.code or trouble.cause}): see [email]."
            return Looked(findings=(told,))
        return Looked(unknown=(f"{words} does not answer now ({trouble.stage}): mail waits for it.",))
    except OSError as error:  # the file of its password
        return Looked(findings=(f"The mail password {error.filename} cannot be read: correct its path or owner.",))
    exchange.close()
    return Looked()
