"""What must hold before any process starts: each check answers with sentences that say what to do.

`temoin check` prints them all at once; a process refuses to start on those that concern it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote
from typing import Any

from temoin.api.listening_settings import check_hl7_files
from temoin.lib.config_error import ConfigError
from temoin.lib.key_places import check_root_place
from temoin.lib.zones import HOUSE, today_in
from temoin.outbox.settings import check_rates
from temoin.settings.database import DATABASE_ROLES
from temoin.settings.file import Config, Process
from temoin.settings.hosting import check_hosting
from temoin.settings.own_key import check_key_published
from temoin.settings.secrets import ROOT_KEY_BYTES, check_secret, check_strength
from temoin.settings.state_files import check_state_files

HL7_KEY = "key of our certificate for HL7 v2"
STATE_KEY, STATE_TOKEN = "key of our certificate for the state's signer", "token for the state's signer"
# Secrets that others draw have their own strength: a token's PIN, the engine's token; and those of channels.
OTHERS_SECRETS = (
    "token PIN",
    "transit token",
    "mail password",
    "Pro Santé Connect secret",
    "key to the register of professionals",
    HL7_KEY,
    STATE_KEY,
    STATE_TOKEN,
)


CERTIFICATE_KEY = "certificate key"
AUTHORITY_KEY = "key of the authority's accounts"


def check_setup(config: Config, process: Process) -> None:
    """Refuse to start a process whose settings or secret files are not sound."""
    found = setup_findings(config, process)
    if found:
        raise ConfigError("\n".join(found))


def setup_findings(config: Config, process: Process) -> list[str]:
    """Return what is wrong with the settings and with the secret files of a process."""
    found = _finding(check_settings_file, config.file)
    if process is Process.AUTHORITY and config.authority is None:
        return [*found, "There is no [authority] in the settings: without it no authority is served."]
    for file in config.rules.files:
        found += _finding(check_settings_file, file)
    for noun, path in secrets_of(config, process):
        found += _finding(check_secret_of, config, noun, path)
    if process is Process.WORKER:  # who alone speaks to the other side
        for channel, own in config.set_up:
            for noun, path in channel.secrets(own).items():
                found += _finding(check_secret, path, noun)
            found += _finding(channel.check, own)
        found += _finding(check_key_published, config)
        found += _finding(check_state_files, config)
    if process is Process.LISTENER and config.hl7 is not None:
        found += _finding(check_hl7_files, config.hl7)
    found += _finding(check_rates, config.rates, config.destinations)
    found += _finding(check_hosting, config.hosting, demo=config.site.demo, today=today_in(HOUSE))
    return found


def shared_passwords(config: Config) -> list[str]:
    """Return a sentence for each password that two roles share; it takes reading all their files."""
    owners: dict[bytes, list[str]] = {}
    for role in DATABASE_ROLES:
        if getattr(config.database.passwords, role) is None:  # a site that does not serve the authority
            continue
        path = config.database.password_file(role)
        if os.access(path, os.R_OK):  # one that this account cannot reach is told by its own check
            owners.setdefault(path.read_bytes().strip(), []).append(f"temoin_{role}")
    return [
        f"{' and '.join(roles)} have the same password, so that one stolen file opens both: draw one for each."
        for roles in owners.values()
        if len(roles) > 1
    ]


def homonymous_secrets(config: Config) -> list[str]:
    """Return a sentence for each name that two secrets share: a unit hands its process copies by their names alone."""
    named: dict[str, set[Path]] = {}
    for process in config.processes:
        for _, path in secrets_of(config, process):
            named.setdefault(path.name, set()).add(path)
    for channel, own in config.set_up:
        for path in channel.secrets(own).values():
            named.setdefault(path.name, set()).add(path)
    return [
        f"{' and '.join(sorted(map(str, paths)))} have the same name, and a process is handed one copy of that name: "
        "give each a name of its own."
        for paths in named.values()
        if len(paths) > 1
    ]


def debug_findings(config: Config, *, debug: bool) -> list[str]:
    """Return a sentence for each mode that shows the program's inside to whoever meets an error."""
    modes = {
        "Django's DEBUG is on: set it to False": debug,
        "Python's development mode is on: unset PYTHONDEVMODE, and drop -X dev": sys.flags.dev_mode,
    }
    return [] if config.site.demo else [f"{words}." for words, is_on in modes.items() if is_on]


def secrets_of(config: Config, process: Process) -> Iterator[tuple[str, Path]]:
    """Return the secret files that a process reads, by what they are."""
    yield f"password of temoin_{process.role}", config.database.password_file(process.role)
    if process is Process.PORTAL:
        return  # the patients' site has no right to any key
    if process is Process.AUTHORITY:
        if config.authority is not None:
            yield AUTHORITY_KEY, config.authority.key
        return  # it opens nothing
    if process is Process.SEALER:
        yield "journal key", config.journal.key
        return  # the sealer signs, and opens nothing
    yield from config.keys.secrets().items()
    yield from _OWN_SECRETS.get(process, _none_of_its_own)(config)


def _secrets_of_staff(config: Config) -> Iterator[tuple[str, Path]]:
    yield "session key", config.keys.django
    if config.pro_sante_connect is not None:
        yield "Pro Santé Connect secret", config.pro_sante_connect.secret_file
    yield from _secrets_of_mail(config)


def _secrets_of_worker(config: Config) -> Iterator[tuple[str, Path]]:
    yield from _secrets_of_mail(config)
    if config.register is not None:
        yield "key to the register of professionals", config.register.key_file
    if config.certificates is not None and config.certificates.key is not None:
        yield CERTIFICATE_KEY, config.certificates.key
    if config.state is not None and config.state.key is not None:
        yield STATE_KEY, config.state.key
    if config.state is not None and config.state.token_file is not None:
        yield STATE_TOKEN, config.state.token_file


def _secrets_of_mail(config: Config) -> Iterator[tuple[str, Path]]:
    if config.email.password_file is not None:
        yield "mail password", config.email.password_file


def _secrets_of_listener(config: Config) -> Iterator[tuple[str, Path]]:
    if config.hl7 is not None and config.hl7.key is not None:
        yield HL7_KEY, config.hl7.key


def _none_of_its_own(_config: Config) -> Iterator[tuple[str, Path]]:
    yield from ()


_OWN_SECRETS: dict[Process, Callable[[Config], Iterator[tuple[str, Path]]]] = {
    Process.STAFF: _secrets_of_staff,
    Process.WORKER: _secrets_of_worker,
    Process.LISTENER: _secrets_of_listener,
    Process.OWNER: _secrets_of_mail,
}


def check_settings_file(path: Path) -> None:
    """Refuse a settings or rule file that others may change: it says which keys are used and who is sent what."""
    if path.stat().st_mode & 0o022:
        words = f"run chmod go-w {quote(str(path))}"
        raise ConfigError(f"The settings file {path} may be changed by other accounts: {words}")


def check_secret_of(config: Config, noun: str, path: Path) -> None:
    """Refuse a secret file that is missing, open to others, guessable, or where it would be published."""
    check_secret(path, noun)
    if noun in {"root key", "journal key", CERTIFICATE_KEY}:
        if path.stat().st_size != ROOT_KEY_BYTES:
            raise ConfigError(
                f"The {noun} file {path} must hold exactly {ROOT_KEY_BYTES} bytes: restore it from its copy."
            )
        check_root_place(path, config.served)
    if noun not in OTHERS_SECRETS:
        check_strength(path, noun)


def _finding(check: Callable[..., None], *given: Any, **named: Any) -> list[str]:
    try:
        check(*given, **named)
    except ConfigError as error:
        return [str(error)]
    return []
