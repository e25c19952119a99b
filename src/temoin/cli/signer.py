"""Who signs a file, or sees what only they may see: the named pharmacist, proven; on a demonstration, its owner."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _

from temoin.cli.proof import ask_at_terminal, prove_person
from temoin.lib.config_error import ConfigError
from temoin.lib.errors import DeniedError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.models import Member, Pharmacy
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat, take_seat
from temoin.signin.models import Person

ORIGIN = "import"


def choose_signer(
    *,
    finess: str | None,
    email: str | None,
    is_demo: bool,
    ask: Callable[[str], str] = ask_at_terminal,
    origin: str = ORIGIN,
) -> Seat:
    """Return the seat that signs; `is_demo` is what the settings say, and the pharmacy must say the same."""
    pharmacy = _pharmacy(finess, is_demo=is_demo)
    trusted = is_demo and pharmacy.is_demo
    if email is None and not trusted:
        raise ConfigError(_("Name the pharmacist who signs with --by E-MAIL."))
    person = _owner_of(pharmacy) if email is None else Person.objects.filter(email=email.lower()).first()
    if not trusted and person is not None:
        prove_person(person, ask)
    if person is None or not person.is_active:
        raise _no_seat()
    try:
        return take_seat(person_id=person.id, pharmacy_id=pharmacy.id, origin=origin)
    except NotFoundError:
        raise _no_seat() from None


def _pharmacy(finess: str | None, *, is_demo: bool) -> Pharmacy:
    if finess is None and not is_demo:
        raise ConfigError(_("Name the pharmacy that did the tests with --pharmacy FINESS."))
    known = Pharmacy.real.filter(is_demo=True) if finess is None else Pharmacy.real.filter(finess=finess)
    pharmacy = known.order_by("finess").first()
    if pharmacy is None:
        raise ConfigError(_("No pharmacy has this FINESS number here."))
    return pharmacy


def _owner_of(pharmacy: Pharmacy) -> Person | None:
    with tenant_scope(pharmacy.id):
        member = Member.objects.filter(profession=Profession.TITULAIRE.value, is_active=True).first()
    return None if member is None else Person.objects.get(id=member.person_id)


def _no_seat() -> DeniedError:
    return DeniedError(_("This person has no active place in this pharmacy."))
