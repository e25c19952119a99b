"""The envelope of sealed values: whatever is sealed opens in its place alone, also after its key was turned."""

from __future__ import annotations

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.crypto.envelope import (
    CONTENT,
    KEY_ID,
    SCHEMA,
    Key,
    SealBrokenError,
    check_head,
    content_of,
    key_id_of,
    open_content,
    rewrap,
    schema_of,
    seal_content,
)

OLD, NEW, OTHER = (Key.of(uuid4(), bytes([number]) * 32) for number in (1, 2, 3))
PLACE = b"pharmacy|table|row|1"


@given(plain=st.binary(max_size=2000), place=st.binary(max_size=100))
def test_what_is_sealed_opens_in_its_place(plain, place):
    sealed = seal_content(OLD, place, plain)

    assert open_content(OLD, place, sealed) == plain
    assert (key_id_of(sealed), len(content_of(sealed))) == (OLD.id, len(plain) + 16)


@given(plain=st.binary(max_size=600))
def test_turning_the_key_keeps_the_content_and_only_the_new_key_opens(plain):
    sealed = seal_content(OLD, PLACE, plain)

    turned = rewrap(OLD, NEW, sealed)

    assert content_of(turned) == content_of(sealed)
    assert (key_id_of(turned), open_content(NEW, PLACE, turned)) == (NEW.id, plain)
    with pytest.raises(SealBrokenError):
        open_content(OLD, PLACE, turned)


@given(plain=st.binary(max_size=300), data=st.data())
def test_a_change_of_any_bit_is_noticed(plain, data):
    sealed = bytearray(seal_content(OLD, PLACE, plain))
    position = data.draw(st.integers(0, len(sealed) - 1))
    sealed[position] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(SealBrokenError):
        open_content(OLD, PLACE, bytes(sealed)) if key_id_of(bytes(sealed)) == OLD.id else _refuse()


def _refuse() -> None:
    raise SealBrokenError  # the ring has no key of this name


@given(place=st.binary(max_size=100).filter(lambda place: place != PLACE))
def test_it_opens_in_no_other_place(place):
    with pytest.raises(SealBrokenError):
        open_content(OLD, place, seal_content(OLD, PLACE, b"positive"))


def test_the_wrap_of_one_value_does_not_open_the_content_of_another():
    one, other = seal_content(OLD, PLACE, b"positive"), seal_content(OLD, PLACE, b"negative")

    with pytest.raises(SealBrokenError):
        open_content(OLD, PLACE, one[:CONTENT] + other[CONTENT:])


def test_a_key_shows_nothing_of_itself():
    assert "01" * 4 not in repr(OLD)
    assert str(OLD.id) in repr(OLD)


@pytest.mark.parametrize("junk", [b"", b"\x03", b"\x02" + bytes(200), b"\x03" + bytes(CONTENT - 1)])
def test_what_is_no_sealed_value_is_refused(junk):
    with pytest.raises(SealBrokenError, match="unknown format"):
        key_id_of(junk)


def test_the_head_says_the_schema_version_and_no_other_opens():
    sealed = seal_content(OLD, PLACE, b"positive", schema=2)
    lied = sealed[:SCHEMA] + b"\x01" + sealed[KEY_ID:]

    assert (schema_of(sealed), schema_of(rewrap(OLD, NEW, sealed))) == (2, 2)
    with pytest.raises(SealBrokenError):
        check_head(OLD, lied)


def test_a_stranger_key_turns_nothing():
    with pytest.raises(SealBrokenError):
        rewrap(OTHER, NEW, seal_content(OLD, PLACE, b"positive"))
