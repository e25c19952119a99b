"""Who is invited: names, address, profession and register number, read from what a manager typed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import InvalidError, Problem
from temoin.lib.mail_address import AddressError, check_address
from temoin.lib.mail_words import ADDRESS_WORDS
from temoin.lib.typed import typed_line
from temoin.pharmacies.numbers import check_rpps
from temoin.pharmacies.professions import MAY_BE_REGISTERED, REGISTERED, Profession


@dataclass(frozen=True, kw_only=True)
class Newcomer:
    """Somebody to be seated; `rpps` is "" for who is not in the register."""

    family_name: str
    given_name: str
    email: str
    profession: Profession
    rpps: str


def check_newcomer(raw: Mapping[str, str]) -> Newcomer:
    """Read a newcomer from typed text; raise InvalidError with every problem found."""
    problems: list[Problem] = []
    profession = _profession(raw, problems)
    newcomer = {
        "family_name": _name(raw, "family_name", problems),
        "given_name": _name(raw, "given_name", problems),
        "email": _email(raw, problems),
        "rpps": "" if profession is None else _rpps(raw, profession, problems),
    }
    if problems or profession is None:
        raise InvalidError(problems)
    return Newcomer(profession=profession, **newcomer)


def check_profession(raw: Mapping[str, str]) -> tuple[Profession, str]:
    """Read a profession, with the register number that goes with it."""
    problems: list[Problem] = []
    profession = _profession(raw, problems)
    rpps = "" if profession is None else _rpps(raw, profession, problems)
    if problems or profession is None:
        raise InvalidError(problems)
    return profession, rpps


def _profession(raw: Mapping[str, str], problems: list[Problem]) -> Profession | None:
    try:
        return Profession(raw.get("profession", ""))
    except ValueError:
        problems.append(Problem("profession", "required", _("Choose a profession.")))
        return None


def _name(raw: Mapping[str, str], field: str, problems: list[Problem]) -> str:
    try:
        name = typed_line(field, raw.get(field, ""), of="Member")
    except InvalidError as error:
        problems.extend(error.problems)
        return ""
    if not any(character.isalpha() for character in name):
        problems.append(Problem(field, "required", _("Enter the name under which the person works.")))
    return name


def _email(raw: Mapping[str, str], problems: list[Problem]) -> str:
    try:
        return check_address(raw.get("email", "")).lower()
    except AddressError as error:
        problems.append(Problem("email", error.fault.value, ADDRESS_WORDS[error.fault]))
        return ""


def _rpps(raw: Mapping[str, str], profession: Profession, problems: list[Problem]) -> str:
    """Return the number of whoever has one; a profession outside the register keeps none, whatever was typed."""
    text = raw.get("rpps", "").strip()
    if profession not in MAY_BE_REGISTERED or (not text and profession not in REGISTERED):
        return ""
    try:
        return check_rpps(text)
    except InvalidError as error:
        problems.extend(error.problems)
        return ""
