"""The keys and certificates of both sides, which a demonstration needs for the ways that ask for some."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from temoin_sandbox.mssante_keys import make_mail_files
from temoin_sandbox.sftp_keys import make_key_files

LOOPBACK = "127.0.0.1"
# By the name of the way; each makes what is missing in the folder of keys, and what exists stays.
KEY_MAKERS: dict[str, Callable[[Path], object]] = {
    "sftp": make_key_files,
    "mssante": lambda keys: make_mail_files(keys / "mssante", LOOPBACK),
}
