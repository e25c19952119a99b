"""The root key: without it, or with a wrong one, nothing opens, and the message says what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from people import open_house

from temoin.crypto import root
from temoin.crypto.ring import SealBrokenError, forget_keys
from temoin.crypto.root import RootKeyError, open_platform_secret, seal_platform_secret, unwrap_key, wrap_key
from temoin.crypto.sealed import open_value, seal_value
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope


@pytest.fixture
def other_root(settings, tmp_path: Path):
    """Return what names another root key in the settings."""

    def name(content: bytes | None, mode: int = 0o600) -> None:
        path = tmp_path / "root.key"
        if content is not None:
            path.write_bytes(content)
            path.chmod(mode)
        settings.TEMOIN = replace(settings.TEMOIN, keys=replace(settings.TEMOIN.keys, root=path))
        _forget()

    yield name
    _forget()


def _forget() -> None:
    """Make this process read the root key again, as a new one would."""
    root._cipher.cache_clear()
    root._read.cache_clear()
    forget_keys()


@pytest.mark.parametrize(
    ("content", "mode", "remedy"),
    [
        (None, 0o600, "restore it from the key backup"),
        (b"x" * 32, 0o640, "chmod 600"),
        (b"x" * 32, 0o604, "chmod 600"),
        (b"x" * 31, 0o600, "exactly 32 bytes"),
    ],
)
def test_a_root_key_that_cannot_serve_says_what_to_do(other_root, content, mode, remedy):
    other_root(content, mode)

    with pytest.raises(RootKeyError, match=remedy):
        wrap_key(b"k" * 32, b"context")


@pytest.mark.django_db
def test_under_another_root_key_nothing_opens(other_root):
    house, row = open_house(), new_id()
    with tenant_scope(house.here.id):
        sealed = seal_value("testing_record", row, {"kind": "covid19-ag"})
    other_root(b"y" * 32)

    with tenant_scope(house.here.id), pytest.raises(SealBrokenError, match="another root key"):
        open_value("testing_record", row, sealed)


def test_a_wrapped_key_opens_in_its_place_only():
    wrapped = wrap_key(b"k" * 32, b"here")

    assert unwrap_key(wrapped, b"here") == b"k" * 32
    with pytest.raises(InvalidTag):
        unwrap_key(wrapped, b"there")


def test_a_secret_of_the_platform_opens_for_its_purpose_only():
    sealed = seal_platform_secret("second factor", "JBSWY3DP")

    assert open_platform_secret("second factor", sealed) == "JBSWY3DP"
    with pytest.raises(InvalidTag):
        open_platform_secret("another", sealed)
