"""The keys that the verifier page believes, read from the operator's folder by a process of its own."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from temoin.crypto.signatures import PublicKeyError, public_members, read_pem_certificates, read_public_jwk
from temoin.formats.hcert.trusted import TrustedKey, certified, published
from temoin.lib.config_error import ConfigError


def published_keys(folder: Path) -> bytes:
    """Return the list as JSON; ConfigError names a file that holds no keys."""
    keys = [key for path in _files(folder) for key in _read(path)]
    return orjson.dumps({"keys": [_shown(key) for key in keys]})


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in {".pem", ".json"})
    except OSError:
        raise ConfigError(
            f"The folder of trusted keys {folder} cannot be read: make it, or correct its path."
        ) from None


def _read(path: Path) -> list[TrustedKey]:
    try:
        if path.suffix == ".pem":
            return [certified(der) for der in read_pem_certificates(path.read_bytes())]
        return list(_of_issuer(orjson.loads(path.read_bytes())))
    except (PublicKeyError, KeyError, TypeError, ValueError):
        raise ConfigError(
            f"The file of trusted keys {path} holds something else: certificates are .pem files, and .json files "
            'hold {"iss": "https://…", "keys": […]} with keys of P-256.'
        ) from None


def _of_issuer(held: dict[str, Any]) -> Iterator[TrustedKey]:
    """Yield the keys of an issuer: a JWKS with its address beside it."""
    issuer: str = held["iss"]
    for parts in held["keys"]:
        yield published(read_public_jwk(parts), issuer)


def _shown(key: TrustedKey) -> dict[str, Any]:
    return {
        "names": sorted(name.hex() for name in key.names),
        "jwk": public_members(key.key),
        "issuer": key.issuer,
        "uses": sorted(use.value for use in key.uses),
        "not_before": _seconds(key.not_before),
        "not_after": _seconds(key.not_after),
    }


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(published_keys(Path(sys.argv[1])))
    except ConfigError as error:
        sys.exit(str(error))
