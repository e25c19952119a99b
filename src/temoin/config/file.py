"""The settings file `temoin.toml`: read into frozen values, or refused with one sentence.

TEMOIN_CONFIG names the file. Relative paths count from the file's own folder. Secrets are never in the file,
only the paths of their files.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from temoin.config.alarms import read_alarms
from temoin.config.api import Api, read_api
from temoin.config.authority import read_authority
from temoin.config.embedded import PORT, EmbeddedServer
from temoin.config.hosting import Hosting, read_hosting
from temoin.config.journal import Journal, read_journal
from temoin.config.keys import Keys, read_keys
from temoin.config.mllp import read_mllp
from temoin.config.mssante import read_mssante
from temoin.config.pro_sante_connect import ProSanteConnect, read_pro_sante_connect
from temoin.config.rates import read_rates
from temoin.config.reading import ReadingPace, read_reading_pace
from temoin.config.returned import read_returned
from temoin.config.secrets import check_secret
from temoin.config.serving import Serving, read_serving
from temoin.config.session_times import SessionTimes, read_session_times
from temoin.config.sftp import read_sftp
from temoin.delivery.returned import Returned
from temoin.lib.config_error import ConfigError
from temoin.lib.section import PORTS, Section, is_loopback
from temoin.outbox.lateness import Alarms
from temoin.transmission.authority import Authority
from temoin.transmission.drop_box import DropBox
from temoin.transmission.receiver import Receiver
from temoin.transmission.rules.of_the_site import Rules, check_alarms_in_time, read_rules
from temoin.transmission.rules.rule_set import RuleSet
from temoin.transmission.secure_mail import SecureMail

VARIABLE = "TEMOIN_CONFIG"
DATABASE_ROLES = ("owner", "app", "worker", "portal", "keeper", "sealer")


class Process(StrEnum):
    """The kinds of process; each signs in to the database with its own role and holds its own secrets."""

    STAFF = "staff"
    PORTAL = "portal"
    WORKER = "worker"
    OWNER = "owner"
    KEEPER = "keeper"  # turns keys: `temoin keys`
    SEALER = "sealer"  # seals the journal, and verifies it

    @property
    def role(self) -> str:
        """Return the short name of the process's database role."""
        return "app" if self is Process.STAFF else self.value


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, kw_only=True)
class Site:
    """The addresses people use; `demo` marks every page and keeps results away from any real authority."""

    demo: bool
    staff_url: str
    portal_url: str
    sandbox_url: str | None


@dataclass(frozen=True, kw_only=True)
class Database:
    """Where PostgreSQL is, whether a pooler stands before it, and the file of each role's password."""

    host: str
    port: int
    name: str
    pooled: bool
    passwords: Mapping[str, Path]

    def password(self, role: str) -> str:
        """Return a role's password, read from its file."""
        path = self.passwords[role]
        check_secret(path, f"password of temoin_{role}")
        return path.read_text(encoding="utf-8").strip()


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The mail server that carries links to patients."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    user: str | None
    password_file: Path | None
    returned: Returned | None = None


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything in the settings file."""

    file: Path
    folder: Path
    site: Site
    database: Database
    keys: Keys
    authority: Authority
    mail: Mail
    journal: Journal
    rules: Rules
    hosting: Hosting | None = None
    api: Api = field(default_factory=Api)
    alarms: Alarms = field(default_factory=Alarms)
    sessions: SessionTimes = field(default_factory=SessionTimes)
    reading: ReadingPace = field(default_factory=ReadingPace)
    pro_sante_connect: ProSanteConnect | None = None
    mllp: Receiver | None = None
    mssante: SecureMail | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    sftp: DropBox | None = None
    serving: Serving = field(default_factory=Serving)

    @property
    def served(self) -> Path:
        """Return the folder whose files the sites hand to everyone."""
        return self.folder / "static"

    @property
    def destinations(self) -> frozenset[str]:
        """Return the names of all that parcels go to here, switched off or on."""
        named = {"authority", "patient-email"}
        named |= set() if self.mllp is None else {"authority-hl7"}
        named |= set() if self.sftp is None else {"authority-csv"}
        return frozenset(named if self.mssante is None else named | {"mssante-doctor", "mssante-patient"})

    @property
    def rule_sets(self) -> dict[str, RuleSet]:
        """Return the rule set of each destination that is switched on, by the destination's name."""
        named = {"authority": self.authority.rules} if self.authority.enabled else {}
        if self.mllp is not None and self.mllp.enabled:
            named["authority-hl7"] = self.mllp.rules
        if self.mssante is not None and self.mssante.sends_to_doctors:
            named["mssante-doctor"] = self.mssante.doctor_rules
        if self.mssante is not None and self.mssante.sends_to_patients:
            named["mssante-patient"] = self.mssante.patient_rules
        if self.sftp is not None and self.sftp.enabled:
            named["authority-csv"] = self.sftp.rules
        return named


def read_config(path: Path) -> Config:
    """Read and check the settings file; `config.checks` checks the secrets themselves."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(
            f"The settings file {path} cannot be read: set {VARIABLE} to the path of temoin.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}") from None
    folder = path.resolve().parent
    root = Section(path.name, "", content)
    rules = read_rules(root, folder)
    readers: dict[str, Callable[[], Any]] = {
        "site": lambda: _site(root.section("site")),
        "database": lambda: _database(root.section("database"), folder),
        "keys": lambda: read_keys(root.section("keys"), folder),
        "authority": lambda: read_authority(root.section("authority"), folder, rules),
        "mail": lambda: _mail(root.section("mail"), folder),
        "api": lambda: read_api(root.section("api")) if root.has("api") else Api(),
        "alarms": lambda: read_alarms(root.section("alarms")) if root.has("alarms") else Alarms(),
        "sessions": lambda: read_session_times(root.section("sessions")) if root.has("sessions") else SessionTimes(),
        "reading": lambda: read_reading_pace(root.section("reading")) if root.has("reading") else ReadingPace(),
        "journal": lambda: read_journal(root.section("journal"), folder),
        "hosting": lambda: read_hosting(root.section("hosting")) if root.has("hosting") else None,
        "pro_sante_connect": lambda: (
            read_pro_sante_connect(root.section("pro_sante_connect"), folder) if root.has("pro_sante_connect") else None
        ),
        "mllp": lambda: read_mllp(root.section("mllp"), folder, rules) if root.has("mllp") else None,
        "mssante": lambda: read_mssante(root.section("mssante"), folder, rules) if root.has("mssante") else None,
        "rates": lambda: read_rates(root.section("rates")) if root.has("rates") else {},
        "serving": lambda: read_serving(root.section("serving")) if root.has("serving") else Serving(),
        "sftp": lambda: read_sftp(root.section("sftp"), folder, rules) if root.has("sftp") else None,
    }
    config = Config(file=path, folder=folder, rules=rules, **_every_part(readers, root.end))
    _keep_demonstration_home(config)
    check_alarms_in_time(config.rule_sets, config.alarms.minutes)
    return config


def _every_part(readers: Mapping[str, Callable[[], Any]], end: Callable[[], None]) -> dict[str, Any]:
    """Read every section, so that whoever writes the file learns of all faults at once: the first of each section."""
    parts: dict[str, Any] = {}
    faults: list[str] = []
    for name, read in (*readers.items(), ("", end)):
        try:
            parts[name] = read()
        except ConfigError as error:
            faults.append(str(error))
    if faults:
        raise ConfigError("\n".join(faults))
    del parts[""]
    return parts


def read_named_config() -> Config | None:
    """Read the file that TEMOIN_CONFIG names; None when it names none."""
    named = os.environ.get(VARIABLE)
    return read_config(Path(named)) if named else None


def _site(section: Section) -> Site:
    site = Site(
        demo=section.required("demo", bool),
        staff_url=section.url("staff_url"),
        portal_url=section.url("portal_url"),
        sandbox_url=section.optional_url("sandbox_url"),
    )
    section.end()
    for key, url in (("staff_url", site.staff_url), ("portal_url", site.portal_url)):
        if url.startswith("http://") and not is_loopback(url):
            raise section.wrong(key, "must be https: only this machine's own addresses may go without")
    if origin(site.staff_url) == origin(site.portal_url):
        raise section.wrong("portal_url", "must be another host or port than staff_url")
    return site


def _database(section: Section, folder: Path) -> Database:
    passwords = section.section("passwords")
    files = {role: passwords.path(role, folder) for role in DATABASE_ROLES}
    passwords.end()
    if section.has("embedded") and section.has("host"):
        raise section.wrong("host", "cannot stand beside embedded: keep one of the two")
    if section.has("embedded"):
        host, port = str(EmbeddedServer(section.path("embedded", folder)).socket_folder()), PORT
    else:
        host, port = section.required("host", str), section.number("port", PORTS, PORT)
    name = section.optional("name", str) or "temoin"
    pooled = section.optional("pooled", bool) or False
    section.end()
    return Database(host=host, port=port, name=name, pooled=pooled, passwords=files)


def _mail(section: Section, folder: Path) -> Mail:
    mail = Mail(
        returned=read_returned(section.section("returned"), folder) if section.has("returned") else None,
        host=section.required("host", str),
        port=section.port(),
        security=section.word("security", MailSecurity),
        sender=section.required("sender", str),
        user=section.optional("user", str),
        password_file=section.path("password_file", folder) if section.has("password_file") else None,
    )
    section.end()
    if (mail.user is None) != (mail.password_file is None):
        raise section.wrong("user", "and password_file go together: give both or neither")
    if mail.security is MailSecurity.NONE and not is_loopback(f"//{mail.host}"):
        raise section.wrong("security", "may be none on this machine only: use starttls or tls")
    return mail


def _keep_demonstration_home(config: Config) -> None:
    if not config.site.demo:
        for destination, rules in config.rule_sets.items():
            if rules.is_demonstration:
                raise ConfigError(
                    f'demo is false and {destination} goes by the rules "{rules.name}", which let everything go: name '
                    "the rule set of the real destination."
                )
        return
    if not is_loopback(config.authority.base_url):
        raise ConfigError(
            "demo is true and [authority] base_url is not on this machine: demonstration data may only be "
            "sent to the sandbox. Set base_url to the sandbox, or demo to false on a system that never "
            "held demonstration data."
        )
    if not is_loopback(f"//{config.mail.host}"):
        raise ConfigError(
            "demo is true and [mail] host is not on this machine: messages of a demonstration go to the "
            "sandbox mailbox. Set host to 127.0.0.1."
        )
    receivers = {"mllp": config.mllp, "sftp": config.sftp, "mssante": config.mssante}
    for name, receiver in receivers.items():
        if receiver is not None and not is_loopback(f"//{receiver.host}"):
            raise ConfigError(
                f"demo is true and [{name}] host is not on this machine: demonstration data may only be sent to the "
                "sandbox. Set host to 127.0.0.1."
            )


def origin(url: str) -> tuple[str | None, int | None]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
