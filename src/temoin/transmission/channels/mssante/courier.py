"""Couriers of secure health messaging: to the treating doctor, and to the patient's own secure mailbox.

The operator's 250 is what settles a parcel: it stands surety for the message from then on. A notice that comes back
later (`mssante_inbox`) may still say that it was not delivered. A mail server cannot be asked what it took: after an
unclear answer the same bytes go again, under the same Message-ID.
"""

from __future__ import annotations

import asyncio
import ssl
from abc import abstractmethod
from functools import cached_property

from temoin.formats.cda import has_document
from temoin.formats.mssante import PATIENTS, SecureEnvelope, secure_message
from temoin.outbox.courier import Answer, Consignment, Load, Notice, Verdict
from temoin.patients.traits import Traits
from temoin.testing.queries import patient_contact
from temoin.testing.report import Doctor, Report
from temoin.transmission.channels.mssante.lines import hand_over, trust
from temoin.transmission.channels.mssante.settings import MssanteSettings
from temoin.transmission.report_courier import ReportCourier
from temoin.transmission.rules.rule_set import RuleSet


class SecureMailCourier(ReportCourier):
    """Carries messages to one kind of recipient through the operator."""

    def __init__(self, mail: MssanteSettings, *, demo: bool) -> None:
        super().__init__(demo=demo)
        self.mail = mail

    @abstractmethod
    def has_recipient(self, report: Report) -> bool:
        """Tell whether the signed version may go to this kind of recipient at all."""

    @abstractmethod
    def address(self, load: Load, report: Report) -> str:
        """Return where it goes; "" when nobody is there any more."""

    def wants(self, notice: Notice) -> bool:
        """Take a version that has a recipient, and a document the volume has words for."""
        report = notice.content
        return (
            super().wants(notice) and isinstance(report, Report) and has_document(report) and self.has_recipient(report)
        )

    def write(self, load: Load, report: Report) -> Consignment | Answer:
        address = self.address(load, report)
        if not address:
            return Answer(Verdict.REFUSED, "no_secure_address")
        envelope = SecureEnvelope(
            sender=self.mail.sender,
            recipient=address,
            destination=self.destination,
            sending=self.mail.sending,
            product=self.mail.product,
        )
        return Consignment(key=load.key, body=secure_message(report, envelope), address=address)

    async def carry(self, consignment: Consignment) -> Answer:
        try:
            context = self._trust
        except OSError:  # a file that is no certificate, or a key that is not its own: the operator's matter
            return Answer(Verdict.POSTPONED, "certificate_refused")
        return await asyncio.to_thread(hand_over, self.mail, context, self.destination, consignment)

    async def enquire(self, consignment: Consignment) -> Answer:
        """Answer that nothing is known: mail servers cannot be asked."""
        return Answer(Verdict.UNKNOWN, "not_askable")

    async def close(self) -> None:
        """Nothing is kept open between messages."""

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        return trust(self.mail)


class MssanteDoctorCourier(SecureMailCourier):
    """To the treating doctor, when the patient lets the result go there."""

    destination = "mssante-doctor"

    @property
    def enabled(self) -> bool:
        """Tell whether the operator of the site sends to doctors."""
        return self.mail.sends_to_doctors

    @property
    def rules(self) -> RuleSet:
        return self.mail.doctor_rules

    def has_recipient(self, report: Report) -> bool:
        """Tell whether a doctor was named when the result was signed."""
        return report.doctor is not None

    def address(self, load: Load, report: Report) -> str:
        """Return the doctor's mailbox, as it is written today if it is still the same doctor."""
        if report.doctor is None:
            return ""
        known = patient_contact(load.chain_id)
        return known.doctor_mailbox if _is_same(report.doctor, known) else report.doctor.mailbox


class MssantePatientCourier(SecureMailCourier):
    """To the patient's secure mailbox (Mon espace santé), whose address is the matricule of a qualified identity."""

    destination = "mssante-patient"

    @property
    def enabled(self) -> bool:
        """Tell whether the operator of the site sends to patients' secure mailboxes."""
        return self.mail.sends_to_patients

    @property
    def rules(self) -> RuleSet:
        return self.mail.patient_rules

    def has_recipient(self, report: Report) -> bool:
        """Tell whether the matricule may travel: another status of identity may not use it."""
        return report.patient.carries_matricule

    def address(self, load: Load, report: Report) -> str:
        return f"{report.patient.nir}@{PATIENTS}" if report.patient.carries_matricule else ""


def _is_same(doctor: Doctor, known: Traits) -> bool:
    """A mended address goes to the doctor who was named; a new doctor does not get what was signed for another."""
    named = (doctor.family_name, doctor.given_name)
    return bool(known.doctor_mailbox) and named == (known.doctor_family_name, known.doctor_given_name)
