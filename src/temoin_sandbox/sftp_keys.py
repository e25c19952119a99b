"""The keys of both sides of the authority over SFTP, made once for a demonstration or a test."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import asyncssh


@dataclass(frozen=True, slots=True)
class KeyFiles:
    """The four files: private and public key of the host and of the sender's account."""

    folder: Path

    @property
    def host(self) -> Path:
        return self.folder / "sftp-host.key"

    @property
    def host_public(self) -> Path:
        return self.folder / "sftp-host.pub"

    @property
    def user(self) -> Path:
        return self.folder / "sftp-ours.key"

    @property
    def user_public(self) -> Path:
        return self.folder / "sftp-ours.pub"


def make_key_files(folder: Path) -> KeyFiles:
    """Make what is missing in the folder; keys that exist stay."""
    files = KeyFiles(folder)
    for private, public in ((files.host, files.host_public), (files.user, files.user_public)):
        if not private.exists():
            key = make_key()
            public.write_bytes(key.export_public_key())
            handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(key.export_private_key())
    return files


def make_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")
