"""What the tests of secure messaging share: an operator with certificates, and how to reach it."""

from __future__ import annotations

from pathlib import Path

from certificates import Authority, Signed
from xdm_sending import SENDING

from temoin.sandbox.secure_mail import Certificates
from temoin.transmission.secure_mail import Encryption, SecureMail


class Trust:
    """One authority that signed the operator's certificate and ours."""

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.operator, self.ours = self.authority.sign("server"), self.authority.sign("ours")

    @property
    def certificates(self) -> Certificates:
        return Certificates(
            certificate=self.operator.certificate, key=self.operator.key, authorities=self.authority.file
        )

    def mail(self, port: int, *, ours: Signed | None = None) -> SecureMail:
        shown = ours or self.ours
        return SecureMail(
            host="127.0.0.1",
            port=port,
            enabled=True,
            encryption=Encryption.TLS,
            sender="pharmacie@operateur.mssante.fr",
            certificate=shown.certificate,
            key=shown.key,
            authorities=self.authority.file,
            doctor=True,
            patient=True,
            sending=SENDING,
        )
