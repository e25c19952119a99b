"""The e-mail courier: a message with a link and no health word, through the operator's mail server."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from contextlib import ExitStack, suppress
from email.message import EmailMessage
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.conf import settings
from django.template.loader import render_to_string

from temoin.crypto.sealed import open_value
from temoin.delivery.actions import letter_is_open, lock_letters, seal_letter_for, withdraw_letters
from temoin.journal.act import HouseActor
from temoin.lib.commit import Commit
from temoin.outbox.actions import replace_waiting_parcels
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.testing.queries import patient_contact, record_in_scope, report_for_courier, ticket_exists

DESTINATION = "patient-email"
TIMEOUT = 15.0  # seconds; below the lease


class EmailCourier:
    """Makes the patient's letter and mails its link. A mail server cannot be asked what it holds, so a resend after
    a doubt bears the same Message-ID: mail programs show it once."""

    destination = DESTINATION

    def wants(self, notice: Notice) -> bool:
        """Take what can be mailed."""
        return "email" in notice.reachable_by

    def supersede(self, commit: Commit, notice: Notice) -> None:
        """End the former version's letter and its unsent message at once."""
        withdraw_letters(commit, notice.chain_id)
        replace_waiting_parcels(commit, DESTINATION, notice.chain_id)

    def prepare(self, load: Load) -> Consignment | Answer:
        """Seal the letter on the first try; later tries carry the link that the parcel keeps.

        The address is always today's: it may have been mended since the mail server refused the former one.
        """
        lock_letters(load.chain_id)
        if record_in_scope(load.chain_id).version != load.sequence:
            return Answer(Verdict.REPLACED, "newer_version")
        email = patient_contact(load.chain_id).email
        if not email:
            return Answer(Verdict.REFUSED, "no_address")
        if load.sealed is not None:
            return self._again(load, load.sealed, email)
        if not ticket_exists(load.chain_id):
            return Answer(Verdict.REFUSED, "no_code")
        by = HouseActor(load.pharmacy_id, "worker")
        report = report_for_courier(by=by, record_id=load.chain_id, number=load.sequence)
        if report.is_demo and not settings.TEMOIN.site.demo:
            return Answer(Verdict.REFUSED, "demonstration")  # an invented person's address may be somebody's
        return self._consignment(load, seal_letter_for(load=load, report=report), email)

    def _again(self, load: Load, sealed: bytes, email: str) -> Consignment | Answer:
        kept = open_value("outbox_parcel", load.id, sealed)
        if not letter_is_open(UUID(kept["letter"])):
            return Answer(Verdict.REPLACED, "newer_letter")  # the ticket was renewed: this link is dead
        return self._consignment(load, kept["fragment"], email)

    async def carry(self, consignment: Consignment) -> Answer:
        """Hand the message to the mail server."""
        return await asyncio.to_thread(_send, consignment, self._trust)

    async def enquire(self, consignment: Consignment) -> Answer:
        """Answer that nothing is known: mail servers cannot be asked."""
        return Answer(Verdict.UNKNOWN, "not_askable")

    async def close(self) -> None:
        """Nothing is kept open between messages."""

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The authorities that this machine trusts, read once: reading them takes longer than sending a message."""
        return ssl.create_default_context()

    def _consignment(self, load: Load, fragment: str, email: str) -> Consignment:
        portal = settings.TEMOIN.site.portal_url
        words = {"link": f"{portal}/#{fragment}", "is_demo": settings.TEMOIN.site.demo}
        message = {name: render_to_string(f"delivery/mail/{name}", words) for name in _PARTS}
        return Consignment(key=load.key, body=orjson.dumps(message), address=email, is_secret=True)


_PARTS = ("subject.txt", "body.txt", "body.html")


def _message(consignment: Consignment) -> EmailMessage:
    parts = orjson.loads(consignment.body)
    message = EmailMessage()
    message["From"] = settings.TEMOIN.mail.sender
    message["To"] = consignment.address
    message["Subject"] = " ".join(parts["subject.txt"].split())
    message["Message-ID"] = f"<{consignment.key}@{urlsplit(settings.TEMOIN.site.portal_url).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(parts["body.txt"])
    message.add_alternative(parts["body.html"], subtype="html")
    return message


def _send(consignment: Consignment, trust: ssl.SSLContext) -> Answer:
    try:
        server = connect(settings.TEMOIN.mail, trust)
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPNotSupportedError):
        return Answer(Verdict.POSTPONED, "mail_server_refused")  # the operator's matter, not the patient's
    except (smtplib.SMTPException, OSError):
        return Answer(Verdict.POSTPONED, "unreachable")  # greeting, TLS or sign-in failed: nothing was sent
    answer = _hand_over(server, _message(consignment))
    with suppress(smtplib.SMTPException, OSError):
        server.quit()  # politeness: what the server took stays taken
    return answer


def _hand_over(server: smtplib.SMTP, message: EmailMessage) -> Answer:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()))[0]
        permanent = 500 <= code < 600
        return Answer(Verdict.REFUSED if permanent else Verdict.POSTPONED, "recipient_refused", is_own=True)
    except smtplib.SMTPDataError as error:
        return Answer(Verdict.POSTPONED, "mail_server_refused", detail=str(error.smtp_code))
    except (smtplib.SMTPHeloError, smtplib.SMTPSenderRefused, smtplib.SMTPNotSupportedError):
        return Answer(Verdict.POSTPONED, "mail_server_refused")
    except (smtplib.SMTPException, OSError):
        return Answer(Verdict.DOUBTFUL, "cut_off")
    return Answer(Verdict.ACCEPTED, "taken_by_mail_server")


def connect(mail: Any, trust: ssl.SSLContext) -> smtplib.SMTP:
    """Open a connection as the settings [mail] say, signed in; SMTPException or OSError where that fails."""
    # The mail server's certificate is always verified: a mailbox in the middle would read the links.
    server: smtplib.SMTP
    if mail.security == "tls":
        server = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT, context=trust)
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    with ExitStack() as on_failure:
        on_failure.callback(server.close)
        if mail.security == "starttls":
            server.starttls(context=trust)
        if mail.user:
            server.login(mail.user, mail.password_file.read_text(encoding="utf-8").strip())
        on_failure.pop_all()
    return server
