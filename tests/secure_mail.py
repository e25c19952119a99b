"""What the tests of secure messaging share: an operator with certificates, and how to reach it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import trustme
from xdm_sending import SENDING

from temoin.lib.clock import now
from temoin.transmission.channels.mssante.settings import AlwaysEncrypted, MssanteSettings
from temoin.transmission.rules.loading import load_rule_sets
from temoin_sandbox.secure_mail import Certificates


@dataclass(frozen=True)
class Signed:
    """A certificate and its key, as files."""

    certificate: Path
    key: Path


class Authority:
    """Signs certificates into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._signer = folder, trustme.CA()
        self.file = folder / "authorities.pem"
        self._signer.cert_pem.write_to_path(self.file)

    def sign(self, name: str, *, lasting: timedelta = timedelta(days=1)) -> Signed:
        """Sign a certificate for 127.0.0.1."""
        made = self._signer.issue_cert("127.0.0.1", common_name=name, not_after=now() + lasting)
        signed = Signed(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        made.cert_chain_pems[0].write_to_path(signed.certificate)
        made.private_key_pem.write_to_path(signed.key)
        signed.key.chmod(0o600)
        return signed


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

    def mail(self, port: int, *, ours: Signed | None = None) -> MssanteSettings:
        shown = ours or self.ours
        return MssanteSettings(
            host="127.0.0.1",
            port=port,
            enabled=True,
            encryption=AlwaysEncrypted.TLS,
            sender="pharmacie@operateur.mssante.fr",
            certificate=shown.certificate,
            key=shown.key,
            authorities=self.authority.file,
            doctor=True,
            patient=True,
            doctor_rules=load_rule_sets()["demonstration"],
            patient_rules=load_rule_sets()["demonstration"],
            source_id=SENDING.source_id,
            class_code=SENDING.class_code,
            content_type=SENDING.content_type,
        )
