"""The e-mail courier: a message with a link and no health word, through the operator's mail server."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import closing
from email.message import EmailMessage
from functools import cached_property
from urllib.parse import urlsplit

import orjson
from django.template.loader import render_to_string

from temoin.catalogue.patient_languages import PatientLanguage, patient_languages
from temoin.delivery.actions import withdraw_letters
from temoin.delivery.channels.email.envelopes import envelope_sender, message_name
from temoin.delivery.channels.email.server import server_of
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.delivery.link_courier import LinkCourier
from temoin.lib.commit import Commit
from temoin.lib.mail_address import AddressError, wire_address
from temoin.lib.mail_headers import POLICY
from temoin.lib.phones import phone_as_said
from temoin.lib.site import Site
from temoin.mail.answers import Codes, reply_kept, told
from temoin.mail.replies import MailTroubleError
from temoin.mail.smtp import Envelope, Exchange
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy

DESTINATION = "email"
CODES = Codes(mailbox="recipient_refused", message="mail_refused")
_PARTS = ("subject.txt", "body.txt", "body.html")
_POLICY = POLICY.clone(cte_type="7bit")  # a server without 8BITMIME takes it too


class EmailCourier(LinkCourier):
    """Makes the patient's letter and mails its link. A mail server cannot be asked what it holds, so a resend after
    a doubt bears the same Message-ID: mail programs show it once."""

    destination = DESTINATION
    no_address = "no_address"

    def __init__(self, email: EmailSettings, site: Site) -> None:
        super().__init__(site)
        self._email = email

    def supersede(self, commit: Commit, notice: Notice) -> None:
        """End the former version's letter too, by whichever way its link went: every site has this courier."""
        withdraw_letters(commit, notice.chain_id)
        super().supersede(commit, notice)

    def address_of(self, patient: Traits) -> str:
        return patient.email

    def body_of(self, load: Load, link: str, language: str, place: Pharmacy) -> bytes:
        words = {
            "link": link,
            "is_demo": self._site.demo,
            "languages": languages_of_message(language),
            "place": place.name,
            "phone": phone_as_said(place.phone),
        }
        parts = {name: str(render_to_string(f"delivery/mail/{name}", words)) for name in _PARTS}
        return orjson.dumps({**parts, "name": message_name(load.key)})

    async def carry(self, consignment: Consignment) -> Answer:
        return await asyncio.to_thread(self._send, consignment)

    async def enquire(self, consignment: Consignment) -> Answer:
        """Answer that nothing is known: mail servers cannot be asked."""
        return Answer(Verdict.UNKNOWN, "not_askable")

    async def close(self) -> None:
        """Nothing is kept open between messages."""

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        """The authorities that this machine trusts, read once: reading them takes longer than sending a message."""
        return ssl.create_default_context()

    def _send(self, consignment: Consignment) -> Answer:
        parts = orjson.loads(consignment.body)
        try:
            recipient = wire_address(consignment.address)
            content = self._mail(parts, recipient)
        except AddressError as error:  # it was typed before the form asked for more
            return Answer(Verdict.REFUSED, "address_unusable", detail=error.fault.value, is_own=True)
        sender = envelope_sender(self._email, parts["name"])
        with closing(Exchange(server_of(self._email, self._trust))) as exchange:
            try:
                words = exchange.send(Envelope(sender=sender, recipient=recipient, content=content, name=parts["name"]))
            except MailTroubleError as trouble:
                return told(trouble, CODES)
        hears = self._email.returned is not None
        return Answer(Verdict.ACCEPTED, "taken_by_mail_server", came=reply_kept(250, words), may_come_back=hears)

    def _mail(self, parts: dict[str, str], recipient: str) -> bytes:
        message = EmailMessage(policy=_POLICY)
        message["From"] = self._email.sender
        message["To"] = recipient
        message["Subject"] = " ".join(parts["subject.txt"].split())
        message["Message-ID"] = f"<{parts['name']}@{urlsplit(self._site.portal_url).hostname}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(parts["body.txt"])
        message.add_alternative(parts["body.html"], subtype="html")
        return message.as_bytes()


def languages_of_message(asked: str) -> list[PatientLanguage]:
    """Return in which languages a patient is written to: in theirs, then in French, which everybody at hand reads."""
    known = patient_languages()
    first = asked if asked in known else "fr"
    return [known[first], known["en" if first == "fr" else "fr"]]
