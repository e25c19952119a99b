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
from typing import Any, TypeVar, cast

from temoin.api.listening_settings import AstmSettings, Hl7Settings
from temoin.api.settings import Api
from temoin.certificates.settings import StateSettings
from temoin.delivery.channels.email.channel import EMAIL
from temoin.delivery.channels.email.settings import EmailSettings
from temoin.journal.settings import Journal
from temoin.lib.config_error import ConfigError
from temoin.lib.key_places import Keys
from temoin.lib.section import is_loopback, missing_section, origin, read_section, unknown_setting
from temoin.lib.site import Site
from temoin.officers.settings import AuthoritySettings
from temoin.outbox.channel import Channel, S
from temoin.outbox.lateness import Alarms
from temoin.outbox.settings import Rates
from temoin.oversight.reading_settings import ReadingPace
from temoin.pharmacies.register import RegisterSettings
from temoin.portal.settings import CertificateSettings
from temoin.retention.settings import Retention
from temoin.settings.channels import AnyChannel, all_channels
from temoin.settings.database import Database
from temoin.settings.hosting import Hosting
from temoin.settings.serving import Serving
from temoin.settings.session_times import SessionTimes
from temoin.settings.watching import Logs, Metrics
from temoin.testing.settings import Counter
from temoin.transmission.report_channel import ReportChannel
from temoin.transmission.rules.of_the_site import Rules, RulesSection, check_alarms_in_time, rules_of_the_site
from temoin.transmission.rules.rule_set import RuleSet
from temoin.web.provider_settings import ProSanteConnect
from temoin.webhooks.settings import WebhookSettings

T = TypeVar("T")
VARIABLE = "TEMOIN_CONFIG"
COPY = "TEMOIN_DATABASE_COPY"  # a folder with a restored copy, set for the commands that prove it (`cli.backup`)
COPIED_LEDGER, COPIED_SOCKET = "destroyed-keys.jsonl", "s"


class Process(StrEnum):
    """The kinds of process; each signs in to the database with its own role and holds its own secrets."""

    STAFF = "staff"
    PORTAL = "portal"
    WORKER = "worker"
    OWNER = "owner"
    KEEPER = "keeper"  # turns keys: `temoin keys`
    SEALER = "sealer"  # seals the journal, and verifies it
    AUTHORITY = "authority"  # serves an authority's people, and holds no key of any pharmacy
    LISTENER = "listen"  # takes messages on open lines: the staff site's role, without its sessions

    @property
    def role(self) -> str:
        """Return the short name of the process's database role."""
        return "app" if self in {Process.STAFF, Process.LISTENER} else self.value


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
    hl7: Hl7Settings | None = None
    astm: AstmSettings | None = None
    alarms: Alarms = field(default_factory=Alarms)
    sessions: SessionTimes = field(default_factory=SessionTimes)
    reading: ReadingPace = field(default_factory=ReadingPace)
    counter: Counter = field(default_factory=Counter)
    pro_sante_connect: ProSanteConnect | None = None
    register: RegisterSettings | None = None
    certificates: CertificateSettings | None = None
    authority: AuthoritySettings | None = None
    webhooks: WebhookSettings = field(default_factory=WebhookSettings)
    rates: Mapping[str, int] = field(default_factory=dict)
    serving: Serving = field(default_factory=Serving)
    retention: Retention = field(default_factory=Retention)
    metrics: Metrics = field(default_factory=Metrics)
    logs: Logs = field(default_factory=Logs)

    @property
    def served(self) -> Path:
        """Return the folder whose files the sites hand to everyone: what systemd gave this process, else our own."""
        given = os.environ.get("CACHE_DIRECTORY")
        return (Path(given) if given else self.folder) / "static"

    def of(self, channel: Channel[S]) -> S | None:
        """Return a channel's settings; None where the file has no section for it."""
        return cast("S | None", self.channels.get(channel.name))

    def with_channel(self, name: str, settings: Any) -> Config:
        return replace(self, channels={**self.channels, name: settings})

    @property
    def email(self) -> EmailSettings:
        """Return the site's mail server, which staff notices leave by as well."""
        return cast("EmailSettings", self.channels[EMAIL.name])

    @property
    def state(self) -> StateSettings | None:
        """Return the state that signs certificates; None where none does."""
        return None if self.certificates is None else self.certificates.state

    @property
    def processes(self) -> list[Process]:
        """Return the kinds of process that this site has: not every site serves an authority."""
        return [each for each in Process if each is not Process.AUTHORITY or self.authority is not None]

    @property
    def set_up(self) -> Iterator[tuple[AnyChannel, Any]]:
        """Return each channel that has a section, with its settings."""
        return ((each, self.channels[each.name]) for each in all_channels() if each.name in self.channels)

    @property
    def own_certificates(self) -> Iterator[tuple[str, str, Path]]:
        """Return the certificates that we show to others: whose they are, what they are, and their files."""
        for channel, own in self.set_up:
            yield from ((channel.name, noun, path) for noun, path in channel.certificates(own).items())
        if self.state is not None and self.state.certificate is not None:
            yield "certificates.state", "certificate for the state's signer", self.state.certificate
        if self.hl7 is not None and self.hl7.certificate is not None:
            yield "hl7", "certificate for HL7 v2", self.hl7.certificate

    @property
    def destinations(self) -> frozenset[str]:
        """Return the names of all that parcels go to here, switched off or on."""
        return frozenset(each.name for channel, _ in self.set_up for each in channel.destinations)

    @property
    def key_ledger(self) -> Path:
        """Return the file that remembers destroyed keys: outside the database, so that no restored one forgets them."""
        return self.retention.key_ledger or self.folder / "destroyed-keys.jsonl"

    @property
    def reported(self) -> frozenset[str]:
        """Return the destinations that results are reported to, switched off or on."""
        reports = ((channel, own) for channel, own in self.set_up if isinstance(channel, ReportChannel))
        return frozenset(each.name for channel, _ in reports for each in channel.destinations)

    @property
    def rule_sets(self) -> dict[str, RuleSet]:
        """Return the rule set of each destination that is switched on, by the destination's name."""
        ruled = ((channel, own) for channel, own in self.set_up if isinstance(channel, ReportChannel))
        return {name: rules for channel, own in ruled for name, rules in channel.rule_sets(own).items()}


_SECTIONS: dict[str, Any] = {
    "site": Site,
    "database": Database,
    "keys": Keys,
    "journal": Journal,
    "hosting": Hosting,
    "api": Api,
    "hl7": Hl7Settings,
    "astm": AstmSettings,
    "alarms": Alarms,
    "sessions": SessionTimes,
    "reading": ReadingPace,
    "counter": Counter,
    "pro_sante_connect": ProSanteConnect,
    "register": RegisterSettings,
    "certificates": CertificateSettings,
    "authority": AuthoritySettings,
    "webhooks": WebhookSettings,
    "rates": Rates,
    "serving": Serving,
    "retention": Retention,
    "metrics": Metrics,
    "logs": Logs,
}
_NEEDED = ("site", "database", "keys", "journal")


def read_config(path: Path) -> Config:
    """Read and check the settings file; `settings.checks` checks the secrets themselves."""
    return settings_of(_of_copy(read_content(path)), path)


def settings_of(content: Mapping[str, Any], path: Path) -> Config:
    """Return what a settings file holds, or raise a ConfigError with a line for each fault."""
    folder = path.resolve().parent
    read = partial(_read, content, file=path.name, folder=folder, handed={})
    faults: list[str] = []
    parts = {name: part for name, kind in _SECTIONS.items() if (part := _told(faults, read, kind, name)) is not None}
    rules = _told(faults, lambda: rules_of_the_site(read(RulesSection, "rules") or RulesSection(), file=path.name))
    wanted = [each for each in all_channels() if each.is_required or each.name in content]
    if rules is not None:
        channels = {each.name: _told(faults, read, each.section, each.name, rules=rules) for each in wanted}
    known = [*_SECTIONS, "rules", *(each.name for each in all_channels())]
    faults += [str(unknown_setting(path.name, "", key, known)) for key in content if key not in known]
    if faults:
        raise ConfigError("\n".join(faults))
    config = Config(file=path, folder=folder, rules=cast("Rules", rules), channels=channels, **parts)
    _keep_authority_apart(config)
    _keep_demonstration_home(config)
    check_alarms_in_time(config.rule_sets, config.alarms.minutes)
    return config


def read_content(path: Path) -> dict[str, Any]:
    """Return what the settings file holds, unchecked."""
    try:
        # Some editors begin a file of UTF-8 with a mark that says so.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"The settings file {path} cannot be read ({error.strerror}): name the folder of temoin.toml with --data, "
            f"or its path in {VARIABLE}, and let this account read it."
        ) from None
    except ValueError as error:  # no TOML, no UTF-8, or a number of thousands of digits
        raise ConfigError(f"The settings file {path} is not valid TOML: {error}") from None


def copy_named() -> Path | None:
    """Return the folder of the restored copy that this process looks at; None for the site's own database."""
    named = os.environ.get(COPY)
    return Path(named) if named else None


def _of_copy(content: dict[str, Any]) -> dict[str, Any]:
    """Put a restored copy, if this process is to look at one, in the place of the site's database and key ledger."""
    folder, database = copy_named(), content.get("database")
    if folder is None or not isinstance(database, dict):
        return content
    kept = {key: database[key] for key in ("name", "passwords") if key in database}
    ledger = {**content.get("retention", {}), "key_ledger": str(folder / COPIED_LEDGER)}
    return {**content, "database": {**kept, "host": str(folder / COPIED_SOCKET)}, "retention": ledger}


def _read(content: Mapping[str, Any], kind: type[T], name: str, *, file: str, **context: Any) -> T | None:
    """Return a section; None for one that the file may leave out, and does."""
    if name in content:
        return read_section(kind, name, content[name], file=file, **context)
    if name in _NEEDED or any(each.name == name and each.is_required for each in all_channels()):
        raise missing_section(file, name)
    return None


def _told(faults: list[str], read: Callable[..., T | None], *given: Any, **named: Any) -> T | None:
    """Read a part, so that whoever writes the file learns of all faults at once."""
    try:
        return read(*given, **named)
    except ConfigError as error:
        faults.append(str(error))
        return None


def read_named_config() -> Config | None:
    """Read the file that TEMOIN_CONFIG names; None when it names none."""
    named = os.environ.get(VARIABLE)
    return read_config(Path(named)) if named else None


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
    if config.register is not None and not is_loopback(config.register.base_url):
        raise ConfigError(
            "demo is true and [register] base_url is not on this machine: a demonstration asks about nobody real. "
            "Set base_url to the sandbox, or leave the section out."
        )
    _keep_states_out(config)


def _keep_authority_apart(config: Config) -> None:
    if config.authority is None:
        return
    if origin(config.authority.url) in {origin(config.site.staff_url), origin(config.site.portal_url)}:
        raise ConfigError("[authority] url must be another host or port than staff_url and portal_url.")
    config.database.password_file(Process.AUTHORITY.role)


def _keep_states_out(config: Config) -> None:
    if config.state is not None:
        raise ConfigError(
            "demo is true and [certificates.state] is there: no state signs results that are invented. Leave it out."
        )
