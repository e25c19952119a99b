"""The two pharmacies of a demonstration and the people who work there; every name and number is made up."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from stdnum import luhn

from temoin.pharmacies.actions import open_pharmacy, seat_member
from temoin.pharmacies.models import Pharmacy
from temoin.pharmacies.professions import REGISTERED, Profession
from temoin.pharmacies.seat import Seat, take_seat
from temoin.signin.models import Person

P = Profession


@dataclass(frozen=True)
class Account:
    """What a newcomer needs to sign in as somebody."""

    email: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)
    name: str
    profession: str
    pharmacy: str
    pharmacies: tuple[str, ...]


@dataclass(frozen=True)
class Team:
    """A pharmacy with its people, one of each profession."""

    pharmacy: Pharmacy
    seats: dict[Profession, Seat]

    @property
    def pharmacists(self) -> tuple[Seat, ...]:
        return self.seats[P.TITULAIRE], self.seats[P.ADJOINT], self.seats[P.REMPLACANT]

    @property
    def counter(self) -> Seat:
        return self.seats[P.PREPARATEUR]


@dataclass(frozen=True)
class _Colleague:
    given_name: str
    family_name: str
    profession: Profession


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# FINESS numbers start with a department; the 9999xx of a department are not given out. The last digit is a key.
_PHARMACIES = (
    ("35999901", "Pharmacie des Deux Horloges", ("7 rue des Deux Horloges", "35000", "Rennes", "+33261910101")),
    ("44999902", "Pharmacie du Canal Bleu", ("12 quai du Canal Bleu", "44000", "Nantes", "+33261910202")),
)
# The locum of the first team works in both pharmacies: at sign-in, a choice is asked.
_STAFF = (
    (
        _Colleague("Hélène", "VASSEUR", P.TITULAIRE),
        _Colleague("Karim", "BENALI", P.ADJOINT),
        _Colleague("Maëlle", "LE GOFF", P.REMPLACANT),
        _Colleague("Lucas", "PERRIN", P.PREPARATEUR),
        _Colleague("Inès", "FONTAINE", P.STUDENT),
        _Colleague("Élodie", "CARRÉ", P.NURSE),
        _Colleague("Marc", "OLIVIER", P.BIOLOGIST),
        _Colleague("Bruno", "MARCHETTI", P.ADMINISTRATOR),
        _Colleague("Odile", "SIMON", P.AUDITOR),
    ),
    (
        _Colleague("Antoine", "GAUTHIER", P.TITULAIRE),
        _Colleague("Sophie", "NGUYEN", P.ADJOINT),
        _Colleague("Camille", "ROUSSEL", P.PREPARATEUR),
        _Colleague("Yanis", "COLIN", P.STUDENT),
        _Colleague("Thomas", "RIVIÈRE", P.NURSE),
        _Colleague("Agnès", "DUPUIS", P.BIOLOGIST),
        _Colleague("Nadia", "LEMOINE", P.ADMINISTRATOR),
        _Colleague("Paul", "MERCIER", P.AUDITOR),
    ),
)
_WORDS = [
    "Acacia",
    "Ancre",
    "Aurore",
    "Balcon",
    "Bleuet",
    "Bouleau",
    "Brume",
    "Cabane",
    "Canot",
    "Cerise",
    "Cigale",
    "Colline",
    "Corbeau",
    "Dune",
    "Ecluse",
    "Epine",
    "Falaise",
    "Fanal",
    "Fougere",
    "Galet",
    "Genet",
    "Girafe",
    "Givre",
    "Glycine",
    "Hamac",
    "Hibou",
    "Ivoire",
    "Jardin",
    "Jonquille",
    "Lagune",
    "Lavande",
    "Lichen",
    "Loutre",
    "Marais",
    "Merisier",
    "Mouette",
    "Muguet",
    "Nacre",
    "Noisette",
    "Olivier",
    "Orage",
    "Ortie",
    "Panier",
    "Pelican",
    "Pivoine",
    "Plume",
    "Prairie",
    "Quartz",
    "Renard",
    "Rivage",
    "Rosier",
    "Sablier",
    "Safran",
    "Sentier",
    "Tilleul",
    "Topaze",
    "Tournesol",
    "Vallon",
    "Verger",
    "Violon",
    "Volcan",
    "Voilier",
    "Zephyr",
    "Zinnia",
]


def open_teams() -> tuple[list[Team], list[Account]]:
    """Open both pharmacies and seat everybody, with accounts ready to sign in."""
    pharmacies = [_open(*entry) for entry in _PHARMACIES]
    teams = [Team(pharmacy, {}) for pharmacy in pharmacies]
    accounts: list[Account] = []
    for number, (team, staff) in enumerate(zip(teams, _STAFF, strict=True)):
        for colleague in staff:
            workplaces = teams if colleague.profession is P.REMPLACANT else [team]
            accounts.append(_hire(colleague, workplaces, rpps=_rpps(number * 10 + len(accounts))))
    return teams, accounts


def make_password() -> str:
    """Draw a password that a person can type: three words and four digits."""
    words = "-".join(secrets.choice(_WORDS) for _ in range(3))
    return f"{words}-{secrets.randbelow(10_000):04d}"


def _open(number: str, name: str, place: tuple[str, str, str, str]) -> Pharmacy:
    address = dict(zip(("street", "postcode", "city", "phone"), place, strict=True))
    finess = number + luhn.calc_check_digit(number)
    return open_pharmacy(finess=finess, name=name, address=address, is_demo=True)


def _rpps(number: int) -> str:
    digits = f"99700099{number:02d}"  # 997 is the series of the health agency's own test professionals
    return str(digits + luhn.calc_check_digit(digits))


def _hire(colleague: _Colleague, workplaces: list[Team], *, rpps: str) -> Account:
    password, secret = make_password(), generate_totp_secret()
    person = Person.objects.create_user(_email(colleague), password)
    TOTP.activate(person, secret)
    names = {
        "family_name": colleague.family_name,
        "given_name": colleague.given_name,
        "rpps": rpps if colleague.profession in REGISTERED else "",
    }
    for team in workplaces:
        pharmacy_id = team.pharmacy.id
        seat_member(pharmacy_id=pharmacy_id, person_id=person.id, profession=colleague.profession, names=names)
        seat = take_seat(person_id=person.id, pharmacy_id=pharmacy_id, origin="demonstration")
        team.seats[colleague.profession] = seat
    pharmacies = tuple(team.pharmacy.name for team in workplaces)
    return Account(
        email=person.email,
        password=password,
        totp_secret=secret,
        name=f"{colleague.given_name} {colleague.family_name}",
        profession=colleague.profession.value,
        pharmacy=" + ".join(pharmacies),
        pharmacies=pharmacies,
    )


def _email(colleague: _Colleague) -> str:
    plain = str.maketrans("éèëïî ", "eeeii-")
    given, family = (name.lower().translate(plain) for name in (colleague.given_name, colleague.family_name))
    return f"{given}.{family}@demo.exemple.fr"
