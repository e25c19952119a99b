"""The CNIL's rule for passwords, as a truth table."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from temoin.signin.passwords import EntropyValidator, entropy_bits


@pytest.mark.parametrize(
    ("password", "bits"),
    [
        ("abcdefgh", 37.6),
        ("abcdefghijkl", 56.4),
        ("Abcdefgh", 45.6),
        ("Abcdefg1", 47.6),
        ("Abcdef1!", 53.0),
        ("1234567890123456", 53.2),
        ("", 0.0),
        ("éééé", 20.8),
    ],
)
def test_bits_are_counted_as_the_cnil_does(password, bits):
    assert entropy_bits(password) == pytest.approx(bits, abs=0.06)


@pytest.mark.parametrize("password", ["Abcdef1!", "abcdefghijkl", "1234567890123456", "correct horse battery"])
def test_fifty_bits_pass(password):
    EntropyValidator().validate(password)


@pytest.mark.parametrize(
    "password", ["Abcdefg1", "abcdefghij", "123456789012345", "aaaaaaaaaaaaaaaaaaaaaaaaa", "111111111111111111111", ""]
)
def test_less_is_refused_with_a_word_of_advice(password):
    with pytest.raises(ValidationError) as refused:
        EntropyValidator().validate(password)

    assert refused.value.code == "password_entropy"
    assert password not in str(refused.value.message) or not password


@given(st.text(max_size=40), st.characters())
def test_a_longer_password_is_never_weaker(password, more):
    assert entropy_bits(password + more) >= entropy_bits(password)
