"""The signed list of revoked certificates: it says what was written, and nothing else is one."""

from __future__ import annotations

import pytest
from hcert_lists import GOOD, LIST_KEYS, LISTS, MARKS, NAME, TOLD, written
from hcert_makers import AT, ISSUER
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from strategies import examples

from temoin.crypto.signatures import public_jwk
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.revoking import read_revocations
from temoin.formats.hcert.smart import encode_base64url

MARK = st.binary(min_size=8, max_size=8)


@examples(20)
@given(st.lists(MARK, max_size=40))
def test_any_marks_are_read_as_they_were_written_and_their_order_is_not_told(marks):
    text = written(marks)

    told = read_revocations(text, LIST_KEYS)

    assert (told.issuer, told.issued_at, told.marks) == (ISSUER, AT, frozenset(marks))
    assert text.rpartition(".")[0] == written(marks[::-1]).rpartition(".")[0]


def test_another_library_verifies_the_list():
    key = ECKey.import_key({**public_jwk(LIST_KEYS[0].key), "kid": NAME})
    registry = JWSRegistry(algorithms=["ES256"])

    told = jws.deserialize_compact(GOOD, key, registry=registry)

    assert encode_base64url(b"".join(sorted(MARKS))).encode() in told.payload


@pytest.mark.parametrize("text", LISTS[2:])
def test_what_is_no_list_is_refused(text):
    with pytest.raises(NotACertificateError):
        read_revocations(text, LIST_KEYS)


@examples(40)
@given(st.integers(0, len(GOOD) - 1), st.characters(codec="ascii"))
def test_no_other_character_makes_another_list(at, letter):
    changed = GOOD[:at] + letter + GOOD[at + 1 :]

    try:
        told = read_revocations(changed, LIST_KEYS)
    except NotACertificateError:
        return
    assert changed == GOOD
    assert told.marks == frozenset(MARKS)


def test_a_list_has_no_more_than_it_needs():
    assert set(TOLD) == {"iss", "iat", "marks"}
