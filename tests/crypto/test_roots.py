"""The keepers of root keys: one contract for a file, a real OpenBao and a SoftHSM token; and what each refuses."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from keepers import MODULE, PIN, running_openbao, secret, token_place, transit_place

from temoin.crypto.roots.file import FileRoots
from temoin.crypto.roots.pkcs11 import TokenRoots
from temoin.crypto.roots.provider import RootKeyError, RootProvider, WrapBrokenError
from temoin.crypto.roots.transit import TransitRoots
from temoin.lib.key_places import Token, Transit

KEY = bytes(range(32))
HERE, ELSEWHERE = b"pharmacy A|key 1", b"pharmacy B|key 1"
USE_ONLY = """
path "transit/encrypt/{key}" {{ capabilities = ["update"] }}
path "transit/decrypt/{key}" {{ capabilities = ["update"] }}
"""


def engine(place: Transit) -> TransitRoots:
    return TransitRoots(**vars(place))


def held(place: Token) -> TokenRoots:
    return TokenRoots(**vars(place))


@pytest.fixture(params=["file", "transit", "pkcs11"])
def roots(request, tmp_path) -> RootProvider:
    """A keeper with one root key."""
    if request.param == "file":
        return FileRoots(secret(tmp_path / "root.key", os.urandom(32)))
    if request.param == "transit":
        return engine(transit_place(request.getfixturevalue("openbao"), tmp_path))
    request.getfixturevalue("token")
    found = held(token_place(tmp_path))
    found.rotate()
    return found


def test_a_wrapped_key_opens_in_its_context(roots):
    root_id, wrapped = roots.wrap(KEY, HERE)

    assert root_id == roots.current()
    assert KEY not in wrapped
    assert roots.unwrap(root_id, wrapped, HERE) == KEY


def test_a_wrapped_key_opens_in_no_other_context(roots):
    root_id, wrapped = roots.wrap(KEY, HERE)

    with pytest.raises(WrapBrokenError):
        roots.unwrap(root_id, wrapped, ELSEWHERE)


def test_an_altered_wrapped_key_does_not_open(roots):
    root_id, wrapped = roots.wrap(KEY, HERE)
    last = wrapped[-8] ^ 1 if wrapped[-8] != ord("/") else ord("A")

    with pytest.raises(WrapBrokenError):
        roots.unwrap(root_id, wrapped[:-8] + bytes([last]) + wrapped[-7:], HERE)


def test_after_a_turn_the_new_root_wraps_and_the_old_one_still_unwraps(roots):
    old, wrapped = roots.wrap(KEY, HERE)

    new = roots.rotate()

    assert new != old
    assert roots.wrap(KEY, HERE)[0] == roots.current() == new
    assert roots.known() == [new, old]
    assert roots.unwrap(old, wrapped, HERE) == KEY


def test_a_dropped_root_unwraps_nothing_and_the_current_one_cannot_be_dropped(roots):
    old, wrapped = roots.wrap(KEY, HERE)
    new = roots.rotate()

    roots.drop(old)

    assert roots.known() == [new]
    with pytest.raises((RootKeyError, WrapBrokenError)):
        roots.unwrap(old, wrapped, HERE)
    with pytest.raises(RootKeyError, match="cannot be dropped"):
        roots.drop(new)


def test_the_engine_drops_versions_in_their_order(openbao, tmp_path):
    roots = engine(transit_place(openbao, tmp_path))
    oldest, middle = roots.current(), roots.rotate()
    roots.rotate()

    with pytest.raises(RootKeyError, match=f"drop {oldest} first"):
        roots.drop(middle)


# Files ------------------------------------------------------------------------------------------------------


def test_another_process_takes_up_a_new_root_file(tmp_path):
    path = secret(tmp_path / "root.key", os.urandom(32))
    running, other = FileRoots(path), FileRoots(path)
    running.wrap(KEY, HERE)

    root_id, wrapped = (other.rotate(), other.wrap(KEY, HERE)[1])

    assert running.unwrap(root_id, wrapped, HERE) == KEY
    assert running.current() == root_id
    assert {oct(found.stat().st_mode & 0o777) for found in tmp_path.iterdir()} == {"0o600"}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.unlink(), "is missing: restore it"),
        (lambda path: path.chmod(0o640), "chmod 600"),
        (lambda path: path.write_bytes(b"short"), "exactly 32 bytes"),
    ],
)
def test_a_root_file_that_cannot_be_used_says_what_to_do(tmp_path, spoil, words):
    path = secret(tmp_path / "root.key", os.urandom(32))
    spoil(path)

    with pytest.raises(RootKeyError, match=words):
        FileRoots(path).current()


def test_an_unknown_root_says_where_it_comes_back_from(tmp_path):
    roots = FileRoots(secret(tmp_path / "root.key", os.urandom(32)))

    with pytest.raises(RootKeyError, match="temoin keys restore"):
        roots.unwrap("file:0000000000000000", b"x" * 60, HERE)


# The transit engine -----------------------------------------------------------------------------------------


def test_a_token_that_may_only_wrap_and_unwrap_suffices(openbao, tmp_path):
    place = transit_place(openbao, tmp_path)
    secret(place.token_file, openbao.token(USE_ONLY.format(key=place.key)))
    roots = engine(place)

    root_id, wrapped = roots.wrap(KEY, HERE)

    assert roots.unwrap(root_id, wrapped, HERE) == KEY
    with pytest.raises(RootKeyError, match=r"has no right to keys/.*/rotate"):
        roots.rotate()


def test_a_key_that_the_engine_does_not_have_is_told(openbao, tmp_path):
    roots = engine(transit_place(openbao, tmp_path, mount="other"))

    with pytest.raises(RootKeyError, match=r"has no key|status 404"):
        roots.current()


def test_an_engine_behind_tls_is_known_by_its_authority(tmp_path):
    with running_openbao(tmp_path, tls=True) as server:
        place = transit_place(server, tmp_path, ca_file=tmp_path / "vault-ca.pem")
        root_id, wrapped = engine(place).wrap(KEY, HERE)

        assert engine(place).unwrap(root_id, wrapped, HERE) == KEY
        with pytest.raises(RootKeyError, match="SSLCertVerificationError"):
            engine(replace(place, ca_file=None)).current()


def test_a_sealed_engine_is_told(openbao, tmp_path):
    roots = engine(transit_place(openbao, tmp_path))
    unseal = openbao.unseal_key()
    openbao.ask("PUT", "sys/seal")
    try:
        with pytest.raises(RootKeyError, match="unseal it"):
            roots.wrap(KEY, HERE)
    finally:
        openbao.ask("PUT", "sys/unseal", {"key": unseal})


def test_an_engine_that_is_away_is_told_without_the_token(tmp_path):
    master = secret(tmp_path / "transit.token", "s.very-secret")
    place = Transit(url="http://127.0.0.1:9", mount="transit", key="temoin", token_file=master, ca_file=None)

    with pytest.raises(RootKeyError, match="does not answer") as caught:
        engine(place).wrap(KEY, HERE)
    assert "very-secret" not in str(caught.value)


def test_a_token_file_that_others_read_is_refused(openbao, tmp_path):
    place = transit_place(openbao, tmp_path)
    place.token_file.chmod(0o644)

    with pytest.raises(RootKeyError, match="chmod 600"):
        engine(place).wrap(KEY, HERE)


# The token --------------------------------------------------------------------------------------------------


def test_the_root_key_cannot_be_taken_out_of_the_token(token, tmp_path):  # noqa: ARG001
    import pkcs11

    place = token_place(tmp_path)
    label = held(place).rotate().removeprefix("pkcs11:")
    with pkcs11.lib(str(MODULE)).get_token(token_label="temoin").open(user_pin=PIN) as session:
        key = session.get_key(label=label)

        with pytest.raises(pkcs11.exceptions.AttributeSensitive):
            _ = key[pkcs11.Attribute.VALUE]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"token": "other"}, "cannot be opened"), ({"module": Path("/nonexistent.so")}, "cannot be opened")],
)
def test_a_token_that_is_not_there_is_told(token, tmp_path, changes, words):  # noqa: ARG001
    with pytest.raises(RootKeyError, match=words):
        held(token_place(tmp_path, **changes)).current()


def test_a_wrong_pin_is_told_without_it(token, tmp_path):  # noqa: ARG001
    place = token_place(tmp_path)
    secret(place.pin_file, "000000")

    with pytest.raises(RootKeyError, match="cannot be opened") as caught:
        held(place).current()
    assert "000000" not in str(caught.value)


def test_an_empty_token_says_how_to_make_its_first_key(token, tmp_path):  # noqa: ARG001
    with pytest.raises(RootKeyError, match="temoin keys rotate-root"):
        held(token_place(tmp_path)).current()
