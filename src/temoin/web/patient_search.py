"""The search for a patient, as two pages ask for it: by the NIR alone, or by birth name and birth date."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from temoin.lib.errors import InvalidError, Problem
from temoin.patients.queries import Found, patients_by_name, patients_by_nir
from temoin.patients.traits import check_nir
from temoin.pharmacies.seat import Seat
from temoin.web.fields import Field, Typed
from temoin.web.patient_form import CORSICA, DAY_HINT
from temoin.web.times import read_typed_day

_NIR = _("The key of this number is wrong: check the 15 characters.")
_EMPTY = _("Enter the NIR, or the birth name and the birth date.")


def search_patients(seat: Seat, typed: Mapping[str, str]) -> list[Found]:
    """Return the patients found by what was typed; InvalidError when nothing can be looked for."""
    nir, name, born = (typed.get(field, "").strip() for field in ("nir", "birth_family_name", "birth_date"))
    if nir:
        return patients_by_nir(by=seat, nir=_checked(nir))
    if not name:
        raise InvalidError([Problem("birth_family_name", "required", _EMPTY)])
    return patients_by_name(by=seat, family_name=name, birth_date=read_typed_day(born, "birth_date"))


def search_fields(typed: Typed) -> list[Field]:
    return [
        typed(
            "nir",
            _("Social security number (NIR)"),
            attributes={"inputmode": "numeric", "maxlength": "24"},
            inserts=CORSICA,
            is_one_of=True,
        ),
        typed("birth_family_name", _("Birth name"), attributes={"autocapitalize": "characters"}, is_one_of=True),
        typed(
            "birth_date",
            _("Birth date"),
            hint=DAY_HINT,
            attributes={"inputmode": "numeric", "maxlength": "16"},
            is_one_of=True,
        ),
    ]


def _checked(nir: str) -> str:
    try:
        return check_nir(nir)
    except ValueError:
        raise InvalidError([Problem("nir", "malformed", _NIR)]) from None
