"""A form opens for the key and the place that it was sealed to, and for no other; a byte that is altered is refused."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest

from temoin.crypto.arrival import (
    BLOCK_BYTES,
    LONGEST_SEALED,
    PRIVATE_BYTES,
    PUBLIC_BYTES,
    FormBrokenError,
    FormPlace,
    draw_pair,
    open_form,
    seal_form,
)

PLACE = FormPlace(UUID(int=1), UUID(int=2), UUID(int=3))
PAIR = draw_pair()
CONTENT = '{"v":1,"nom":"LÉGER"}'.encode()
SEALED = seal_form(PAIR.public, PLACE, CONTENT)


def test_a_form_opens_for_the_key_that_it_was_sealed_to():
    assert open_form(PAIR.private, PLACE, SEALED) == CONTENT
    assert (len(PAIR.private), len(PAIR.public)) == (PRIVATE_BYTES, PUBLIC_BYTES)


def test_another_key_opens_nothing():
    with pytest.raises(FormBrokenError):
        open_form(draw_pair().private, PLACE, SEALED)


@pytest.mark.parametrize("part", ["pharmacy_id", "key_id", "arrival_id"])
def test_a_form_moved_to_another_place_does_not_open(part: str):
    with pytest.raises(FormBrokenError):
        open_form(PAIR.private, replace(PLACE, **{part: UUID(int=9)}), SEALED)


def test_each_byte_that_is_altered_is_refused():
    for at in (*range(PUBLIC_BYTES + 40), *range(PUBLIC_BYTES + 40, len(SEALED), 97), len(SEALED) - 1):
        altered = bytearray(SEALED)
        altered[at] ^= 1
        with pytest.raises(FormBrokenError):
            open_form(PAIR.private, PLACE, bytes(altered))


def test_what_is_cut_longer_or_of_another_version_is_refused():
    for cut in (b"", b"\x01", SEALED[:66], SEALED[:-1], SEALED + b"\x00", b"\x02" + SEALED[1:]):
        with pytest.raises(FormBrokenError):
            open_form(PAIR.private, PLACE, cut)


def test_the_size_of_a_form_tells_little_of_its_content():
    sizes = {len(seal_form(PAIR.public, PLACE, b"x" * size)) for size in (0, 1, 400, BLOCK_BYTES - 4)}

    assert len(sizes) == 1
    assert max(sizes) < LONGEST_SEALED
    assert seal_form(PAIR.public, PLACE, CONTENT) != SEALED
