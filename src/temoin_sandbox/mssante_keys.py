"""The certificates of both sides of the secure messaging, made once for a demonstration."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import trustme

OURS = "pharmacie.mssante.fr"


@dataclass(frozen=True, slots=True)
class MailFiles:
    """The files of both sides, and of who signed their certificates."""

    folder: Path

    @property
    def authorities(self) -> Path:
        return self.folder / "authorities.pem"

    @property
    def server(self) -> tuple[Path, Path]:
        return self.folder / "server.pem", self.folder / "server.key"

    @property
    def ours(self) -> tuple[Path, Path]:
        return self.folder / "ours.pem", self.folder / "ours.key"


def make_mail_files(folder: Path, host: str) -> MailFiles:
    """Make them all, unless they are there: a folder whose making was cut short is made anew."""
    files = MailFiles(folder)
    if files.authorities.exists():
        return files
    folder.mkdir(mode=0o700, exist_ok=True)
    signer = trustme.CA()
    for (certificate, key), name in ((files.server, host), (files.ours, OURS)):
        issued = signer.issue_cert(name)
        certificate.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.unlink(missing_ok=True)
        handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(issued.private_key_pem.bytes())
    files.authorities.write_bytes(signer.cert_pem.bytes())  # last: it says that all is there
    return files
