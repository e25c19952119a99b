"""Who may do what, as both guides of the counter have it in a table, is what the professions may."""

from __future__ import annotations

from pathlib import Path

import pytest

from temoin.pharmacies.professions import RIGHTS, Profession, Right

DOCS = Path(__file__).resolve().parents[2] / "docs"
P, R = Profession, Right
COLUMNS = (
    {R.REGISTER_PATIENT, R.READ_PATIENT, R.REGISTER_TEST, R.READ_TEST, R.TAKE_SAMPLE, R.OPEN_CASE},
    {R.PRINT_RESULT, R.RECEIVE_LOT},
    {R.SIGN_RESULT, R.CORRECT_RESULT, R.RELEASE_PARCEL, R.WITHDRAW_PARCEL, R.IMPORT_RESULTS, R.RECALL_LOT},
    {R.READ_FIGURES},
    {R.MANAGE_MEMBERS, R.MANAGE_WEBHOOKS},
    {R.ALLOW_LABORATORIES, R.EXPORT_RESULTS},
)
ROWS = (
    {P.TITULAIRE},
    {P.ADJOINT, P.REMPLACANT},
    {P.BIOLOGIST},
    {P.PREPARATEUR, P.NURSE},
    {P.STUDENT},
    {P.ADMINISTRATOR},
    {P.AUDITOR},
)


@pytest.mark.parametrize(("page", "title", "yes"), [
    ("pharmacist.md", "## Who may do what", "yes"),
    ("pharmacien.md", "## Qui peut quoi", "oui"),
])  # fmt: skip
def test_the_table_of_rights_is_that_of_the_professions(page: str, title: str, yes: str):
    lines = (DOCS / page).read_text(encoding="utf-8").partition(f"{title}\n\n")[2].splitlines()
    told = [[cell.strip() == yes for cell in line.split("|")[2:-1]] for line in lines[2 : 2 + len(ROWS)]]

    assert told == [[all(rights <= RIGHTS[one] for one in row) for rights in COLUMNS] for row in ROWS]
    assert all(not rights & RIGHTS[one] for row, cells in zip(ROWS, told, strict=True) for one in row
               for rights, may in zip(COLUMNS, cells, strict=True) if not may)  # fmt: skip
