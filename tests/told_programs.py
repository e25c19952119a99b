"""Programs that are told, or may be."""

from __future__ import annotations

from uuid import UUID

from joserfc.jwk import ECKey

from temoin.pharmacies.programs import add_program
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.seat import Seat
from temoin.webhooks.actions import register_webhook
from temoin.webhooks.settings import OUTSIDE, Outside


def make_reader(by: Seat) -> UUID:
    """Give a program access to read tests."""
    key = ECKey.generate_key("P-256").as_pem(private=False).decode()
    return add_program(by=by, name="LGO", public_key=key, scopes=(Scope.TESTS_READ,))


def have_told(by: Seat) -> UUID:
    """Have a program told at an address that leads nowhere."""
    before, program_id = OUTSIDE(), make_reader(by)
    OUTSIDE.give(Outside())
    register_webhook(by=by, program_id=program_id, address="https://program.example/temoin")
    OUTSIDE.give(before)
    return program_id
