"""Results of a file, row by row: stored, corrected, recognised, refused, and nothing in between."""

from __future__ import annotations

import io
from collections import Counter
from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from import_files import GIVEN_AND_ACCEPTED, GIVEN_AND_CONTRADICTED, GIVEN_FILES, allow_laboratories, file_of
from patience import PATIENCE
from people import House, make_patient, open_house

from temoin.formats.csv.problems import FileRefusedError
from temoin.intake import progress, results, runs
from temoin.intake.problems import _REASONS
from temoin.intake.results import RowOutcome, import_results
from temoin.intake.sameness import Sameness
from temoin.journal.models import Event
from temoin.lib.errors import ConflictError, DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.outbox.models import Parcel
from temoin.patients.models import Patient
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record, RecordVersion
from temoin.testing.signing import cancel_result

given_files = pytest.mark.skipif(not GIVEN_FILES.is_dir(), reason="the given files are not beside this checkout")
STORED, CORRECTED, CANCELLED, ALREADY, REFUSED = Sameness


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner, house.stranger)
    return house


def take(by: Seat, stream: io.BytesIO, *, dry_run: bool = False) -> tuple[Counter[Sameness], list[RowOutcome]]:
    told: list[RowOutcome] = []
    counts = import_results(by=by, stream=stream, dry_run=dry_run, tell=told.append)
    return counts, told


def rows_of(model, by: Seat) -> list:
    with tenant_scope(by.pharmacy_id):
        return list(model.objects.all())


def codes(told: list[RowOutcome]) -> list[tuple[int, str, str]]:
    return [(problem.row, problem.column, problem.code) for outcome in told for problem in outcome.problems]


@given_files
@pytest.mark.parametrize("name", GIVEN_AND_ACCEPTED)
def test_a_given_file_is_stored_whole_and_only_once(house, name):
    content = (GIVEN_FILES / name).read_bytes()
    against = GIVEN_AND_CONTRADICTED.get(name, 0)
    count = GIVEN_AND_ACCEPTED[name] - against

    first, told = take(house.owner, io.BytesIO(content))
    second, _ = take(house.owner, io.BytesIO(content))

    # A correction of a result that nobody sent here is stored, and told.
    assert {code for *_, code in codes(told)} <= {"correction_unseen"} | ({"other_content"} if against else set())
    assert first == Counter({STORED: count, REFUSED: against})
    assert second == Counter({ALREADY: count, REFUSED: against})
    assert len(rows_of(Record, house.owner)) == len(rows_of(RecordVersion, house.owner)) == count


@given_files
def test_the_given_files_one_after_the_other_lose_no_row_without_a_word(house):
    # Their makers use one accession number for tests of several persons: what contradicts is refused, with its row.
    sums: Counter[Sameness] = Counter()
    for name, count in GIVEN_AND_ACCEPTED.items():
        counts, told = take(house.owner, io.BytesIO((GIVEN_FILES / name).read_bytes()))
        assert counts.total() == count
        assert sum(outcome.verdict is REFUSED and bool(outcome.problems) for outcome in told) == counts[REFUSED]
        sums += counts

    assert len(rows_of(Record, house.owner)) == sums[STORED]


@given_files
def test_the_damaged_file_gives_an_error_for_each_cell_and_the_foreign_one_is_refused(house):
    counts, told = take(house.owner, io.BytesIO((GIVEN_FILES / "invalid-values.csv").read_bytes()))

    assert counts == {REFUSED: 1}
    assert len(codes(told)) > 10
    assert all(problem.reason and problem.remedy for problem in told[0].problems)
    with pytest.raises(FileRefusedError) as refused:
        take(house.owner, io.BytesIO((GIVEN_FILES / "t_weird-dates.csv").read_bytes()))
    assert refused.value.code == "missing_columns"
    assert not rows_of(Record, house.owner)


@given_files
def test_the_given_duplicates_are_stored_once(house):
    content = (GIVEN_FILES / "03_duplicates.csv").read_bytes()

    first, told = take(house.owner, io.BytesIO(content))
    again, _ = take(house.owner, io.BytesIO(content))

    assert {code for *_, code in codes(told)} <= {"correction_unseen"}
    assert (first, again) == ({STORED: 1, ALREADY: 1}, {ALREADY: 2})
    assert len(rows_of(RecordVersion, house.owner)) == 1


def test_a_row_that_a_file_holds_twice_is_stored_once_even_as_a_correction(house):
    twice = [{"test_result_status": "C", "order_test_date": "202112200900-0600"}] * 2

    counts, _ = take(house.owner, file_of(*twice))

    assert counts == {STORED: 1, ALREADY: 1}
    assert len(rows_of(RecordVersion, house.owner)) == 1


def test_a_row_is_signed_as_on_the_page_with_its_event_and_its_parcel(house):
    take(house.owner, file_of({"comment": "second line faint"}))

    (version,) = rows_of(RecordVersion, house.owner)
    with tenant_scope(house.here.id):
        report = version.report
    assert (report.source, report.is_demo, report.comment) == ("csv", True, "second line faint")
    assert (report.findings[0].outcome, report.signer.family_name) == ("positive", "MARTIN")
    assert (report.device.name, report.device.lot) == ("ID NOW", "")
    assert (report.patient.address.country, report.patient.identity_status) == ("USA", "PROV")
    kinds = Counter(event.kind for event in rows_of(Event, house.owner))
    assert kinds["result.signed"] == kinds["patient.registered"] == 1
    assert [parcel.destination for parcel in rows_of(Parcel, house.owner)] == ["fhir"]


def test_the_country_of_residence_is_signed(house):
    abroad = {"patient_country": "Suisse", "patient_state": "", "patient_county": "", "patient_zip_code": "1201"}

    counts, _ = take(house.owner, file_of({**abroad, "patient_phone_number": "+41 22 700 00 00"}))

    assert counts == {STORED: 1}
    (version,) = rows_of(RecordVersion, house.owner)
    with tenant_scope(house.here.id):
        assert version.report.patient.address.country == "CHE"


def test_a_damaged_row_among_good_ones_stops_none_of_them(house):
    stream = file_of({}, {"patient_dob": "1/20/62", "accession_number": "A-2"}, {"accession_number": "A-3"})

    counts, told = take(house.owner, stream)

    assert counts == {STORED: 2, REFUSED: 1}
    assert codes(told) == [(3, "patient_dob", "birth_year")]
    assert len(rows_of(Record, house.owner)) == 2


def test_what_an_action_refuses_is_told_at_its_column_and_undoes_the_whole_row(house):
    counts, told = take(house.owner, file_of({"comment": "x" * 1500}))

    assert counts == {REFUSED: 1}
    assert codes(told) == [(2, "comment", "too_long")]
    # it fell at its signature, after patient, test and sample
    assert not rows_of(Record, house.owner)
    assert not rows_of(Patient, house.owner)
    assert [event.kind for event in rows_of(Event, house.owner) if event.kind.startswith(("patient", "test"))] == []


@pytest.fixture
def runs_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "TOGETHER", 2)


@pytest.mark.usefixtures("runs_of_two")
def test_a_stop_in_the_middle_leaves_nothing_of_the_run_and_all_of_those_before(house, monkeypatch):
    signed = runs.sign_from_file

    def fail_fourth(*given, **words):
        if rows_of(RecordVersion, house.owner) and words["traits"].birth_given_names == "Dora":
            raise OperationalError("the power went")
        return signed(*given, **words)

    monkeypatch.setattr(runs, "sign_from_file", fail_fourth)
    names = ("Ana", "Bea", "Cleo", "Dora", "Eva")
    stream = file_of(*({"accession_number": name, "patient_first_name": name} for name in names))
    with pytest.raises(OperationalError):
        take(house.owner, stream)
    assert (len(rows_of(Record, house.owner)), len(rows_of(Patient, house.owner))) == (2, 2)

    monkeypatch.setattr(runs, "sign_from_file", signed)
    stream.seek(0)

    assert take(house.owner, stream)[0] == {ALREADY: 2, STORED: 3}
    assert len(rows_of(Record, house.owner)) == 5


def rows_numbered(count: int, prefix: str) -> list[dict[str, str]]:
    return [
        {"accession_number": f"{prefix}-{number}", "patient_first_name": f"Name{number}"} for number in range(count)
    ]


def test_a_run_is_one_commit_and_each_of_its_results_has_its_own_event_and_parcel(house):
    rows = [{"accession_number": f"B-{number}", "patient_first_name": f"Name{number % 7}"} for number in range(60)]

    assert take(house.owner, file_of(*rows))[0] == {STORED: 60}

    kinds = Counter(event.kind for event in rows_of(Event, house.owner))
    assert (kinds["result.signed"], kinds["patient.registered"]) == (60, 7)
    assert len(rows_of(Parcel, house.owner)) == 60
    assert take(house.owner, file_of(*rows))[0] == {ALREADY: 60}


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_run_asks_the_same_whatever_its_length(house, monkeypatch, dry_run):
    monkeypatch.setattr(progress, "EVERY", float("inf"))  # or a slow machine notes in between how far it is
    take(house.owner, file_of({}))  # the zone is known
    asked: list[int] = []

    for count in (20, 200):
        with CaptureQueriesContext(connection) as captured:
            assert take(house.owner, file_of(*rows_numbered(count, f"B{count}")), dry_run=dry_run)[0] == {STORED: count}
        asked.append(len(captured))

    assert asked[0] == asked[1] < 30  # the whole file, with its terms, its progress and the savepoints of a test


def test_one_bad_row_of_a_run_of_250_is_refused_and_none_of_the_others(house):
    rows = rows_numbered(250, "B")
    rows[100]["comment"] = "x" * 1500  # the signature refuses it
    rows[200] = rows[199]  # and this result is there already

    counts, told = take(house.owner, file_of(*rows))

    assert counts == {STORED: 248, REFUSED: 1, ALREADY: 1}
    assert codes(told) == [(102, "comment", "too_long")]
    assert len(rows_of(Record, house.owner)) == len(rows_of(RecordVersion, house.owner)) == 248


@pytest.mark.usefixtures("runs_of_two")
def test_runs_keep_the_order_of_the_file(house):
    rows = [
        {},
        {"accession_number": "A-2"},
        {"test_result": "Not Detected", "test_result_status": "C"},
        {"test_result": "Not Detected"},
        {"test_result_status": "X", "test_result": "Not Detected"},
        {"accession_number": "A-3"},
        {"accession_number": "A-3"},
    ]

    counts, told = take(house.owner, file_of(*rows))

    assert [outcome.row for outcome in told] == list(range(2, 9))
    assert counts == {STORED: 3, CORRECTED: 1, ALREADY: 2, CANCELLED: 1}


def test_a_correction_makes_a_new_version_and_reading_it_again_does_not(house):
    take(house.owner, file_of({}))
    correction = {"test_result": "Not Detected", "test_result_status": "C"}

    first, _ = take(house.owner, file_of(correction))
    again, _ = take(house.owner, file_of(correction))
    old, _ = take(house.owner, file_of({}))

    assert (first, again, old) == ({CORRECTED: 1}, {ALREADY: 1}, {ALREADY: 1})
    versions = rows_of(RecordVersion, house.owner)
    with tenant_scope(house.here.id):
        reports = sorted((version.report for version in versions), key=lambda one: one.version)
    assert [report.findings[0].outcome for report in reports] == ["positive", "negative"]
    assert reports[1].reason == results.REASON
    assert reports[1].replaces_key == reports[0].key


def test_another_content_without_the_word_corrected_is_refused_and_changes_nothing(house):
    take(house.owner, file_of({}))

    counts, told = take(house.owner, file_of({"test_result": "Not Detected"}))

    assert counts == {REFUSED: 1}
    assert codes(told) == [(2, "test_result_status", "other_content")]
    assert len(rows_of(RecordVersion, house.owner)) == 1


def test_a_result_cancelled_in_the_pharmacy_is_not_brought_back_by_a_file(house):
    take(house.owner, file_of({}))
    (record,) = rows_of(Record, house.owner)
    cancel_result(by=house.owner, record_id=record.id, expected_version=1, reason="wrong person")

    same, _ = take(house.owner, file_of({}))
    other, told = take(house.owner, file_of({"test_result": "Not Detected", "test_result_status": "C"}))

    assert (same, other) == ({ALREADY: 1}, {REFUSED: 1})
    assert codes(told) == [(2, "test_result_status", "cancelled")]


@pytest.mark.parametrize(
    "change",
    [
        {"patient_last_name": "Duche\u0302ne"},
        {"patient_last_name": "DUCHENE", "patient_first_name": "ana maria"},
        {"accession_number": " a-1 "},
        {"accession_number": "Ａ-1"},
        {"test_result_status": "C"},
    ],
)
def test_another_way_of_writing_a_result_is_the_same_result(house, change):
    take(house.owner, file_of({}))

    assert take(house.owner, file_of(change))[0] == {ALREADY: 1}


@pytest.mark.parametrize(
    "change",
    [{"patient_first_name": "Bea"}, {"patient_dob": "1/21/1962"}, {"patient_gender": "M"}],
)
def test_a_correction_mends_the_identity_and_another_identity_without_the_word_is_refused(house, change):
    take(house.owner, file_of({}))

    assert codes(take(house.owner, file_of(change))[1]) == [(2, "test_result_status", "other_content")]
    assert take(house.owner, file_of({**change, "test_result_status": "C"}))[0] == {CORRECTED: 1}
    assert take(house.owner, file_of({**change, "test_result_status": "C"}))[0] == {ALREADY: 1}
    assert (len(rows_of(Record, house.owner)), len(rows_of(Patient, house.owner))) == (1, 1)
    with tenant_scope(house.here.id):
        latest = max((one.report for one in RecordVersion.objects.all()), key=lambda report: report.version)
    assert latest.replaces_key


def test_a_file_does_not_make_a_patient_with_other_results_somebody_else(house):
    take(house.owner, file_of({}, {"accession_number": "A-2"}))
    other = {"patient_first_name": "Bea", "patient_dob": "1/21/1970", "test_result_status": "C"}

    assert codes(take(house.owner, file_of(other))[1]) == [(2, "patient_last_name", "identity_shared")]


def test_a_correction_of_a_result_never_seen_is_stored_and_told_and_the_late_final_refused(house):
    counts, told = take(house.owner, file_of({"test_result": "Not Detected", "test_result_status": "C"}))

    assert (counts, codes(told)) == ({STORED: 1}, [(2, "test_result_status", "correction_unseen")])
    assert codes(take(house.owner, file_of({}))[1]) == [(2, "test_result_status", "other_content")]


@pytest.mark.parametrize("word", ["X", "D", "annulé"])
def test_a_cancellation_takes_a_result_back_once(house, word):
    gone = {"test_result_status": word}

    assert codes(take(house.owner, file_of(gone))[1]) == [(2, "accession_number", "never_seen")]
    take(house.owner, file_of({}))
    assert codes(take(house.owner, file_of({**gone, "patient_last_name": "Other"}))[1]) == [
        (2, "accession_number", "other_person")
    ]
    assert take(house.owner, file_of({}, gone, gone, {}), dry_run=True)[0] == {ALREADY: 3, CANCELLED: 1}
    assert take(house.owner, file_of({}, gone, gone, {}))[0] == {ALREADY: 3, CANCELLED: 1}


def test_one_number_with_two_tests_or_in_two_laboratories_is_several_results(house):
    flu = {"equipment_model_name": "model3", "test_performed_code": "5229-0"}

    assert take(house.owner, file_of({}, flu, {"testing_lab_clia": "01D1058443"}))[0] == {STORED: 3}


def test_a_result_twice_in_one_file_is_stored_once(house):
    assert take(house.owner, file_of({}, {}))[0] == {STORED: 1, ALREADY: 1}


def test_without_a_number_two_tests_of_one_sample_are_two_results(house):
    rows = [{"accession_number": "", "test_result_date": f"12/20/2021 {hour}:00"} for hour in (14, 15)]

    assert take(house.owner, file_of(*rows))[0] == {STORED: 2}


@pytest.mark.parametrize(
    ("change", "patients"),
    [
        ({}, 1),
        ({"patient_last_name": "DUCHENE", "patient_first_name": "ana maria"}, 1),
        ({"patient_street": "another street", "patient_email": ""}, 1),
        ({"patient_first_name": "Bea"}, 2),
        ({"patient_dob": "1/21/1962"}, 2),
        ({"patient_gender": "M"}, 2),
        ({"patient_phone_number": "205-999-2801"}, 2),
    ],
)
def test_a_patient_is_known_again_by_every_trait_and_never_by_name_and_birth_date_alone(house, change, patients):
    take(house.owner, file_of({}, {"accession_number": "A-2", **change}))

    assert len(rows_of(Patient, house.owner)) == patients


def test_a_patient_of_the_counter_with_the_same_name_and_birth_date_is_left_alone(house):
    make_patient(
        house.owner, birth_family_name="DUCHENE", birth_given_names="ANA MARIA", birth_date="20/01/1962", nir=""
    )

    take(house.owner, file_of({}))

    assert len(rows_of(Patient, house.owner)) == 2


@pytest.mark.parametrize("who", ["colleague", "student", "administrator"])
def test_only_a_pharmacist_may_import(house, who):
    with pytest.raises(DeniedError):
        take(getattr(house, who), file_of({}))

    assert not rows_of(Record, house.owner)


def test_the_same_file_in_another_pharmacy_is_another_pharmacys_result(house):
    assert take(house.owner, file_of({}))[0] == {STORED: 1}
    assert take(house.stranger, file_of({}))[0] == {STORED: 1}

    first, second = rows_of(Record, house.owner)[0], rows_of(Record, house.stranger)[0]
    assert bytes(first.source_index) != bytes(second.source_index)


def test_the_journal_tells_the_sums_and_no_value_of_the_file(house):
    take(house.owner, file_of({}, {}, {"accession_number": "A-2", "patient_dob": "x"}))

    (event,) = [event for event in rows_of(Event, house.owner) if event.kind == "file.imported"]
    assert event.detail == "stored=1 corrected=0 cancelled=0 already_stored=1 refused=1"


def test_a_trial_says_what_would_happen_and_stores_nothing(house):
    take(house.owner, file_of({}))
    stream = file_of(
        {},
        {"test_result": "Not Detected", "test_result_status": "C"},
        {"accession_number": "A-2"},
        {"accession_number": "A-2"},
        {"accession_number": "A-2", "test_result": "Not Detected"},
        {"accession_number": "A-3", "comment": "x" * 1500},
    )
    before = len(rows_of(RecordVersion, house.owner))

    counts, told = take(house.owner, stream, dry_run=True)

    assert counts == {ALREADY: 2, CORRECTED: 1, STORED: 1, REFUSED: 2}
    assert codes(told) == [(6, "test_result_status", "other_content"), (7, "comment", "too_long")]
    assert len(rows_of(RecordVersion, house.owner)) == before
    assert len(rows_of(Record, house.owner)) == 1
    imports = [event.detail[:5] for event in rows_of(Event, house.owner) if event.kind == "file.imported"]
    assert sorted(imports) == ["store", "trial"]
    stream.seek(0)
    assert take(house.owner, stream)[0] == counts


def test_a_result_that_others_keep_changing_is_refused_after_some_tries(house, monkeypatch):
    def lose(*_given, **_words):
        raise ConflictError("a row is no longer in the state this act starts from")

    monkeypatch.setattr(runs, "sign_from_file", lose)

    _, told = take(house.owner, file_of({}))

    assert codes(told) == [(2, "", "busy")]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_reason_has_words_in_both_languages_and_french_differs(lang):
    with translation.override(lang):
        for reason, remedy in _REASONS.values():
            told = (translation.gettext(reason), translation.gettext(remedy))
            assert (told == (reason, remedy)) == (lang == "en")


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_store_each_result_and_each_person_once():
    house = open_house()
    allow_laboratories(house.owner)
    rows = [{"accession_number": f"A-{number}"} for number in range(8)]
    start, found = Barrier(2), []

    def run() -> None:
        try:
            start.wait(timeout=PATIENCE)
            found.append(take(house.owner, file_of(*rows))[0])
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE)

    assert sum(found, Counter()) == {STORED: 8, ALREADY: 8}
    assert len(rows_of(Record, house.owner)) == 8
    assert len(rows_of(Patient, house.owner)) == 1
