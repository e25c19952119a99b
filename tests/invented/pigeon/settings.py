"""The section [pigeon]: the loft that the birds fly to."""

from __future__ import annotations

from typing import Self

from pydantic import ValidationInfo, model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Place, Port, Switch, Text, section
from temoin.transmission.rules.of_the_site import NamedRules, check_lawful


@section
class PigeonSettings:
    """Where the loft is, and the ring by which it knows our birds."""

    host: Text
    port: Port
    enabled: Switch
    ring: Place
    map: Place
    rules: NamedRules

    @model_validator(mode="after")
    def _check(self, info: ValidationInfo) -> Self:
        check_lawful(info, self.rules, enabled=self.enabled)
        return self


def check_pigeon_files(pigeon: PigeonSettings) -> None:
    """Refuse to go on without the map."""
    if not pigeon.map.is_file():
        raise ConfigError(f"The map {pigeon.map} of [pigeon] is missing: no bird finds its way.")
