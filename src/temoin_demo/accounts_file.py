"""The file that remembers a demonstration's accounts for the next start; no real site has one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temoin.lib.config_error import ConfigError
from temoin.settings.secrets import read_secret, write_secret

NAME = "demo-accounts.json"


def accounts_path(data: Path) -> Path:
    """Return where the accounts of a demonstration are kept, mode 0600."""
    return data / "keys" / NAME


def program_key_path(data: Path) -> Path:
    """Return where the private key of a demonstration's program is kept, mode 0600."""
    return data / "keys" / "program.pem"


def draft_path(data: Path) -> Path:
    """Return where the accounts are kept until the loading is complete."""
    return data / "keys" / f"{NAME}.draft"


def keep_demonstration(data: Path, demonstration: Mapping[str, Any]) -> None:
    """Write what the demonstration answered: accounts with password and TOTP secret, links, codes."""
    content = json.dumps(demonstration, default=str, ensure_ascii=False, indent=1)
    write_secret(program_key_path(data), demonstration["program"]["private_key"].encode("ascii"))
    write_secret(draft_path(data), content.encode("utf-8"))


def recall_demonstration(data: Path, path: Path | None = None) -> dict[str, Any]:
    """Read what `keep_demonstration` wrote."""
    path = path or accounts_path(data)
    try:
        content: dict[str, Any] = json.loads(read_secret(path, "demonstration accounts"))
    except ValueError:
        raise ConfigError(f"{path} is not what the set-up wrote: remove the data folder, or choose another.") from None
    return content
