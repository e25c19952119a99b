"""Two of the three holders of the keys' backup consent to what no single operator may do: each opens their share.

What they open must be the root keys in use: a folder that somebody made up holds others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from temoin.crypto.backup import NEEDED, BackupError, read_backup, shares_of
from temoin.crypto.root import KEYS
from temoin.crypto.roots.file import FileRoots
from temoin.lib.config_error import ConfigError


def check_two_holders(folder: Path, identities: Sequence[Path]) -> None:
    """Return once two different holders have opened their shares of the root keys in use; ConfigError otherwise."""
    if len(identities) != NEEDED:
        raise ConfigError(f"Name the secret age keys of {NEEDED} holders: --identity FILE --identity FILE")
    path = KEYS().root
    if path is None:
        raise ConfigError("No root key is in a file here, and so no holder has a share: use another person's place.")
    try:
        held = read_backup(folder, shares_of(folder, identities, []))
    except BackupError as error:
        raise ConfigError(f"{error}.") from None
    if not FileRoots(path).raw_keys().items() <= held.items():
        raise ConfigError("This backup is not of the root keys in use: name the newest one.")
