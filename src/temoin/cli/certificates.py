"""`temoin certificates …`: the operator's own key, which signs patients' certificates, and the list of its public half.

The private half is a file that the worker alone reads; the public one is a file in the folder of trusted keys, which
the patients' site publishes. A key that was turned stays in that file: what it signed is verified until it expires.
"""

from __future__ import annotations

import argparse
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from temoin.cli.commands import Commands
from temoin.cli.console import say
from temoin.cli.django_process import settings_file
from temoin.crypto.certificate_key import CertificateKeyError, read_certificate_key
from temoin.crypto.signatures import public_jwk, read_public_jwk, thumbprint
from temoin.lib.config_error import ConfigError
from temoin.lib.whole_file import write_whole
from temoin.settings.file import Config, read_config
from temoin.settings.secrets import ROOT_KEY_BYTES, make_root_key, write_secret

_RESTART = "Next: start the patients' site anew, so that it publishes the key; then the worker, which signs with it."


def add_commands(commands: Commands) -> None:
    verbs = commands.add_parser("certificates", help="make and turn the key of patients' certificates").add_subparsers(
        metavar="WHAT", required=True
    )
    _verb(verbs, "make-key", "make the key unless it is there, and put its public half on the list", _make)
    _verb(verbs, "turn-key", "replace the key by a new one; what the former signed stays valid", _turn)


def _verb(verbs: Commands, name: str, words: str, do: Callable[[Path, Path, str], None]) -> None:
    parser = verbs.add_parser(name, help=words, description=words.capitalize() + ".")
    parser.add_argument("--data", type=Path, help="folder that holds temoin.toml (default: TEMOIN_CONFIG)")
    parser.set_defaults(run=lambda options: _run(options, do))


def _run(options: argparse.Namespace, do: Callable[[Path, Path, str], None]) -> int:
    config = read_config(settings_file(options.data))
    key, trusted = _places(config)
    try:
        do(key, trusted, config.site.portal_url)
    except CertificateKeyError as error:
        raise ConfigError(str(error)) from None
    say(f"{key} signs certificates; {_list_of(trusted, config.site.portal_url)} has its public half.")
    say(_RESTART)
    return 0


def _places(config: Config) -> tuple[Path, Path]:
    own = config.certificates
    if own is None or own.key is None:
        raise ConfigError('No key of certificates is named: add key = "keys/certificates.key" to [certificates].')
    return own.key, own.trusted


def _make(key: Path, trusted: Path, issuer: str) -> None:
    make_root_key(key)  # 32 random bytes as well
    publish_key(key, trusted, issuer)


def _turn(key: Path, trusted: Path, issuer: str) -> None:
    """Publish the former key if it is not, draw a new one, and publish that."""
    publish_key(key, trusted, issuer)
    write_secret(key, secrets.token_bytes(ROOT_KEY_BYTES))
    read_certificate_key.cache_clear()
    publish_key(key, trusted, issuer)


def publish_key(key: Path, trusted: Path, issuer: str) -> None:
    """Put the public half of a key on the operator's own list, before those that signed before it."""
    public = read_certificate_key(key).public
    path = _list_of(trusted, issuer)
    listed = _listed(path)
    if thumbprint(public) not in map(_thumbprint, listed):
        trusted.mkdir(mode=0o755, parents=True, exist_ok=True)
        _write(path, {"iss": issuer, "keys": [public_jwk(public), *listed]})


def _list_of(trusted: Path, issuer: str) -> Path:
    """Return the file of an issuer; that of a former address stays, for what was signed under it."""
    return trusted / f"own-{urlsplit(issuer).netloc.replace(':', '-')}.json"


def _listed(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        keys: list[dict[str, Any]] = orjson.loads(path.read_bytes())["keys"]
        list(map(_thumbprint, keys))
    except (KeyError, TypeError, ValueError):
        raise ConfigError(f"{path} holds no list of keys: move it away, and run the command again.") from None
    return keys


def _thumbprint(jwk: dict[str, Any]) -> bytes:
    return thumbprint(read_public_jwk(jwk))


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write the list whole or not at all, for everyone to read."""
    write_whole(path, orjson.dumps(content, option=orjson.OPT_INDENT_2), mode=0o644)
