"""What a training counter is furnished with: invented patients, and a box of a kit for each kind of test."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final

from temoin.catalogue.actions import receive_lot
from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.kits import kits_for
from temoin.catalogue.models import Lot
from temoin.lib.errors import ConflictError, ScopeError
from temoin.lib.tenant import tenant_scope
from temoin.lib.training import is_training
from temoin.patients.actions import register_patient
from temoin.patients.models import Patient
from temoin.patients.second_record import Asked
from temoin.patients.traits import check_traits
from temoin.pharmacies.policies import has_right
from temoin.pharmacies.professions import Right
from temoin.pharmacies.seat import Seat, today

# The family name, printed on every ticket and result, says that nobody is meant. Of each age that rules ask for.
FAMILY_NAME: Final = "EXERCICE"
_PEOPLE: Final = (
    ("CAMILLE", "F", "14/03/1987"),
    ("LOUIS", "M", "02/11/1951"),
    ("JADE", "F", "23/06/2009"),
    ("NOÉ", "M", "30/01/2019"),
    ("FATOUMATA", "F", "08/09/1996"),
)
LOT_NUMBER: Final = "EXERCICE"
_GOOD_FOR = timedelta(days=365)


def furnish(*, by: Seat) -> None:
    """Register the invented patients where there is none, and receive the boxes that are missing, as far as one may."""
    if not is_training(by.pharmacy_id):
        raise ScopeError("invented patients are for a training counter")
    with tenant_scope(by.pharmacy_id):
        has_patients = Patient.objects.exists()
        known = set(Lot.objects.filter(number=LOT_NUMBER).values_list("kit", flat=True))
    if not has_patients and has_right(by=by, right=Right.REGISTER_PATIENT):
        for given_name, sex, birth_date in _PEOPLE:
            named = {"birth_family_name": FAMILY_NAME, "birth_given_names": given_name}
            traits = check_traits({**named, "sex": sex, "birth_date": birth_date})
            register_patient(by=by, traits=traits, put_aside=Asked.NOBODY)
    if has_right(by=by, right=Right.RECEIVE_LOT):
        for kit in {kits[0].code for kind in load_kinds() if (kits := kits_for(kind))} - known:
            _receive(kit, by)


def _receive(kit: str, by: Seat) -> None:
    with suppress(ConflictError):  # a colleague came at this moment
        receive_lot(by=by, kit=kit, number=LOT_NUMBER, expiry=today(by.pharmacy_id) + _GOOD_FOR)
