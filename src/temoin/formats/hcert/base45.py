"""Base 45 (RFC 9285): bytes in the characters that QR codes hold most densely."""

from __future__ import annotations

from temoin.formats.hcert.errors import NotACertificateError

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode_base45(raw: bytes) -> str:
    """Return three characters for every two bytes, and two for a last one."""
    pairs = [int.from_bytes(raw[start : start + 2], "big") for start in range(0, len(raw) - 1, 2)]
    text = "".join(_written(pair, 3) for pair in pairs)
    return text + _written(raw[-1], 2) if len(raw) % 2 else text


def decode_base45(text: str) -> bytes:
    """Return the bytes; NotACertificateError for a foreign character, a wrong length or a value without bytes."""
    try:
        values = [_VALUES[character] for character in text]
    except KeyError:
        raise NotACertificateError("a character is not of base 45") from None
    return b"".join(_bytes(values[start : start + 3]) for start in range(0, len(values), 3))


def _written(value: int, length: int) -> str:
    return "".join(ALPHABET[value // 45**place % 45] for place in range(length))


def _bytes(values: list[int]) -> bytes:
    value = 0
    for digit in reversed(values):
        value = value * 45 + digit
    length = len(values) - 1
    if not length or value >= 256**length:
        raise NotACertificateError("a group of base 45 stands for no bytes")
    return value.to_bytes(length, "big")
