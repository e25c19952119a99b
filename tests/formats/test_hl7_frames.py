"""Frames of MLLP as their bytes come: in any pieces the same messages, whatever stands between them, within bounds."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from temoin.formats.hl7v2.errors import Hl7Error
from temoin.formats.hl7v2.framing import START, STOP, FrameReader, framed

MESSAGES = st.binary(min_size=1, max_size=40).map(lambda one: b"MSH" + one.replace(START, b"").replace(STOP, b""))
BETWEEN = st.sampled_from([b"", b"\r", b"\n", b"\r\n\r\n", b"noise", b"\x0bgiven up"])


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[begin:end] for begin, end in itertools.pairwise(places)]


@given(st.lists(st.tuples(BETWEEN, MESSAGES)), st.lists(st.integers(0, 10_000)))
def test_in_any_pieces_the_same_messages_come(told: list[tuple[bytes, bytes]], cuts: list[int]):
    reader, data = FrameReader(100), b"".join(noise + framed(message) for noise, message in told)

    came = [inside for piece in pieces(data, cuts) for inside in reader.came(piece)]

    assert came == [message for _noise, message in told]
    assert not reader.is_begun


@given(st.lists(st.binary(max_size=50)))
def test_nothing_that_comes_makes_it_hold_more_than_a_frame(pieces_of: list[bytes]):
    reader = FrameReader(20)
    for piece in pieces_of:
        try:
            list(reader.came(piece))
        except Hl7Error:
            return
        assert len(reader._held) <= 20


def test_a_message_that_holds_a_sign_of_the_frame_is_not_framed():
    for sign in (START, STOP):
        with pytest.raises(Hl7Error):
            framed(b"MSH" + sign)


def test_without_cr_or_vt_a_frame_is_read_and_an_empty_one_is_nothing():
    reader = FrameReader(100)

    assert list(reader.came(b"\x0bone\x1c\x0btwo\x1cthree\x1c\x0b\r\x1c\r")) == [b"one", b"two", b"three"]
    assert not reader.is_begun


@pytest.mark.parametrize("data", [START + b"x" * 21, START + b"x" * 21 + STOP])
def test_a_frame_that_is_too_long_is_refused(data: bytes):
    with pytest.raises(Hl7Error):
        list(FrameReader(20).came(data))
