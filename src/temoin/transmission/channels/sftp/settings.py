"""The section [sftp]: a receiver of files, where it listens, and by what each side knows the other."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section
from temoin.transmission.rules.of_the_site import Rules
from temoin.transmission.rules.rule_set import RuleSet


@dataclass(frozen=True, kw_only=True)
class SftpSettings:
    """Where it is, by what each side knows the other, and where files and their acknowledgements lie."""

    host: str
    port: int
    user: str
    key: Path  # our private key
    host_keys: Path  # the receiver's public keys, one on each line: no other is ever trusted
    folder: str
    acknowledgements: str
    enabled: bool
    rules: RuleSet
    daily_at: int | None = None  # hour of the pharmacy; None: each result goes at once


_PUBLIC_KEY = re.compile(r"(ssh-|ecdsa-|sk-)[a-z0-9@.\-]+ [A-Za-z0-9+/=]{40,}( .*)?")


def read_sftp(section: Section, folder: Path, rules: Rules) -> SftpSettings:
    """Read the section; a receiver whose host key is not given is refused."""
    enabled = section.required("enabled", bool)
    box = SftpSettings(
        host=section.required("host", str),
        port=section.port(),
        enabled=enabled,
        rules=rules.named_in(section, enabled=enabled),
        user=section.required("user", str),
        key=section.path("key", folder),
        host_keys=section.path("host_keys", folder),
        folder=section.required("folder", str).rstrip("/"),
        acknowledgements=section.required("acknowledgements", str).rstrip("/"),
        daily_at=section.optional("daily_at", int),
    )
    section.end()
    if box.folder == box.acknowledgements:
        raise section.wrong("acknowledgements", "must be another folder than folder")
    if box.daily_at is not None and not 0 <= box.daily_at < 24:
        raise section.wrong("daily_at", "must be an hour from 0 to 23")
    return box


def check_sftp_files(box: SftpSettings) -> None:
    """Refuse to go on without the receiver's host keys: one learnt at the first connection may be anybody's."""
    try:
        lines = [line.strip() for line in box.host_keys.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"The file {box.host_keys} of [sftp] cannot be read: restore it from its copy.") from None
    keys = [line for line in lines if line and not line.startswith("#")]
    if not keys or not all(_PUBLIC_KEY.fullmatch(line) for line in keys):
        raise ConfigError(
            f"The file {box.host_keys} of [sftp] must hold the receiver's public host keys, one on each line, "
            "as its operator gives them: ssh-ed25519 AAAA…"
        )
