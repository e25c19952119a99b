"""The e-mail courier: a message with a link and no health word, through the operator's mail server."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import closing
from email.message import EmailMessage
from functools import cached_property
from urllib.parse import urlsplit
from uuid import UUID

import orjson
from django.template.loader import render_to_string

from temoin.catalogue.patient_languages import PatientLanguage, patient_languages
from temoin.delivery.actions import letter_is_open, lock_letters, seal_letter_for, withdraw_letters
from temoin.delivery.channels.email.envelopes import envelope_sender, message_name, server_of
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.delivery.letters import opened_versions
from temoin.journal.act import HouseActor
from temoin.lib.commit import Commit
from temoin.lib.mail_address import AddressError, wire_address
from temoin.lib.mail_headers import POLICY
from temoin.lib.phones import phone_as_said
from temoin.lib.site import Site
from temoin.mail.answers import Codes, reply_kept, told
from temoin.mail.replies import MailTroubleError
from temoin.mail.smtp import Envelope, Exchange
from temoin.outbox.actions import replace_waiting_parcels
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.outbox.queries import kept_in_parcel, was_posted_anew
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy
from temoin.testing.queries import patient_contact, record_in_scope, versions_for_courier
from temoin.testing.report import Report
from temoin.testing.tickets import has_key

DESTINATION = "email"
CODES = Codes(mailbox="recipient_refused", message="mail_refused")
_PARTS = ("subject.txt", "body.txt", "body.html")
_POLICY = POLICY.clone(cte_type="7bit")  # a server without 8BITMIME takes it too


class EmailCourier:
    """Makes the patient's letter and mails its link. A mail server cannot be asked what it holds, so a resend after
    a doubt bears the same Message-ID: mail programs show it once."""

    destination = DESTINATION

    def __init__(self, email: EmailSettings, site: Site) -> None:
        self._email, self._site = email, site

    def wants(self, notice: Notice) -> bool:
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
        patient = patient_contact(load.chain_id)
        if not patient.email:
            return Answer(Verdict.REFUSED, "no_address")
        if load.sealed is not None:
            return self._again(load, load.sealed, patient)
        if was_posted_anew(load):
            return Answer(Verdict.REPLACED, "newer_letter")
        if not has_key(load.chain_id):
            return Answer(Verdict.REFUSED, "no_code")
        by = HouseActor(load.pharmacy_id, "worker")
        asked = load.chain_id, load.sequence
        *former, report = versions_for_courier(by=by, wanted=[asked])[asked]
        if report.is_demo and not self._site.demo:
            return Answer(Verdict.REFUSED, "demonstration")  # an invented person's address may be somebody's
        return self._consignment(load, _sealed(load, report, former, patient.language), patient)

    def _again(self, load: Load, sealed: bytes, patient: Traits) -> Consignment | Answer:
        kept = kept_in_parcel(load, sealed)
        if not letter_is_open(UUID(kept["letter"])):
            return Answer(Verdict.REPLACED, "newer_letter")  # the ticket was renewed: this link is dead
        return self._consignment(load, kept["fragment"], patient)

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

    def _consignment(self, load: Load, fragment: str, patient: Traits) -> Consignment:
        place = Pharmacy.objects.get(id=load.pharmacy_id)
        words = {
            "link": f"{self._site.portal_url}/#{fragment}",
            "is_demo": self._site.demo,
            "languages": languages_of_message(patient.language),
            "place": place.name,
            "phone": phone_as_said(place.phone),
        }
        parts = {name: str(render_to_string(f"delivery/mail/{name}", words)) for name in _PARTS}
        message = {**parts, "name": message_name(load.key)}
        return Consignment(key=load.key, body=orjson.dumps(message), address=patient.email, is_secret=True)

    def _send(self, consignment: Consignment) -> Answer:
        parts = orjson.loads(consignment.body)
        try:
            recipient = wire_address(consignment.address)
            content = self._message(parts, recipient)
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

    def _message(self, parts: dict[str, str], recipient: str) -> bytes:
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


def _sealed(load: Load, report: Report, former: list[Report], language: str) -> str:
    """Seal the letter, which tells what it changes: of the version that the patient opened last, else of the last."""
    read = opened_versions(load.chain_id)
    known = [one for one in former if one.version in read] or former
    return seal_letter_for(load=load, report=report, former=known[-1] if known else None, language=language)
