"""What couriers of links have in common: the patient's letter is sealed once, and every try carries the same link."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar
from uuid import UUID

from temoin.delivery.actions import letter_is_open, lock_letters, seal_letter_for
from temoin.delivery.letters import opened_versions
from temoin.delivery.state_certificates import Foreseen, ask_state, foresee, versions_of
from temoin.lib.commit import Commit
from temoin.lib.site import Site
from temoin.outbox.actions import replace_waiting_parcels
from temoin.outbox.courier import Answer, AnsweredLoad, Consignment, Load, Notice, Verdict
from temoin.outbox.queries import kept_in_parcel, was_posted_anew
from temoin.patients.traits import Traits
from temoin.pharmacies.models import Pharmacy
from temoin.testing.queries import latest_number, patient_contact
from temoin.testing.tickets import has_key


class LinkCourier(ABC):
    """Makes the patient's letter and brings its link by one way; the destination is that way's name."""

    destination: str
    no_address: ClassVar[str]  # code of the answer where the patient cannot be reached that way

    def __init__(self, site: Site) -> None:
        self._site = site

    def wants(self, notice: Notice) -> bool:
        return self.destination in notice.reachable_by

    def supersede(self, commit: Commit, notice: Notice) -> None:
        """End the former version's unsent message at once."""
        replace_waiting_parcels(commit, self.destination, notice.chain_id)

    def foresee(self, load: Load) -> Foreseen | None:
        """Return what a state is to sign for a letter, if one does."""
        return foresee(load)

    def ask_outside(self, questions: Sequence[Foreseen]) -> Sequence[Foreseen]:
        return ask_state(questions)

    def prepare(self, load: Load) -> Consignment | Answer:
        """Seal the letter on the first try; later tries carry the link that the parcel keeps.

        The address is always today's: it may have been mended since the former one was refused.
        """
        # Opened before anything is asked for it: a parcel that somebody made say something else goes nowhere.
        kept = kept_in_parcel(load, load.sealed) if load.sealed is not None else None
        lock_letters(load.chain_id)
        if latest_number(load.chain_id) != load.sequence:
            return Answer(Verdict.REPLACED, "newer_version")
        patient = patient_contact(load.chain_id)
        if patient.way not in {"", self.destination}:
            return Answer(Verdict.REFUSED, "way_not_wanted")  # taken back since the signature
        if not self.address_of(patient):
            return Answer(Verdict.REFUSED, self.no_address)
        if kept is not None:
            return self._again(load, kept, patient)
        if was_posted_anew(load):
            return Answer(Verdict.REPLACED, "newer_letter")
        if not has_key(load.chain_id):
            return Answer(Verdict.REFUSED, "no_code")
        foreseen = _foreseen(load)
        if foreseen.versions[-1].is_demo and not self._site.demo:
            return Answer(Verdict.REFUSED, "demonstration")  # an invented person's address may be somebody's
        return self._message(load, _sealed(load, foreseen, patient.language), patient)

    def _again(self, load: Load, kept: Mapping[str, str], patient: Traits) -> Consignment | Answer:
        if not letter_is_open(UUID(kept["letter"])):
            return Answer(Verdict.REPLACED, "newer_letter")  # the ticket was renewed: this link is dead
        return self._message(load, kept["fragment"], patient)

    def _message(self, load: Load, fragment: str, patient: Traits) -> Consignment:
        place = Pharmacy.objects.get(id=load.pharmacy_id)
        body = self.body_of(load, f"{self._site.portal_url}/#{fragment}", patient.language, place)
        return Consignment(key=load.key, body=body, address=self.address_of(patient), is_secret=True)

    @abstractmethod
    def address_of(self, patient: Traits) -> str:
        """Return where the patient is reached this way; "" for nowhere."""

    @abstractmethod
    def body_of(self, load: Load, link: str, language: str, place: Pharmacy) -> bytes:
        """Return the message, without a health word."""


def _foreseen(load: Load) -> Foreseen:
    if isinstance(load, AnsweredLoad) and isinstance(load.brought, Foreseen):
        return load.brought
    return Foreseen(versions_of(load), None)


def _sealed(load: Load, foreseen: Foreseen, language: str) -> str:
    """Seal the letter, which tells what it changes: of the version that the patient opened last, else of the last."""
    *former, report = foreseen.versions
    read = opened_versions(load.chain_id)
    known = [one for one in former if one.version in read] or former
    before = known[-1] if known else None
    return seal_letter_for(load=load, report=report, former=before, language=language, state=foreseen.state)
