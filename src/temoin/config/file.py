"""The settings file `temoin.toml`: read into frozen values, or refused with one sentence.

TEMOIN_CONFIG names the file. Relative paths count from the file's own folder. Secrets are never in the file,
only the paths of their files.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from temoin.api.settings import Api, read_api
from temoin.config.alarms import read_alarms
from temoin.config.channels import AnyChannel, all_channels
from temoin.config.hosting import Hosting, read_hosting
from temoin.config.journal import Journal, read_journal
from temoin.config.register import check_register_of_demo, read_register
from temoin.config.secrets import check_secret
from temoin.config.serving import Serving, read_serving
from temoin.config.session_times import SessionTimes, read_session_times
from temoin.delivery.channels.email.channel import EMAIL
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.lib.config_error import ConfigError
from temoin.lib.key_places import Keys, read_keys
from temoin.lib.private_socket import PORT, socket_folder
from temoin.lib.section import PORTS, Section, is_loopback
from temoin.lib.site import Site
from temoin.outbox.channel import Channel, S
from temoin.outbox.lateness import Alarms
from temoin.outbox.settings import read_rates
from temoin.oversight.reading_settings import ReadingPace, read_reading_pace
from temoin.pharmacies.register import RegisterSettings
from temoin.testing.settings import Counter, read_counter
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.of_the_site import Rules, check_alarms_in_time, read_rules
from temoin.transmission.rules.rule_set import RuleSet
from temoin.web.provider_settings import ProSanteConnect, read_pro_sante_connect

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
class Config:
    """Everything in the settings file."""

    file: Path
    folder: Path
    site: Site
    database: Database
    keys: Keys
    journal: Journal
    rules: Rules
    channels: Mapping[str, Any] = field(default_factory=dict)  # the settings of each channel that has a section
    hosting: Hosting | None = None
    api: Api = field(default_factory=Api)
    alarms: Alarms = field(default_factory=Alarms)
    sessions: SessionTimes = field(default_factory=SessionTimes)
    reading: ReadingPace = field(default_factory=ReadingPace)
    counter: Counter = field(default_factory=Counter)
    pro_sante_connect: ProSanteConnect | None = None
    register: RegisterSettings | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    serving: Serving = field(default_factory=Serving)

    @property
    def served(self) -> Path:
        """Return the folder whose files the sites hand to everyone."""
        return self.folder / "static"

    def of(self, channel: Channel[S]) -> S | None:
        """Return a channel's settings; None where the file has no section for it."""
        return cast("S | None", self.channels.get(channel.name))

    def with_channel(self, name: str, settings: Any) -> Config:
        """Return these settings with those of one channel changed."""
        return replace(self, channels={**self.channels, name: settings})

    @property
    def email(self) -> EmailSettings:
        """Return the site's mail server, which staff notices leave by as well."""
        return cast("EmailSettings", self.channels[EMAIL.name])

    @property
    def set_up(self) -> Iterator[tuple[AnyChannel, Any]]:
        """Return each channel that has a section, with its settings."""
        return ((each, self.channels[each.name]) for each in all_channels() if each.name in self.channels)

    @property
    def destinations(self) -> frozenset[str]:
        """Return the names of all that parcels go to here, switched off or on."""
        return frozenset(each.name for channel, _ in self.set_up for each in channel.destinations)

    @property
    def rule_sets(self) -> dict[str, RuleSet]:
        """Return the rule set of each destination that is switched on, by the destination's name."""
        ruled = ((channel, own) for channel, own in self.set_up if isinstance(channel, ReportChannel))
        return {name: rules for channel, own in ruled for name, rules in channel.rule_sets(own).items()}


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
        "api": lambda: read_api(root.section("api")) if root.has("api") else Api(),
        "alarms": lambda: read_alarms(root.section("alarms")) if root.has("alarms") else Alarms(),
        "sessions": lambda: read_session_times(root.section("sessions")) if root.has("sessions") else SessionTimes(),
        "reading": lambda: read_reading_pace(root.section("reading")) if root.has("reading") else ReadingPace(),
        "counter": lambda: read_counter(root.section("counter")) if root.has("counter") else Counter(),
        "journal": lambda: read_journal(root.section("journal"), folder),
        "hosting": lambda: read_hosting(root.section("hosting")) if root.has("hosting") else None,
        "pro_sante_connect": lambda: (
            read_pro_sante_connect(root.section("pro_sante_connect"), folder) if root.has("pro_sante_connect") else None
        ),
        "register": lambda: read_register(root.section("register"), folder) if root.has("register") else None,
        "rates": lambda: read_rates(root.section("rates")) if root.has("rates") else {},
        "serving": lambda: read_serving(root.section("serving")) if root.has("serving") else Serving(),
    }
    wanted = {each.name: each for each in all_channels() if each.is_required or root.has(each.name)}
    own = {name: partial(_channel, channel, root, rules, folder) for name, channel in wanted.items()}
    parts = _every_part({**readers, **own}, root.end)
    channels = {name: parts.pop(name) for name in wanted}
    config = Config(file=path, folder=folder, rules=rules, channels=channels, **parts)
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
        host, port = str(socket_folder(section.path("embedded", folder))), PORT
    else:
        host, port = section.required("host", str), section.number("port", PORTS, PORT)
    name = section.optional("name", str) or "temoin"
    pooled = section.optional("pooled", bool) or False
    section.end()
    return Database(host=host, port=port, name=name, pooled=pooled, passwords=files)


def _channel(channel: AnyChannel, root: Section, rules: Rules, folder: Path) -> Any:
    section = root.section(channel.name)
    return channel.read(section, folder, rules) if isinstance(channel, ReportChannel) else channel.read(section, folder)


def _keep_demonstration_home(config: Config) -> None:
    if not config.site.demo:
        for destination, rules in config.rule_sets.items():
            if rules.is_demonstration:
                raise ConfigError(
                    f'demo is false and {destination} goes by the rules "{rules.name}", which let everything go: name '
                    "the rule set of the real destination."
                )
        return
    for channel, own in config.set_up:
        for key, address in channel.places(own):
            if not is_loopback(address):
                raise ConfigError(
                    f"demo is true and [{channel.name}] {key} is not on this machine: demonstration data may only be "
                    "sent to the sandbox. Set it to the sandbox's, or demo to false on a system that never held "
                    "demonstration data."
                )
    check_register_of_demo(config.register)


def origin(url: str) -> tuple[str | None, int | None]:
    """Return host and port of an address."""
    parts = urlsplit(url)
    return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
