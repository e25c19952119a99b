"""The letter: a result sealed under two halves, a link and a code, so that its keeper cannot read it.

The link carries S, 128 random bits, and the salt of the record's code, in its fragment, which browsers never send. The
code C is ten random characters on the counter ticket, and an eleventh that checks them; it opens every letter of its
record. The patient's browser derives the same keys from the link and the ten with WebCrypto (`letter.js` of the
portal); `tests/portal` proves that the two agree. Parameters, each with its source:

* HKDF-SHA-256 with no salt (RFC 5869 section 2.2: a block of zeros): S is uniformly random, so extraction
  needs none. The `info` strings separate the keys (RFC 5869 section 3.2). Every output is 32 bytes.
* PBKDF2-HMAC-SHA-256, 10,000 iterations, a random salt of 16 bytes for each record (RFC 8018 section 5.2, NIST SP
  800-132 section 5.1). OWASP's 600,000 is meant for words that people choose; C has 50 random bits, is useless without
  S, and the server allows five tries. Dump and mailbox together still face 2^50 x 10,000 rounds, some 30 GPU-years a
  record. Registration pays 5 ms.
* What proves the code is derived from S too, so that it differs between the letters of one record, and a dump alone
  has nothing to try codes on.
* AES-256-GCM, random 96-bit nonce in front (NIST SP 800-38D section 8.2.2), 128-bit tag, AAD = lookup, so a
  ciphertext moved to another row does not open. Each letter has its own key, so nonces cannot meet.
* The plaintext is a 32-bit big-endian length, the payload, then zeros up to a multiple of 16,384 bytes: the longest
  result, comment and reason fit one block, and a certificate besides, so its size tells no outcome.
"""

from __future__ import annotations

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O (read as 1, 1, 0) and no U.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10  # 10 x 5 bits = 50 bits
CHECKED_LENGTH = CODE_LENGTH + 1  # as people see it, with its check character
LEAST_DIFFERENT = 3  # characters in a code: what a form filler repeats is none
GROUP_LENGTH = 5
SECRET_BYTES = 16  # 128 bits
SALT_BYTES = 16  # 128 bits
LINK_BYTES = SECRET_BYTES + SALT_BYTES
FRAGMENT_LENGTH = -(-LINK_BYTES * 4 // 3)  # characters of base64url, without padding
KEY_BYTES = 32
PBKDF2_ITERATIONS = 10_000
NONCE_BYTES = 12
LENGTH_BYTES = 4
BLOCK_BYTES = 16_384

# Dashes and spaces as phones and word processors write them, beside the plain ones.
SEPARATORS = dict.fromkeys(map(ord, "- \t\r\n\u00a0\u2009\u202f\u2010\u2011\u2012\u2013\u2014\u2212"))
LOOK_ALIKES = str.maketrans("ILO", "110")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LetterKeys:
    """What link and code give; without a `repr`, so that no trace or log can show it."""

    lookup: bytes
    auth: bytes
    letter_key: bytes


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SealedLetter:
    """What the server keeps: two hashes to compare with and bytes it cannot read."""

    lookup_hash: bytes
    auth_hash: bytes
    ciphertext: bytes


def draw_code() -> str:
    """Return a fresh code as people see it, such as `7K2QF-XM04CP`: 50 random bits and their check character."""
    drawn = ""
    while len(set(drawn)) < LEAST_DIFFERENT:
        drawn = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    return written_code(drawn)


def written_code(code: str) -> str:
    """Return ten characters as people see them: in two groups, with their check character."""
    return f"{code[:GROUP_LENGTH]}-{code[GROUP_LENGTH:]}{check_character(code)}"


def check_character(code: str) -> str:
    """Return what follows the ten characters: one wrong, or two that changed places, never fit it (decision 0076)."""
    return ALPHABET[_times_alpha(_sum(code))]


def _sum(code: str) -> int:
    """Return the characters as a polynomial over GF(32), at alpha; 1 before them, so that zeros are no code."""
    total = 1
    for character in code:
        total = _times_alpha(total) ^ ALPHABET.index(character)
    return total


def _times_alpha(value: int) -> int:
    doubled = value << 1
    return doubled ^ 0b100101 if doubled > 31 else doubled  # x^5 + x^2 + 1, which is primitive


def normalise_code(text: str) -> str:
    """Return the ten characters meant by the eleven that a person typed, or raise ValueError without repeating them."""
    meant = _meant(text)
    if len(meant) != CHECKED_LENGTH or _sum(meant) or len(set(meant)) < LEAST_DIFFERENT:
        raise ValueError("a code has ten characters of Crockford's base 32 and one that checks them")
    return meant[:CODE_LENGTH]


def _meant(text: str) -> str:
    bare = text.translate(SEPARATORS)
    # Only ASCII may be raised: `upper` turns some foreign letters, such as the long s, into ours.
    meant = bare.upper().translate(LOOK_ALIKES) if bare.isascii() else ""
    if not CODE_LENGTH <= len(meant) <= CHECKED_LENGTH or not set(meant) <= set(ALPHABET):
        raise ValueError("a code has ten characters of Crockford's base 32 and one that checks them")
    return meant


def draw_salt() -> bytes:
    """Return a fresh salt for the code of one record."""
    return secrets.token_bytes(SALT_BYTES)


def draw_link(salt: bytes) -> bytes:
    """Return what the link of one letter carries: a fresh S, then the salt of the record's code."""
    return _checked(secrets.token_bytes(SECRET_BYTES) + salt)


def link_fragment(link: bytes) -> str:
    """Return the 43 base64url characters that follow `#` in the link."""
    return urlsafe_b64encode(_checked(link)).rstrip(b"=").decode("ascii")


def stretch(code: str, salt: bytes) -> bytes:
    """Return the code's key, which seals the letters of its record; the check character is left out."""
    typed = _meant(code)[:CODE_LENGTH].encode("ascii")
    return pbkdf2_hmac("sha256", typed, salt, PBKDF2_ITERATIONS, KEY_BYTES)


def derive(link: bytes, code_key: bytes) -> LetterKeys:
    """Derive what finds the letter, proves the code and opens the letter."""
    secret = _checked(link)[:SECRET_BYTES]
    both = _hkdf(secret, b"k1") + code_key
    return LetterKeys(lookup=_hkdf(secret, b"lookup"), auth=_hkdf(both, b"auth"), letter_key=_hkdf(both, b"letter"))


def seal_letter(link: bytes, code_key: bytes, payload: bytes) -> SealedLetter:
    """Seal the payload so that only the holder of both the link and the code reads it."""
    keys = derive(link, code_key)
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(keys.letter_key).encrypt(nonce, _pad(payload), keys.lookup)
    return SealedLetter(
        lookup_hash=sha256(keys.lookup).digest(),
        auth_hash=sha256(keys.auth).digest(),
        ciphertext=nonce + sealed,
    )


def open_letter(link: bytes, code: str, ciphertext: bytes) -> bytes:
    """Open a letter as the patient's browser does; raise `InvalidTag` when a half is wrong."""
    keys = derive(link, stretch(code, link[SECRET_BYTES:]))
    nonce, sealed = ciphertext[:NONCE_BYTES], ciphertext[NONCE_BYTES:]
    return _unpad(AESGCM(keys.letter_key).decrypt(nonce, sealed, keys.lookup))


def _hkdf(key: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(key)


def _pad(payload: bytes) -> bytes:
    framed = len(payload).to_bytes(LENGTH_BYTES, "big") + payload
    return framed + bytes(-len(framed) % BLOCK_BYTES)


def _unpad(padded: bytes) -> bytes:
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    return padded[LENGTH_BYTES : LENGTH_BYTES + length]


def _checked(link: bytes) -> bytes:
    if len(link) != LINK_BYTES:
        raise ValueError("a link has 16 secret bytes and a salt of 16")
    return link
