"""The section [pigeon]: the loft that the birds fly to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section
from temoin.transmission.rules.of_the_site import Rules
from temoin.transmission.rules.rule_set import RuleSet


@dataclass(frozen=True, kw_only=True)
class PigeonSettings:
    """Where the loft is, and the ring by which it knows our birds."""

    host: str
    port: int
    enabled: bool
    ring: Path
    map: Path
    rules: RuleSet


def read_pigeon(section: Section, folder: Path, rules: Rules) -> PigeonSettings:
    """Read the section."""
    enabled = section.required("enabled", bool)
    pigeon = PigeonSettings(
        host=section.required("host", str),
        port=section.port(),
        enabled=enabled,
        ring=section.path("ring", folder),
        map=section.path("map", folder),
        rules=rules.named_in(section, enabled=enabled),
    )
    section.end()
    return pigeon


def check_pigeon_files(pigeon: PigeonSettings) -> None:
    """Refuse to go on without the map."""
    if not pigeon.map.is_file():
        raise ConfigError(f"The map {pigeon.map} of [pigeon] is missing: no bird finds its way.")
