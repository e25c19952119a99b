"""The ways by which a demonstration's results go to the authority and to doctors: settings and sandbox of each.

Another courier is one more line of WAYS.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from temoin.cli.demo_ports import LOOPBACK, Ports
from temoin.sandbox.mssante_keys import make_mail_files
from temoin.sandbox.sftp_keys import KeyFiles, make_key_files

FIRST_WAY = "fhir"

# The section of FHIR is there in any case: it says itself whether results go that way.
AUTHORITY = """[authority]
base_url = "{sandbox}/fhir"
enabled = {enabled}
rules = "demonstration"
"""
MLLP = """
[mllp]
host = "{host}"
port = {ports.mllp}
enabled = true
rules = "demonstration"
profile = "elr"
tls = false
"""
SFTP = """
[sftp]
host = "{host}"
port = {ports.sftp}
enabled = true
rules = "demonstration"
user = "temoin"
key = "keys/sftp-ours.key"
host_keys = "keys/sftp-host.pub"
folder = "/results"
acknowledgements = "/acknowledgements"
"""
MSSANTE = """
[mssante]
host = "{host}"
port = {ports.mssante}
enabled = true
encryption = "tls"
sender = "pharmacie@demonstration.mssante.fr"
certificate = "keys/mssante/ours.pem"
key = "keys/mssante/ours.key"
authorities = "keys/mssante/authorities.pem"
doctor = true
patient = true
doctor_rules = "demonstration"
patient_rules = "demonstration"
source_id = "1.2.250.1.999.1"
"""


@dataclass(frozen=True)
class Way:
    """A section of the settings file, and the sandbox's words, in which names in braces are filled in."""

    section: str = ""
    sandbox: tuple[str, ...] = ()


WAYS = {
    FIRST_WAY: Way(),
    "mllp": Way(MLLP, ("--mllp-port", "{ports.mllp}")),
    "sftp": Way(
        SFTP,
        ("--sftp-port", "{ports.sftp}", "--sftp-host-key", "{keys.host}", "--sftp-user-key", "{keys.user_public}"),
    ),
    "mssante": Way(MSSANTE, ("--mssante-port", "{ports.mssante}", "--mssante-certificates", "{keys.folder}/mssante")),
}


def ways_settings(through: Collection[str], ports: Ports, keys: Path) -> str:
    """Return the sections of the ways chosen, and make the keys they name."""
    if "sftp" in through:
        make_key_files(keys)
    if "mssante" in through:
        make_mail_files(keys / "mssante", LOOPBACK)
    enabled = str(FIRST_WAY in through).lower()
    sections = [AUTHORITY, *(WAYS[name].section for name in through)]
    known = {"host": LOOPBACK, "ports": ports, "sandbox": ports.url(ports.sandbox), "enabled": enabled}
    return "".join(section.format(**known) for section in sections)


def sandbox_words(through: Collection[str], ports: Ports, keys: Path) -> list[str]:
    """Return the command line of a sandbox that listens to the ways chosen."""
    words = ["sandbox", "--port", str(ports.sandbox), "--smtp-port", str(ports.smtp)]
    more = [word for name in through for word in WAYS[name].sandbox]
    return words + [word.format(ports=ports, keys=KeyFiles(keys)) for word in more]
