"""The settings file `temoin.toml`: read into frozen values, or refused with one sentence.

TEMOIN_CONFIG names the file. Relative paths count from the file's own folder. Secrets are never in the file,
only the paths of their files.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from temoin.config.embedded import PORT, EmbeddedServer
from temoin.config.errors import ConfigError
from temoin.config.secrets import ROOT_KEY_BYTES, check_secret

VARIABLE = "TEMOIN_CONFIG"
DATABASE_ROLES = ("owner", "app", "worker", "portal", "sealer")

Value = TypeVar("Value", str, int, bool)


class Process(StrEnum):
    """The kinds of process; each signs in to the database with its own role and holds its own secrets."""

    STAFF = "staff"
    PORTAL = "portal"
    WORKER = "worker"
    OWNER = "owner"
    SEALER = "sealer"

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
class Keys:
    """The root key that wraps all data keys, and the key that signs sessions: both outside the database."""

    root: Path
    django: Path


@dataclass(frozen=True, kw_only=True)
class Authority:
    """The receiver of results."""

    base_url: str
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The mail server that carries links to patients."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    user: str | None
    password_file: Path | None


@dataclass(frozen=True, kw_only=True)
class WitnessAddress:
    """A witness of the journal, and the public key of its signatures."""

    url: str
    vkey: str


@dataclass(frozen=True, kw_only=True)
class Journal:
    """The journal's name in the world, the key that signs its checkpoints, and who is shown them."""

    origin: str
    key: Path
    folder: Path
    witnesses: Mapping[str, WitnessAddress]


@dataclass(frozen=True, kw_only=True)
class Config:
    """Everything in the settings file."""

    folder: Path
    site: Site
    database: Database
    keys: Keys
    authority: Authority
    mail: Mail
    journal: Journal


def read_config(path: Path) -> Config:
    """Read and check the settings file; secrets themselves are checked by `check_secrets`."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(
            f"The settings file {path} cannot be read: set {VARIABLE} to the path of temoin.toml."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}") from None
    folder = path.resolve().parent
    root = _Section(path.name, "", content)
    config = Config(
        folder=folder,
        site=_site(root.section("site")),
        database=_database(root.section("database"), folder),
        keys=_keys(root.section("keys"), folder),
        authority=_authority(root.section("authority")),
        mail=_mail(root.section("mail"), folder),
        journal=_journal(root.section("journal"), folder),
    )
    root.end()
    _keep_demonstration_home(config)
    return config


def read_named_config() -> Config | None:
    """Read the file that TEMOIN_CONFIG names; None when it names none."""
    named = os.environ.get(VARIABLE)
    return read_config(Path(named)) if named else None


def check_secrets(config: Config, process: Process) -> None:
    """Refuse to start a process one of whose secret files is missing, broken or readable by others."""
    check_secret(config.database.passwords[process.role], f"password of temoin_{process.role}")
    if process is Process.PORTAL:
        return  # the patients' site has no right to any key
    if process is Process.SEALER:
        _check_key(config.journal.key, "journal key")
        return  # the sealer signs, and opens nothing
    if process is Process.STAFF:
        check_secret(config.keys.django, "session key")
    _check_key(config.keys.root, "root key")
    if config.mail.password_file is not None:
        check_secret(config.mail.password_file, "mail password")


def _check_key(path: Path, noun: str) -> None:
    check_secret(path, noun)
    if path.stat().st_size != ROOT_KEY_BYTES:
        raise ConfigError(f"The {noun} file {path} must hold exactly {ROOT_KEY_BYTES} bytes: restore it from its copy.")


class _Section:
    """One table of the file, which remembers the keys asked for and refuses the others."""

    def __init__(self, file: str, name: str, content: Mapping[str, object]) -> None:
        self._file = file
        self._name = name
        self._content = content
        self._asked: set[str] = set()

    def section(self, name: str) -> _Section:
        self._asked.add(name)
        content = self._content.get(name)
        full = f"{self._name}.{name}".lstrip(".")
        if not isinstance(content, dict):
            raise ConfigError(f"{self._file}: the section [{full}] is missing: add it.")
        return _Section(self._file, full, content)

    def sections(self) -> dict[str, _Section]:
        """Return every table in this one, by name."""
        return {name: self.section(name) for name, value in self._content.items() if isinstance(value, dict)}

    def optional(self, key: str, kind: type[Value]) -> Value | None:
        self._asked.add(key)
        value = self._content.get(key)
        if value is None:
            return None
        if type(value) is not kind:  # exactly: True is an int to Python, not to a reader of the file
            raise self.wrong(key, f"must be a {_WORDS[kind]}")
        if isinstance(value, str) and not value:
            raise self.wrong(key, "is empty")
        return value

    def required(self, key: str, kind: type[Value]) -> Value:
        value = self.optional(key, kind)
        if value is None:
            raise self.wrong(key, "is missing")
        return value

    def path(self, key: str, folder: Path) -> Path:
        return folder / self.required(key, str)

    def url(self, key: str) -> str:
        return self._checked_url(key, self.required(key, str))

    def optional_url(self, key: str) -> str | None:
        value = self.optional(key, str)
        return None if value is None else self._checked_url(key, value)

    def _checked_url(self, key: str, value: str) -> str:
        try:
            parts = urlsplit(value)
            named = parts.hostname and (parts.port is None or parts.port > 0)
        except ValueError:
            named = None
        if not named or parts.scheme not in {"http", "https"} or parts.query or parts.fragment or parts.username:
            raise self.wrong(key, "must be an address like https://temoin.example.fr")
        return value.rstrip("/")

    def word(self, key: str, parse: Callable[[str], MailSecurity]) -> MailSecurity:
        try:
            return parse(self.required(key, str))
        except ValueError:
            raise self.wrong(key, f"must be one of {', '.join(MailSecurity)}") from None

    def has(self, key: str) -> bool:
        return key in self._content

    def wrong(self, key: str, reason: str) -> ConfigError:
        place = f" in [{self._name}]" if self._name else ""
        return ConfigError(f"{self._file}: {key}{place} {reason}.")

    def end(self) -> None:
        for key in self._content:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                raise self.wrong(key, f"is not a setting; the settings there are {known}")


_WORDS: Mapping[type, str] = {str: "text between quotes", int: "whole number", bool: "true or false"}


def _site(section: _Section) -> Site:
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


def _database(section: _Section, folder: Path) -> Database:
    passwords = section.section("passwords")
    files = {role: passwords.path(role, folder) for role in DATABASE_ROLES}
    passwords.end()
    if section.has("embedded") and section.has("host"):
        raise section.wrong("host", "cannot stand beside embedded: keep one of the two")
    if section.has("embedded"):
        host, port = str(EmbeddedServer(section.path("embedded", folder)).socket_folder()), PORT
    else:
        host, port = section.required("host", str), section.optional("port", int) or PORT
    name = section.optional("name", str) or "temoin"
    pooled = section.optional("pooled", bool) or False
    section.end()
    return Database(host=host, port=port, name=name, pooled=pooled, passwords=files)


def _keys(section: _Section, folder: Path) -> Keys:
    keys = Keys(root=section.path("root", folder), django=section.path("django", folder))
    section.end()
    return keys


def _authority(section: _Section) -> Authority:
    authority = Authority(base_url=section.url("base_url"), enabled=section.required("enabled", bool))
    section.end()
    if authority.base_url.startswith("http://") and not is_loopback(authority.base_url):
        raise section.wrong("base_url", "must be https: results do not travel in clear")
    return authority


def _mail(section: _Section, folder: Path) -> Mail:
    mail = Mail(
        host=section.required("host", str),
        port=section.required("port", int),
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


def _journal(section: _Section, folder: Path) -> Journal:
    witnesses = section.section("witnesses").sections() if section.has("witnesses") else {}
    journal = Journal(
        origin=section.required("origin", str),
        key=section.path("key", folder),
        folder=section.path("folder", folder),
        witnesses={name: _witness(one) for name, one in witnesses.items()},
    )
    section.end()
    if any(letter.isspace() or letter == "+" for letter in journal.origin):
        raise section.wrong("origin", "must be a name like temoin.example.fr/journal, without space or plus")
    return journal


def _witness(section: _Section) -> WitnessAddress:
    witness = WitnessAddress(url=section.url("url"), vkey=section.required("vkey", str))
    section.end()
    return witness


def _keep_demonstration_home(config: Config) -> None:
    if not config.site.demo:
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


def is_loopback(url: str) -> bool:
    """Tell whether the address is this machine itself."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: str) -> tuple[str | None, int | None]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
