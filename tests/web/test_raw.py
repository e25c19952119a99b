"""Bytes of strangers, shown for reading."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.web.raw import show_bytes

BOMB = b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'),
        (b"<a><b>1</b></a>", "<a>\n  <b>1</b>\n</a>\n"),
        (b"<a><b>cut", "<a><b>cut"),
        (b"MSH|^~\\&|A\rMSA|AA|1\r", "MSH|^~\\&|A\nMSA|AA|1\n"),
        ("refusé".encode(), "refusé"),
        (b"line\r\nline", "line\r\nline"),
        (b"PK\x03\x04\xff", ""),
        (b"nul \x00", ""),
        (b"", ""),
    ],
)
def test_each_kind_is_set_out(data: bytes, text: str):
    assert show_bytes(data).text == text


def test_no_entity_is_opened():
    assert "bbbb" not in show_bytes(BOMB).text.replace('"bbbbbbbb"', "")


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"<a>{text}</a>".encode()))
def test_nothing_fails_and_size_and_digest_hold(data: bytes):
    shown = show_bytes(data)

    assert (shown.size, shown.digest) == (len(data), sha256(data).hexdigest())
    assert "\x00" not in shown.text


def test_what_is_nested_too_deep_to_be_set_out_is_shown_as_it_came():
    data = b"[" * 300 + b"]" * 300

    assert show_bytes(data).text == data.decode()
