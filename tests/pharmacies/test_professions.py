"""What each profession may do: the whole table, written a second time by hand, and complete by enumeration."""

from __future__ import annotations

from itertools import product

import pytest

from temoin.lib.errors import DeniedError
from temoin.lib.ids import new_id
from temoin.pharmacies.operator import Operator
from temoin.pharmacies.policies import check_right, has_right
from temoin.pharmacies.professions import (
    LABEL,
    MAY_BE_REGISTERED,
    MAY_SEAT,
    OPERATOR_RIGHTS,
    PROFESSION_CODE,
    REGISTERED,
    RIGHTS,
    Profession,
    Right,
)
from temoin.pharmacies.seat import Seat

# One column each, in this order: owner, assistant, locum, technician, student, nurse, biologist, administrator,
# auditor, operator. x is a right held.
WHO = (*Profession, "operator")
TABLE = {
    "register_patient": "x x x x x x x . . .",
    "read_patient": "    x x x x x x x . . .",
    "merge_patients": "  x x x . . . x . . .",
    "register_test": "   x x x x x x x . . .",
    "read_test": "       x x x x x x x . . .",
    "take_sample": "     x x x x x x x . . .",
    "propose_result": "  x x x . . . x . . .",
    "sign_result": "     x x x . . . x . . .",
    "correct_result": "  x x x . . . x . . .",
    "print_result": "    x x x x . x x . . .",
    "export_results": "  x . . . . . . . . .",
    "read_figures": "    x x x . . . . . . .",
    "bill_tests": "      x x x x . . . . . .",
    "receive_lot": "     x x x x . x x . . .",
    "recall_lot": "      x x x . . . x . . .",
    "release_parcel": "  x x x . . . x . . .",
    "withdraw_parcel": " x x x . . . x . . .",
    "import_results": "  x x x . . . x . . .",
    "allow_laboratories": "x . . . . . . . . .",
    "manage_members": "  x . . . . . . x . x",
    "manage_webhooks": " x . . . . . . x . .",
    "read_journal": "    x . . . . . . . x .",
    "list_persons": "    x . . . . . . . . .",
    "open_case": "       x x x x x x x . . .",
    "answer_case": "     x . . . . . . . . .",
    "take_file": "       x . . . . . . . . .",
    "hold_data": "       x . . . . . . . . .",
    "count_persons": "   x . . . . . . . . x",
}
HELD = {**{profession.value: rights for profession, rights in RIGHTS.items()}, "operator": OPERATOR_RIGHTS}


def test_the_table_has_every_profession_and_every_right():
    assert set(WHO) == {*Profession, "operator"} == set(HELD)
    assert set(TABLE) == set(Right)
    assert {len(row.split()) for row in TABLE.values()} == {len(WHO)}


@pytest.mark.parametrize(("who", "right"), list(product(WHO, Right)))
def test_whoever_acts_is_let_through_where_the_table_says(who: str, right: Right):
    some = new_id()
    by = Operator(some) if who == "operator" else Seat(some, some, some, Profession(who), "NOM", "Prénom", "")

    if TABLE[right].split()[WHO.index(who)] == "x":
        check_right(by=by, right=right)
        assert has_right(by=by, right=right)
    else:
        with pytest.raises(DeniedError, match=right.value):
            check_right(by=by, right=right)
        assert not has_right(by=by, right=right)


def test_every_profession_has_its_words_and_its_code():
    assert set(LABEL) == set(PROFESSION_CODE) == set(Profession)
    signers = {profession for profession, rights in RIGHTS.items() if Right.SIGN_RESULT in rights}
    assert all(PROFESSION_CODE[profession][1] for profession in signers)
    assert signers <= REGISTERED <= MAY_BE_REGISTERED


def test_only_managers_seat_and_none_but_an_owner_seats_a_manager():
    assert {who for who, rights in HELD.items() if Right.MANAGE_MEMBERS in rights} == set(MAY_SEAT)
    assert MAY_SEAT[Profession.TITULAIRE] == MAY_SEAT["operator"] == set(Profession)
    assert MAY_SEAT[Profession.ADMINISTRATOR] == {
        Profession.ADJOINT,
        Profession.REMPLACANT,
        Profession.PREPARATEUR,
        Profession.STUDENT,
        Profession.NURSE,
        Profession.BIOLOGIST,
    }
