"""Looks at the receiver's folders, for `temoin check`: a wrong one is told before the first result is late."""

from __future__ import annotations

import asyncio

from temoin.outbox.channel import Looked
from temoin.transmission.channels.sftp.folders import FolderError, Folders
from temoin.transmission.channels.sftp.settings import SftpSettings

FINDINGS = {
    "folder_refused": "one of the two folders named in [sftp] is not there, or not ours to use: ask its operator.",
    "host_key_refused": "the receiver's host key is none of those in [sftp] host_keys: ask its operator.",
    "account_refused": "the receiver of [sftp] does not let our account in: ask its operator which key it knows.",
}
UNREACHABLE = "The receiver of [sftp] cannot be reached now: whether its folders are there is not known."


def look_at_folders(settings: SftpSettings) -> Looked:
    """Return what is wrong there; that it cannot be reached now is told, and is no finding."""
    try:
        code = asyncio.run(looked(settings))
    except (OSError, ValueError):
        return Looked()  # a key file that cannot be read was told already
    if code in FINDINGS:
        return Looked(findings=(f"{code}: {FINDINGS[code]}",))
    return Looked(unknown=(UNREACHABLE,) if code else ())


async def looked(settings: SftpSettings) -> str:
    """Return the code of what is wrong, "" where nothing is."""
    folders = Folders(settings)
    try:
        await folders.look()
    except FolderError as error:
        return str(error)
    finally:
        await folders.close()
    return ""
