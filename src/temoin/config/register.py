"""The section [register]: the public register of health professionals, where the operator has a key to it."""

from __future__ import annotations

from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section, is_loopback
from temoin.pharmacies.register import RegisterSettings

SECONDS = range(1, 31)
DEFAULT_SECONDS = 10


def read_register(section: Section, folder: Path) -> RegisterSettings:
    """Read the section; a key or a professional's number does not travel in clear."""
    register = RegisterSettings(
        base_url=section.url("base_url"),
        key_file=section.path("key_file", folder),
        seconds=section.number("seconds", SECONDS, DEFAULT_SECONDS),
    )
    section.end()
    if register.base_url.startswith("http://") and not is_loopback(register.base_url):
        raise section.wrong("base_url", "must be https: our key and professionals' numbers do not travel in clear")
    return register


def check_register_of_demo(register: RegisterSettings | None) -> None:
    """Refuse to ask the world about the made-up people of a demonstration."""
    if register is not None and not is_loopback(register.base_url):
        raise ConfigError(
            "demo is true and [register] base_url is not on this machine: a demonstration asks about nobody real. "
            "Set base_url to the sandbox, or leave the section out."
        )
