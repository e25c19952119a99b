"""What is installed here, compared with what was installed: each library by its own list of files, and our source."""

from __future__ import annotations

import json
import platform
from base64 import urlsafe_b64decode
from hashlib import file_digest, sha256
from importlib.metadata import Distribution, PackagePath, distributions, version
from pathlib import Path
from typing import Any

from django.db import connection

import temoin
from temoin.evidence.facts import LibraryTold, VersionsTold

_NOT_SOURCE = {"__pycache__"}


def versions_told() -> VersionsTold:
    """Hash what runs here; it reads every file of every library once."""
    count, digest = _source()
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        ((server,),) = cursor.fetchall()
    return VersionsTold(
        temoin=version("temoin"),
        python=platform.python_version(),
        postgresql=server.split()[0],
        source_files=count,
        source_sha256=digest,
        libraries=[_library(one) for one in _installed().values()],
    )


def bill_of_materials(told: VersionsTold) -> bytes:
    """Return the same as CycloneDX, which tools that look up known vulnerabilities read."""
    components: list[dict[str, Any]] = [
        {
            "type": "library",
            "name": one.name,
            "version": one.version,
            "purl": f"pkg:pypi/{one.name}@{one.version}",
            "properties": [{"name": "temoin:files-sha256", "value": one.sha256}],
        }
        for one in told.libraries
    ]
    for name, number in (("python", told.python), ("postgresql", told.postgresql)):
        components.append({"type": "platform", "name": name, "version": number})
    application = {"type": "application", "name": "temoin", "version": told.temoin}
    bill = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "metadata": {"component": application}}
    return json.dumps(bill | {"components": components}, indent=1).encode() + b"\n"


def _installed() -> dict[str, Distribution]:
    """Return the first distribution of each name that Python finds: the one whose modules are imported."""
    found: dict[str, Distribution] = {}
    for one in distributions():
        found.setdefault(one.metadata["Name"].lower().replace("_", "-").replace(".", "-"), one)
    return dict(sorted(found.items()))


def _library(one: Distribution) -> LibraryTold:
    listed = [file for file in one.files or () if file.hash is not None]
    lines = sorted(f"{file.hash.value if file.hash else ''} {file}" for file in listed)
    return LibraryTold(
        name=one.metadata["Name"].lower().replace("_", "-").replace(".", "-"),
        version=one.version,
        files=len(listed),
        altered=sum(not _is_as_listed(file) for file in listed),
        sha256=sha256("\n".join(lines).encode()).hexdigest(),
    )


def _is_as_listed(file: PackagePath) -> bool:
    told = file.hash
    try:
        with Path(str(file.locate())).open("rb") as content:
            found = file_digest(content, told.mode if told else "sha256").digest()
    except (OSError, ValueError):
        return False
    return told is not None and found == urlsafe_b64decode(told.value + "=" * (-len(told.value) % 4))


def _source() -> tuple[int, str]:
    """Hash our own files as `sha256sum | LC_ALL=C sort | sha256sum` does (docs/auditor.md)."""
    folder = Path(temoin.__file__).parent
    files = [one for one in folder.rglob("*") if one.is_file() and not _NOT_SOURCE & set(one.parts)]
    lines = [f"{sha256(one.read_bytes()).hexdigest()}  {one.relative_to(folder).as_posix()}\n" for one in files]
    return len(files), sha256("".join(sorted(lines)).encode()).hexdigest()
