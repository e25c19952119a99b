"""Slows down whoever tries wrongly too often, and nobody else: who opens a letter is charged nothing.

A letter on which nobody has tried a wrong code is always tried, whatever others did: no flood of strangers, and no
crowd behind the one address of a telephone carrier, keeps a patient from the first try. Whoever can name such a letter
holds its link. See decision 0077.
"""

from __future__ import annotations

from temoin.delivery.pace import Bucket
from temoin.lib.callers import caller_network

PER_ADDRESS = 60  # an IPv4 address may be that of a carrier, with thousands of telephones behind it
PER_SUBSCRIBER = 20  # the /64 that an IPv6 address is drawn from
PER_SITE, WHOLE_SITE = 200, 48  # the /48 that a subscriber may be given whole
PER_LETTER = 20
OF_A_PHARMACY = 2 / 3  # of its pace: the telephones of a queue may all be behind one address, and a flood too
IN_ALL = 1200  # wrong codes on real letters, each of which has a link behind it


def caller_buckets(address: str) -> list[Bucket]:
    """Return what a wrong try is charged to, whatever it was for."""
    network = caller_network(address)
    if "/" not in network:
        return [Bucket(f"caller|{network}", PER_ADDRESS)]
    return [
        Bucket(f"caller|{network}", PER_SUBSCRIBER),
        Bucket(f"caller|{caller_network(address, WHOLE_SITE)}", PER_SITE),
    ]


def form_buckets(address: str, whose: str, size: float) -> list[Bucket]:
    """Return what a form is charged to: who hands it in, and the pharmacy's pace, of which nobody has the whole."""
    theirs = Bucket(f"{whose}|{caller_network(address, WHOLE_SITE)}", size * OF_A_PHARMACY)
    return [*caller_buckets(address), theirs, Bucket(whose, size)]


def letter_buckets(lookup_hash: bytes) -> list[Bucket]:
    """Return what a wrong code on a real letter is charged to besides."""
    return [Bucket(f"letter|{lookup_hash.hex()}", PER_LETTER), Bucket("all", IN_ALL)]
