"""The letter: both halves open it, one half does not, and its size tells nothing."""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from temoin.crypto.letter import (
    ALPHABET,
    LEAST_DIFFERENT,
    check_character,
    derive,
    draw_code,
    draw_link,
    draw_salt,
    link_fragment,
    normalise_code,
    open_letter,
    seal_letter,
    stretch,
)

SALT = bytes(range(16, 32))
LINK = bytes(range(16)) + SALT
CODE = "7K2QF-XM04CP"
KEY = stretch(CODE, SALT)
LOOKUP_HEX = "f27d08f3d06c8e7e6ac52817ab4c7ceac927cdb9e66797debbc8ea9b872ae369"
AUTH_HEX = "09e45d84418ea80ab9a3d6f1e96d64a3708906667ce152eca6f781ba515a8c25"
LETTER_KEY_HEX = "82ac48892a6536f0c369add417e74c0d1411b4bccd9732e8c8e1ba78ea3140bd"


def _hkdf(key, info):
    """HKDF as RFC 5869 writes it, one block: extract with a key of zeros, expand once."""
    extracted = hmac.digest(bytes(32), key, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")


def _pbkdf2(password, salt):
    """PBKDF2 as RFC 8018 writes it, one block: ten thousand rounds, each added to the last."""
    step = hmac.digest(password, salt + b"\x00\x00\x00\x01", "sha256")
    total = int.from_bytes(step, "big")
    for _ in range(9_999):
        step = hmac.digest(password, step, "sha256")
        total ^= int.from_bytes(step, "big")
    return total.to_bytes(32, "big")


codes = st.text(alphabet=ALPHABET, min_size=10, max_size=10).filter(lambda code: len(set(code)) >= LEAST_DIFFERENT)


def test_a_code_is_a_group_of_five_and_one_of_six_crockford_characters():
    assert re.fullmatch(f"[{ALPHABET}]{{5}}-[{ALPHABET}]{{6}}", draw_code())
    assert len(ALPHABET) == 32
    assert not set("ILOU") & set(ALPHABET)


def test_no_two_codes_or_salts_are_drawn_alike():
    assert len({draw_code() for _ in range(200)}) == 200
    assert len({draw_salt() for _ in range(200)}) == 200


@pytest.mark.parametrize(
    "typed",
    ["7K2QF-XM04CP", "7k2qfxm04cp", " 7k2qf xm04cp ", "7K2QF–XMO4CP", "7K2QF\u00a0XMo4Cp\n", "7K2QF-XM-04C-P"],
)
def test_a_code_is_understood_however_it_is_typed(typed):
    assert normalise_code(typed) == "7K2QFXM04C"


def test_i_and_l_are_read_as_one_and_o_as_zero():
    assert normalise_code(f"iIlLo-O2345{check_character('1111002345')}") == "1111002345"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "7K2QF-XM04",
        "7K2QF-XM04C",
        "7K2QF-XM04CC",
        "7K2QF-XM04CPP",
        "UK2QF-XM04CP",
        "7K2QF-XM04C!",
        "ſK2QF-XM04CP",
        "٧K2QF-XM04CP",
    ],
)
def test_anything_else_is_refused_without_repeating_it(typed):
    with pytest.raises(ValueError, match="ten characters") as refusal:
        normalise_code(typed)

    assert not typed or typed not in str(refusal.value)


@given(codes)
def test_every_drawn_code_normalises_to_itself(code):
    assert normalise_code(f"{code[:5]}-{code[5:]}{check_character(code)}") == code


@given(codes, st.integers(0, 10), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_seen(code, place, other):
    typed = code + check_character(code)
    wrong = typed[:place] + other + typed[place + 1 :]

    assert wrong == typed or not is_code(wrong)


@given(codes, st.integers(0, 10), st.integers(0, 10))
def test_two_characters_that_changed_places_are_seen(code, one, other):
    typed = list(code + check_character(code))
    typed[one], typed[other] = typed[other], typed[one]

    assert "".join(typed) == code + check_character(code) or not is_code("".join(typed))


@pytest.mark.parametrize(
    "junk",
    [*(one * 11 for one in ALPHABET), *("12345678901", "01234567890", "ABCDEFGHJKM", "TESTTESTTES", "PASSW0RD123")],
)
def test_what_a_form_filler_types_is_no_code(junk):
    assert not is_code(junk)


def is_code(text: str) -> bool:
    try:
        normalise_code(text)
    except ValueError:
        return False
    return True


@given(st.text())
def test_normalising_gives_ten_known_characters_or_refuses(text):
    try:
        code = normalise_code(text)
    except ValueError:
        return

    assert len(code) == 10
    assert set(code) <= set(ALPHABET)


def test_a_fragment_has_43_characters_and_gives_the_link_back():
    fragment = link_fragment(LINK)

    assert re.fullmatch("[A-Za-z0-9_-]{43}", fragment)
    assert urlsafe_b64decode(fragment + "=") == LINK


@pytest.mark.parametrize("link", [b"short", bytes(31), bytes(33)])
def test_a_link_of_another_length_is_refused(link):
    with pytest.raises(ValueError, match="16 secret bytes"):
        derive(link, KEY)
    with pytest.raises(ValueError, match="16 secret bytes"):
        link_fragment(link)


def test_every_letter_of_a_record_has_its_own_secret_and_the_salt_of_the_code():
    first, second = draw_link(SALT), draw_link(SALT)

    assert first[:16] != second[:16]
    assert first[16:] == second[16:] == SALT


def test_the_same_code_proves_itself_otherwise_to_each_letter():
    first, second = derive(draw_link(SALT), KEY), derive(draw_link(SALT), KEY)

    assert first.auth != second.auth


def test_the_keys_are_those_of_the_design_for_ever():
    """A fixed vector, and the same from the RFCs' text: a change would break every letter already sent."""
    keys = derive(LINK, KEY)

    assert keys.lookup == _hkdf(LINK[:16], b"lookup")
    k1, k2 = _hkdf(LINK[:16], b"k1"), _pbkdf2(b"7K2QFXM04C", SALT)
    assert k2 == KEY
    assert keys.auth == _hkdf(k1 + k2, b"auth")
    assert keys.letter_key == _hkdf(k1 + k2, b"letter")
    assert keys.lookup.hex() == LOOKUP_HEX
    assert keys.auth.hex() == AUTH_HEX
    assert keys.letter_key.hex() == LETTER_KEY_HEX


def test_keys_and_letters_never_show_themselves_in_a_trace():
    keys = derive(LINK, KEY)

    assert keys.auth.hex() not in repr(keys)
    assert repr(keys.auth) not in repr(keys)


@given(st.binary(max_size=9000))
def test_what_is_sealed_opens_again(payload):
    sealed = seal_letter(LINK, KEY, payload)

    assert open_letter(LINK, CODE.lower(), sealed.ciphertext) == payload


def test_the_server_keeps_hashes_of_lookup_and_auth_only():
    keys = derive(LINK, KEY)
    sealed = seal_letter(LINK, KEY, b"{}")

    assert sealed.lookup_hash == sha256(keys.lookup).digest()
    assert sealed.auth_hash == sha256(keys.auth).digest()


@pytest.mark.parametrize(
    ("link", "code"), [(LINK, "7K2QF-XM04DM"), (bytes(16) + SALT, CODE), (LINK[:16] + bytes(16), CODE)]
)
def test_one_half_does_not_open_the_letter(link, code):
    sealed = seal_letter(LINK, KEY, b"{}")

    with pytest.raises(InvalidTag):
        open_letter(link, code, sealed.ciphertext)


@pytest.mark.parametrize("position", [0, 11, 12, 2000, -1])
def test_one_changed_bit_is_noticed(position):
    ciphertext = bytearray(seal_letter(LINK, KEY, b"{}").ciphertext)
    ciphertext[position] ^= 1

    with pytest.raises(InvalidTag):
        open_letter(LINK, CODE, bytes(ciphertext))


def test_the_size_does_not_tell_a_positive_from_a_negative():
    positive = seal_letter(LINK, KEY, b"positif" + b"x" * 1900)
    negative = seal_letter(LINK, KEY, "négatif".encode() + b"x" * 300)

    assert len(positive.ciphertext) == len(negative.ciphertext) == 12 + 16_384 + 16
    assert (len(seal_letter(LINK, KEY, bytes(9000)).ciphertext) - 28) % 1024 == 0


def test_the_same_payload_is_never_sealed_to_the_same_bytes():
    assert seal_letter(LINK, KEY, b"{}").ciphertext != seal_letter(LINK, KEY, b"{}").ciphertext
