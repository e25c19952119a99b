"""The sections [keys] of the settings file: which keepers hold root keys, and which of them wraps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from temoin.lib.config_error import ConfigError
from temoin.lib.section import Section, is_loopback


class Keeper(StrEnum):
    """The kinds of keeper of root keys; they are also the first word of a root key's id."""

    FILE = "file"
    TRANSIT = "transit"
    PKCS11 = "pkcs11"


@dataclass(frozen=True, kw_only=True)
class Transit:
    """Where a transit engine is, and which of its keys is ours."""

    url: str
    mount: str
    key: str
    token_file: Path
    ca_file: Path | None


@dataclass(frozen=True, kw_only=True)
class Token:
    """Which PKCS#11 module and token hold our keys, and how they are labelled."""

    module: Path
    token: str
    pin_file: Path
    label: str


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The root keys that wrap all data keys, and the key that signs sessions: all outside the database."""

    wrap_with: Keeper
    root: Path | None
    django: Path
    transit: Transit | None = None
    pkcs11: Token | None = None

    def secrets(self) -> dict[str, Path]:
        """Return the secret files that reaching the root keys takes, by what they are."""
        found: dict[str, Path | None] = {
            "root key": self.root,
            "transit token": None if self.transit is None else self.transit.token_file,
            "token PIN": None if self.pkcs11 is None else self.pkcs11.pin_file,
        }
        return {noun: path for noun, path in found.items() if path is not None}


def read_keys(section: Section, folder: Path) -> Keys:
    """Read [keys] and its keepers."""
    keeper = section.word("wrap_with", Keeper) if section.has("wrap_with") else Keeper.FILE
    keys = Keys(
        wrap_with=keeper,
        root=section.path("root", folder) if keeper is Keeper.FILE or section.has("root") else None,
        django=section.path("django", folder),
        transit=_transit(section.section("transit"), folder) if section.has("transit") else None,
        pkcs11=_pkcs11(section.section("pkcs11"), folder) if section.has("pkcs11") else None,
    )
    section.end()
    if keeper is not Keeper.FILE and getattr(keys, keeper) is None:
        raise section.wrong("wrap_with", f'is "{keeper}", and the section [keys.{keeper}] is missing: add it')
    return keys


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


def _transit(section: Section, folder: Path) -> Transit:
    place = Transit(
        url=section.url("url"),
        mount=section.optional("mount", str) or "transit",
        key=section.required("key", str),
        token_file=section.path("token_file", folder),
        ca_file=section.path("ca_file", folder) if section.has("ca_file") else None,
    )
    section.end()
    if place.url.startswith("http://") and not is_loopback(place.url):
        raise section.wrong("url", "must be https: data keys do not travel in clear")
    return place


def _pkcs11(section: Section, folder: Path) -> Token:
    place = Token(
        module=section.path("module", folder),
        token=section.required("token", str),
        pin_file=section.path("pin_file", folder),
        label=section.optional("label", str) or "temoin-root",
    )
    section.end()
    return place
