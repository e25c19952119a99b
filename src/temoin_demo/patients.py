"""The forty patients of a demonstration: plausible French identities, all invented, the same at every load."""

from __future__ import annotations

import random
from datetime import date, timedelta

COUNT = 40
_SEED = 1962


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Birth places: code of the commune (INSEE) and department it belongs to at birth; abroad is 99 and the country.
_COMMUNES = [
    "44184",
    "49007",
    "35288",
    "29232",
    "56121",
    "56260",
    "72181",
    "85191",
    "79191",
    "86194",
    "17300",
    "37261",
    "45234",
    "14118",
    "50129",
    "76540",
    "80021",
    "51454",
    "21231",
    "25056",
    "68066",
    "57463",
    "54395",
    "63113",
    "87085",
    "64445",
    "64102",
    "65440",
    "11069",
    "30189",
    "84007",
    "83137",
    "73065",
    "74010",
    "2A004",
    "2B033",
    "97209",
    "97411",
]
_COUNTRIES = ("99139", "99350", "99127", "99352")
_FAMILIES = [
    "AUBERT",
    "BAILLY",
    "BARBIER",
    "BERGER",
    "BESSON",
    "BOUCHER",
    "BRETON",
    "BRUNET",
    "CARPENTIER",
    "CHARPENTIER",
    "CLEMENT",
    "CORDIER",
    "DELAUNAY",
    "DUMONT",
    "DUPUIS",
    "FAVRE",
    "FERRAND",
    "GAILLARD",
    "GERARD",
    "GUILLOT",
    "HAMON",
    "HUBERT",
    "JACQUET",
    "LACROIX",
    "LAMBERT",
    "LECLERC",
    "LEGRAND",
    "LOISEAU",
    "MAILLARD",
    "MEUNIER",
    "MOREL",
    "NICOLAS",
    "OLLIVIER",
    "PASQUIER",
    "POIRIER",
    "RENAULT",
    "RIVIERE",
    "SCHMITT",
    "TANGUY",
    "VALLEE",
]
_WOMEN = [
    "Adèle",
    "Agathe",
    "Brigitte",
    "Chloé",
    "Clara",
    "Colette",
    "Élise",
    "Fatou",
    "Geneviève",
    "Jeanne",
    "Léa",
    "Louise",
    "Manon",
    "Margaux",
    "Monique",
    "Nina",
    "Odile",
    "Pauline",
    "Sarah",
    "Solène",
]
_MEN = [
    "Adrien",
    "Alain",
    "Baptiste",
    "Bernard",
    "Cédric",
    "Émile",
    "Étienne",
    "Félix",
    "Gérard",
    "Hugo",
    "Jules",
    "Léon",
    "Marcel",
    "Mathis",
    "Noé",
    "Paul",
    "Rémi",
    "Samir",
    "Thomas",
    "Yves",
]
_STREETS = ("rue des Lilas", "avenue du Moulin", "rue de la Fontaine", "place du Marché", "chemin des Vignes")
_TOWNS = (("35000", "Rennes"), ("44000", "Nantes"))
# Every fourth patient lets the result go there.
_DOCTOR = {
    "doctor_family_name": "ROUSSEL",
    "doctor_given_name": "Anne",
    "doctor_mailbox": "anne.roussel@medecin.demonstration.mssante.fr",
    "doctor_copy": "yes",
}
_PLAIN = str.maketrans("éèëïîôç", "eeeiioc")


def invent_patients() -> list[dict[str, str]]:
    """Return the typed traits of every patient: the first in line live near the first pharmacy."""
    dice = random.Random(_SEED)  # noqa: S311 the same people at each load, nothing secret
    families = dice.sample(_FAMILIES, COUNT)
    return [_invent(dice, number, family) for number, family in enumerate(families)]


def make_nir(sex: str, born: date, birth_place: str, order: int) -> str:
    """Return a NIR with its key; the order numbers used here are beyond what a month of births reaches."""
    digits = f"{1 if sex == 'M' else 2}{born:%y%m}{birth_place}{order:03d}"
    number = int(digits.replace("2A", "19").replace("2B", "18"))
    return f"{digits}{97 - number % 97:02d}"


def _invent(dice: random.Random, number: int, family: str) -> dict[str, str]:
    sex = "F" if number % 2 == 0 else "M"
    given = (_WOMEN if sex == "F" else _MEN)[number // 2]
    born = date(1938, 1, 1) + timedelta(days=dice.randrange(365 * 80))
    abroad = number % 13 == 12
    place = dice.choice(_COUNTRIES if abroad else _COMMUNES)
    has_document = number % 3 != 2
    postcode, city = _TOWNS[0 if number < COUNT * 3 // 5 else 1]
    plain = given.lower().translate(_PLAIN)
    return {
        "birth_family_name": family,
        "birth_given_names": f"{_civil(given)} {_civil(dice.choice(_WOMEN if sex == 'F' else _MEN))}",
        "sex": sex,
        "birth_date": born.isoformat(),
        "birth_place": place,
        "used_family_name": _FAMILIES[(number * 7) % COUNT] if number % 8 == 4 else "",
        "used_given_name": given,
        "nir": "" if abroad or not has_document else make_nir(sex, born, place, 990 + number % 10),
        "identity_status": "VALI" if has_document else "PROV",
        # 06 39 98 and 02 61 91 are the numbers that the regulator keeps for fiction.
        "phone": f"06 39 98 {number:02d} {dice.randrange(100):02d}" if number % 5 else f"02 61 91 10 {number:02d}",
        "email": "" if number % 4 == 3 else f"{plain}.{family.lower()}@example.org",
        "street": f"{dice.randrange(1, 90)} {dice.choice(_STREETS)}",
        "postcode": postcode,
        "city": city,
        **(_DOCTOR if number % 4 == 0 else {}),
    }


def _civil(name: str) -> str:
    """Return a given name as the civil status of the INS writes it: capitals, no accents."""
    return name.lower().translate(_PLAIN).upper()
