"""The terms of a pharmacy's files: whose results they may bring, by whose leave, and in which order dates are read."""

from __future__ import annotations

from datetime import date

import pytest
from import_files import VALUES, file_of
from people import House, make_seat, open_house

from temoin.formats.csv.dates import DateOrder
from temoin.formats.csv.problems import FileRefusedError
from temoin.intake import terms as terms_module
from temoin.intake.models import FileTerms
from temoin.intake.results import RowOutcome, import_results
from temoin.intake.sameness import Sameness
from temoin.intake.terms import AllowedLaboratory, allow_laboratory, keep_date_order, read_terms, withdraw_laboratory
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.professions import Profession
from temoin.pharmacies.seat import Seat
from temoin.testing.models import RecordVersion

NUMBER = VALUES["testing_lab_clia"]
STORED, REFUSED = Sameness.STORED, Sameness.REFUSED
DMY, MDY, ISO = DateOrder


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def take(by: Seat, *rows: dict[str, str], dates: DateOrder | None = MDY, dry_run: bool = False) -> list[RowOutcome]:
    told: list[RowOutcome] = []
    import_results(by=by, stream=file_of(*rows), dry_run=dry_run, tell=told.append, dates=dates)
    return told


def verdicts(*given: object, **words: object) -> list[Sameness]:
    return [outcome.verdict for outcome in take(*given, **words)]


def events(by: Seat) -> list[tuple[str, str]]:
    with tenant_scope(by.pharmacy_id):
        found = Event.objects.filter(kind__in=["laboratory.allowed", "laboratory.withdrawn", "file.date_order_said"])
        return list(found.order_by("at").values_list("kind", "detail"))


@pytest.mark.parametrize("trial", [False, True])
def test_a_row_of_an_unknown_laboratory_is_refused_with_row_field_and_remedy(house, trial):
    (outcome,) = take(house.owner, {}, dry_run=trial)

    (problem,) = outcome.problems
    assert (outcome.verdict, problem.row, problem.column, problem.code) == (
        *(REFUSED, 2, "testing_lab_clia"),
        "laboratory_unknown",
    )
    assert "Fichiers de résultats" in problem.remedy
    with tenant_scope(house.here.id):
        assert not RecordVersion.objects.exists()


def test_an_unknown_laboratory_refuses_its_own_rows_only(house):
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")

    other = {"accession_number": "A-2", "testing_lab_clia": "01D1058443"}
    assert verdicts(house.owner, {}, other, {"accession_number": "A-3"}) == [STORED, REFUSED, STORED]


def test_the_pharmacy_needs_nobodys_leave_for_its_own_results(house):
    own = {"testing_lab_clia": house.here.finess, "testing_lab_state": "FR", "testing_lab_zip_code": "75001"}

    assert verdicts(house.owner, own) == [STORED]
    assert verdicts(house.stranger, own) == [REFUSED]


@pytest.mark.parametrize("written", ["01d1058442", " 01 D105 8442 ", "０１D1058442"])
def test_a_number_is_allowed_however_it_is_written(house, written):
    allow_laboratory(by=house.owner, number=written, name="Laboratoire des Halles")

    assert verdicts(house.owner, {}) == [STORED]


def test_a_laboratory_allowed_then_withdrawn_is_refused_from_the_next_row_on(house):
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")
    assert verdicts(house.owner, {}) == [STORED]

    withdraw_laboratory(by=house.owner, number=NUMBER)

    correction = {"test_result": "Not Detected", "test_result_status": "C"}
    assert verdicts(house.owner, {}, correction, {"accession_number": "A-2"}) == [REFUSED] * 3
    assert events(house.owner) == [
        ("laboratory.allowed", NUMBER),
        ("file.date_order_said", "mdy"),
        ("laboratory.withdrawn", NUMBER),
    ]


def test_what_one_pharmacy_allows_another_does_not(house):
    allow_laboratory(by=house.stranger, number=NUMBER, name="Laboratoire des Halles")

    assert verdicts(house.owner, {}) == [REFUSED]
    assert read_terms(by=house.owner).laboratories == ()
    with pytest.raises(NotFoundError):
        withdraw_laboratory(by=house.owner, number=NUMBER)


@pytest.mark.parametrize("profession", sorted(set(Profession) - {Profession.TITULAIRE}))
def test_only_an_owner_allows_or_withdraws(house, profession):
    by = make_seat(house.here, profession)
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")

    with pytest.raises(DeniedError):
        allow_laboratory(by=by, number="01D1058443", name="Other")
    with pytest.raises(DeniedError):
        withdraw_laboratory(by=by, number=NUMBER)
    assert read_terms(by=house.owner).laboratories == (AllowedLaboratory(NUMBER, "Laboratoire des Halles"),)


def test_allowing_twice_is_told_and_withdrawing_twice_finds_nothing(house):
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")

    with pytest.raises(InvalidError, match="number:known"):
        allow_laboratory(by=house.owner, number=NUMBER.lower(), name="Laboratoire des Halles")
    withdraw_laboratory(by=house.owner, number=NUMBER)
    with pytest.raises(NotFoundError):
        withdraw_laboratory(by=house.owner, number=NUMBER)


@pytest.mark.parametrize(
    ("number", "name", "problem"),
    [
        ("", "x", "number:malformed"),
        ("750000001", "x", "number:malformed"),  # a FINESS number of another check digit
        ("01X1058442", "x", "number:malformed"),
        (NUMBER, " ", "name:required"),
        (NUMBER, "x" * 121, "name:too_long"),
        (NUMBER, "a\ufffdb", "name:unreadable"),
    ],
)
def test_what_is_no_laboratory_is_told_at_its_field(house, number, name, problem):
    with pytest.raises(InvalidError, match=problem):
        allow_laboratory(by=house.owner, number=number, name=name)


def test_of_two_changes_at_once_the_second_is_not_lost_but_told(house, monkeypatch):
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")
    real, calls = terms_module._terms, []

    def slow(row):
        if not calls:
            calls.append(row)
            allow_laboratory(by=house.owner, number="01D1058443", name="Other")
        return real(row)

    monkeypatch.setattr(terms_module, "_terms", slow)
    with pytest.raises(ConflictError):
        withdraw_laboratory(by=house.owner, number=NUMBER)


def test_a_pharmacy_has_one_row_and_it_opens_in_no_other(house):
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")
    keep_date_order(by=house.owner, order=DMY)
    keep_date_order(by=house.owner, order=DMY)

    with tenant_scope(house.here.id):
        assert [(row.id, row.version) for row in FileTerms.objects.all()] == [(house.here.id, 2)]


# The order of dates ---------------------------------------------------------------------------------------------------

UNSHOWN = {"patient_dob": "2/3/1962", "order_test_date": "4/5/2021", "specimen_collection_date": "4/5/2021"}
UNSHOWN["test_result_date"] = "4/5/2021"


@pytest.fixture
def owner(house: House) -> Seat:
    allow_laboratory(by=house.owner, number=NUMBER, name="Laboratoire des Halles")
    return house.owner


def born(by: Seat) -> date:
    with tenant_scope(by.pharmacy_id):
        (version,) = RecordVersion.objects.all()
        return version.report.patient.birth_date


@pytest.mark.parametrize(("order", "birth"), [(DMY, date(1962, 3, 2)), (MDY, date(1962, 2, 3))])
def test_what_was_said_once_is_remembered_for_files_that_show_nothing(owner, order, birth):
    keep_date_order(by=owner, order=order)

    assert verdicts(owner, UNSHOWN, dates=None) == [STORED]
    assert born(owner) == birth


def test_an_import_remembers_what_it_is_told_and_a_trial_does_not(owner):
    take(owner, UNSHOWN, dates=DMY, dry_run=True)
    assert read_terms(by=owner).date_order is None

    take(owner, UNSHOWN, dates=DMY)
    assert read_terms(by=owner).date_order is DMY
    take(owner, UNSHOWN, dates=MDY)
    assert read_terms(by=owner).date_order is MDY


def test_a_file_that_contradicts_what_is_remembered_is_refused_unless_it_shows_all_its_columns(owner):
    keep_date_order(by=owner, order=DMY)

    with pytest.raises(FileRefusedError, match="dates_not_dmy"):
        take(owner, {**UNSHOWN, "patient_dob": "1/20/1962"}, dates=None)
    assert verdicts(owner, {}, dates=None) == [STORED]


def test_forgotten_is_asked_for_again(owner):
    keep_date_order(by=owner, order=DMY)
    keep_date_order(by=owner, order=None)

    with pytest.raises(FileRefusedError, match="dates_unsaid"):
        take(owner, UNSHOWN, dates=None)


def test_another_pharmacys_order_is_not_remembered_here(house, owner):
    keep_date_order(by=house.stranger, order=DMY)

    assert read_terms(by=owner).date_order is None


def test_whoever_may_not_import_sets_no_order(house):
    for by in (house.colleague, house.student, house.administrator):
        with pytest.raises(DeniedError):
            keep_date_order(by=by, order=ISO)
        with pytest.raises(DeniedError):
            read_terms(by=by)
