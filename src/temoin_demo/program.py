"""The program of a demonstration's pharmacy: whoever writes one begins with its key in hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from joserfc.jwk import OKPKey

from temoin.pharmacies.professions import Profession
from temoin.pharmacies.programs import ProgramSeat, add_program
from temoin.pharmacies.scopes import Scope
from temoin_demo.people import Team

NAME = "Logiciel d’officine"


@dataclass(frozen=True)
class DemoProgram:
    """What a program needs to come in."""

    client_id: str
    private_key: str = field(repr=False)  # PEM


def let_in_program(team: Team) -> tuple[DemoProgram, ProgramSeat]:
    """Give a program access to all that programs may do; the owner vouches for it."""
    key, scopes = OKPKey.generate_key("Ed25519"), tuple(Scope)
    public = key.as_pem(private=False).decode()
    owner = team.seats[Profession.TITULAIRE]
    program_id = add_program(by=owner, name=NAME, public_key=public, scopes=scopes)
    program = DemoProgram(f"{owner.pharmacy_id}.{program_id}", key.as_pem(private=True).decode())
    return program, ProgramSeat(owner.pharmacy_id, program_id, NAME, scopes)
