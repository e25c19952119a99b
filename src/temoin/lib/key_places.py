"""The sections [keys] of the settings file: which keepers hold root keys, and which of them wraps."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import model_validator

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Place, Text, Url, encrypted, refuse_setting, section


class Keeper(StrEnum):
    """The kinds of keeper of root keys; they are also the first word of a root key's id."""

    FILE = "file"
    TRANSIT = "transit"
    PKCS11 = "pkcs11"


@section
class Transit:
    """Where a transit engine is, and which of its keys is ours."""

    url: Annotated[Url, encrypted("data keys do not travel in clear")]
    mount: Text = "transit"
    key: Text
    token_file: Place
    ca_file: Place | None = None


@section
class Token:
    """Which PKCS#11 module and token hold our keys, and how they are labelled."""

    module: Place
    token: Text
    pin_file: Place
    label: Text = "temoin-root"


@section
class Keys:
    """The root keys that wrap all data keys, and the key that signs sessions: all outside the database."""

    wrap_with: Keeper = Keeper.FILE
    root: Place | None = None
    django: Place
    transit: Transit | None = None
    pkcs11: Token | None = None

    @model_validator(mode="after")
    def _has_what_wraps(self) -> Self:
        keeper = self.wrap_with
        if keeper is Keeper.FILE and self.root is None:
            refuse_setting("is missing", "root")
        if keeper is not Keeper.FILE and getattr(self, keeper) is None:
            refuse_setting(f'is "{keeper}", and the section [keys.{keeper}] is missing: add it', "wrap_with")
        return self

    def secrets(self) -> dict[str, Path]:
        """Return the secret files that reaching the root keys takes, by what they are."""
        found: dict[str, Path | None] = {
            "root key": self.root,
            "transit token": None if self.transit is None else self.transit.token_file,
            "token PIN": None if self.pkcs11 is None else self.pkcs11.pin_file,
        }
        return {noun: path for noun, path in found.items() if path is not None}


def check_root_place(path: Path, served: Path) -> None:
    """Refuse a root key where it would be published: in a git work tree, or in the folder of a site's files."""
    resolved = path.resolve()
    for parent in resolved.parents:
        if (parent / ".git").exists():
            raise ConfigError(
                f"The root key file {path} is inside the git checkout {parent}, and would be committed: move it out."
            )
    if resolved.is_relative_to(served.resolve()):
        raise ConfigError(f"The root key file {path} is inside {served}, which is served to everyone: move it out.")
