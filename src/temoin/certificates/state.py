"""EU certificates that a state signs: a port that is shown hashes, and what is believed of its answers.

A state is asked once, as the letter is about to be sealed, and never waited for long: the letter leaves with our own
certificate and says that the state's is missing. Which service stands behind the port is a courier's matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Protocol

from temoin.catalogue.kits import kits
from temoin.crypto.signatures import PublicKeyError, SignatureName, read_certified_key
from temoin.formats.hcert.dcc_writing import State, eu_certificate, unique_identifier
from temoin.formats.hcert.hc1 import UnsignedHc1
from temoin.formats.hcert.issuing import Issuance
from temoin.formats.hcert.trusted import certified
from temoin.formats.hcert.uses import Use
from temoin.testing.report import Report

PAUSE = timedelta(minutes=1)  # after a trouble, in which a state is left alone
NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class StateSignature:
    """What a state answers: 64 bytes of ES256, and the certificate (DER) of the key that made them."""

    signature: bytes
    certificate: bytes


@dataclass(frozen=True)
class SignerFault:
    """Why there is no signature; `code` is a word of ours, and says nothing of anybody."""

    code: str


class StateSigner(Protocol):
    """Signs SHA-256 hashes: it answers for each, in order, within seconds, and raises nothing."""

    def sign(self, digests: Sequence[bytes]) -> list[StateSignature | SignerFault]: ...


@dataclass(frozen=True)
class PlannedCertificate:
    """An EU certificate that waits for its signature."""

    issue: Issuance
    unsigned: UnsignedHc1


@dataclass(frozen=True)
class StateCertificate:
    """One that is signed; the certificates beside it bear the same number and end with it."""

    issue: Issuance
    identifier: str
    text: str


@dataclass
class StateSigning:
    """A state, who signs for it, and until when it is left alone; of one process, for all its lanes."""

    state: State
    signer: StateSigner
    _away_until: float = 0.0

    def plan(self, report: Report, issue: Issuance) -> PlannedCertificate | None:
        """Return what is to be signed; None for a result of which the EU's certificate tells nothing."""
        unsigned = eu_certificate(report, issue, self.state, kit=_eu_list_number(report))
        return None if unsigned is None else PlannedCertificate(issue, unsigned)

    def sign(self, planned: Sequence[PlannedCertificate]) -> list[StateCertificate | SignerFault]:
        """Ask for all at once, outside of any transaction; after a trouble nothing is asked for a minute."""
        if monotonic() < self._away_until or not planned:
            return [SignerFault(NOT_ASKED) for _ in planned]
        answers = self.signer.sign([one.unsigned.digest for one in planned])
        made = [self._made(one, answer) for one, answer in zip(planned, answers, strict=True)]
        if any(isinstance(one, SignerFault) for one in made):
            self._away_until = monotonic() + PAUSE.total_seconds()
        return made

    def _made(
        self, planned: PlannedCertificate, answer: StateSignature | SignerFault
    ) -> StateCertificate | SignerFault:
        if isinstance(answer, SignerFault):
            return answer
        issue, unsigned = planned.issue, planned.unsigned
        try:
            held, key = read_certified_key(answer.certificate), certified(answer.certificate)
        except PublicKeyError:
            return SignerFault("certificate_unreadable")
        if not key.key.verifies(SignatureName.ES256, unsigned.message, answer.signature):
            return SignerFault("signature_wrong")
        # Verifiers refuse what a key signed that is for something else, or outside of its time.
        if Use.TEST not in key.uses:
            return SignerFault("key_not_for_tests")
        if not held.not_before <= issue.issued_at or issue.expires_at > held.not_after:
            return SignerFault("key_ends_before")
        identifier = unique_identifier(self.state.country, issue.number)
        return StateCertificate(issue, identifier, unsigned.signed(answer.signature, held.key_id))


def _eu_list_number(report: Report) -> str:
    """Return the number in the EU's common list of the kit that a result names; "" for one that is not there."""
    named = report.device.manufacturer, report.device.name
    return next((kit.eu_list for kit in kits() if (kit.manufacturer, kit.name) == named), "")
