"""`temoin import results`: who signs, what is printed, and the status."""

from __future__ import annotations

import csv
import io
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
from import_files import GIVEN_FILES, allow_laboratories, file_of
from people import PASSWORD, TOTP_SECRET, House, open_house, person_of, set_up_totp, totp_code

from temoin.cli import imports, operating
from temoin.cli.django_process import settings_file
from temoin.cli.import_words import ImportTeller
from temoin.cli.main import build_parser
from temoin.cli.signer import choose_signer
from temoin.intake.problems import RowProblem
from temoin.intake.results import RowOutcome
from temoin.intake.sameness import Sameness
from temoin.journal.models import Event
from temoin.lib.config_error import ConfigError
from temoin.lib.errors import DeniedError
from temoin.lib.tenant import tenant_scope
from temoin.signin.models import FailedTry
from temoin.testing.models import Record


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner, house.stranger)
    return house


@pytest.fixture
def answers(house: House):
    """The owner's second factor is set up; each call types what it is given."""
    set_up_totp(person_of(house.owner))

    def typing(*typed: str):
        waiting = list(typed)
        return lambda _question: waiting.pop(0)

    return typing


def choose(house: House, seat, ask, *, is_demo: bool = False):
    return choose_signer(finess=house.here.finess, email=person_of(seat).email, is_demo=is_demo, ask=ask)


def never(_question: str) -> str:
    raise AssertionError("asked on a demonstration")


def test_a_demonstration_signs_as_its_first_owner_and_asks_nothing(house):
    seat = choose_signer(finess=None, email=None, is_demo=True, ask=never)

    assert (seat.member_id, seat.origin) == (house.owner.member_id, "import")


def test_elsewhere_pharmacy_and_person_must_be_named(house):
    with pytest.raises(ConfigError):
        choose_signer(finess=None, email=None, is_demo=False, ask=never)
    with pytest.raises(ConfigError):
        choose_signer(finess=house.here.finess, email=None, is_demo=False, ask=never)
    with pytest.raises(ConfigError):
        choose_signer(finess="000000000", email="a@exemple.fr", is_demo=True, ask=never)


def test_password_and_code_prove_the_person(house, answers):
    seat = choose(house, house.owner, answers(PASSWORD, totp_code(TOTP_SECRET)))

    assert seat.member_id == house.owner.member_id


def test_three_wrong_answers_end_it(house, answers):
    with pytest.raises(DeniedError):
        choose(house, house.owner, answers("wrong", totp_code(), PASSWORD, "000000", "", ""))

    # The worker puts them into the journals of the person's pharmacies, as those of the pages.
    assert FailedTry.objects.filter(person_id=person_of(house.owner).id, way="command").count() == 3


def test_without_a_second_factor_nobody_signs(house):
    with pytest.raises(DeniedError):
        choose(house, house.colleague, lambda _question: PASSWORD)


def test_a_stranger_has_no_place_here_even_proven(house, answers):
    set_up_totp(person_of(house.stranger))

    with pytest.raises(DeniedError):
        choose(house, house.stranger, answers(PASSWORD, totp_code()))
    with pytest.raises(DeniedError):
        choose(house, house.stranger, never, is_demo=True)
    with pytest.raises(DeniedError):
        choose_signer(finess=house.here.finess, email="nobody@exemple.fr", is_demo=False, ask=never)


# The command as a whole -----------------------------------------------------------------------------------------------


@pytest.fixture
def command(house: House, monkeypatch: pytest.MonkeyPatch):  # noqa: ARG001 the pharmacies must exist
    """Run the command inside the tests' own process and database, which are set up already."""
    monkeypatch.setattr(imports, "become", lambda _process: None)
    monkeypatch.setattr(operating, "database_running", lambda _settings: nullcontext())
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)

    def run(*words: str) -> int:
        options = build_parser().parse_args(["import", "results", *words])
        status: int = options.run(options)
        return status

    return run


@pytest.fixture
def written(tmp_path):
    def write(*rows: dict[str, str]) -> str:
        path = tmp_path / "results.csv"
        path.write_bytes(file_of(*rows).getvalue())
        return str(path)

    return write


def test_a_denial_is_in_the_journal(command, written, house):
    assert command(written({}), "--pharmacy", house.here.finess, "--by", person_of(house.colleague).email) == 2

    with tenant_scope(house.here.id):
        denied = Event.objects.get(kind="access.denied", actor_id=house.colleague.member_id)
    assert (denied.reason, denied.origin) == ("import_results", "import")


def test_a_good_file_ends_with_zero_and_the_sums_in_french(command, written, capsys):
    assert command(written({})) == 0

    sums = "enregistrés: 1, corrigés: 0, annulés: 0, déjà enregistrés: 0, refusés: 0"
    assert capsys.readouterr().out.splitlines()[-1] == sums


@pytest.mark.parametrize("trial", [[], ["--dry-run"]])
def test_what_no_result_keeps_and_how_dates_are_read_is_said_before_the_rows(command, written, capsys, trial):
    assert command(written({"pregnant": "N"}), *trial, "--lang", "en") == 0

    order, not_kept, *_ = capsys.readouterr().out.splitlines()
    assert order.startswith(
        "Dates read as month/day, as the file shows: patient_dob (row 2), order_test_date (row 2), "
    )
    assert not_kept == "Not kept: pregnant."


# Nothing in these dates shows their order.
UNSHOWN = {"patient_dob": "2/3/1962", **dict.fromkeys(("order_test_date", "specimen_collection_date"), "4/5/2021")}
UNSHOWN["test_result_date"] = "4/5/2021"


def test_an_order_once_said_is_told_remembered_and_replaced_by_another(command, written, capsys):
    assert command(written(UNSHOWN), "--dates", "mdy", "--dry-run") == 0
    assert capsys.readouterr().out.startswith("Dates lues mois/jour, comme indiqué\N{NO-BREAK SPACE}: patient_dob, ")
    assert command(written(UNSHOWN)) == 2  # a trial keeps nothing
    assert "la date a deux lectures" in capsys.readouterr().err

    assert command(written(UNSHOWN), "--dates", "mdy") == 0
    assert command(written(UNSHOWN), "--lang", "en") == 0
    assert "as is remembered for this pharmacy: patient_dob, order_test_date" in capsys.readouterr().out

    assert command(written({**UNSHOWN, "accession_number": "A-2"}), "--dates", "dmy") == 0
    assert command(written({**UNSHOWN, "accession_number": "A-2"}), "--lang", "en") == 0
    assert "Dates read as day/month, as is remembered" in capsys.readouterr().out


def test_a_refused_row_ends_with_one_and_says_row_column_reason_and_remedy(command, written, capsys):
    assert command(written({"patient_dob": "32/32/1999"}, {}), "--lang", "en") == 1

    *_, first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("Row 2, column patient_dob")
    assert "This is not a date. Write year-month-day" in first
    assert "32/32" not in first
    assert last == "stored: 1, corrected: 0, cancelled: 0, already stored: 0, refused: 1"


def test_a_refused_file_ends_with_two(command, tmp_path, capsys):
    path = tmp_path / "foreign.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")

    assert command(str(path)) == 2

    assert "patient_last_name" in capsys.readouterr().err


def test_the_preparateur_is_told_that_a_pharmacist_must_sign(command, written, house, capsys):
    assert command(written({}), "--pharmacy", house.here.finess, "--by", person_of(house.colleague).email) == 2

    assert "pharmacien" in capsys.readouterr().err
    with tenant_scope(house.here.id):
        assert not Record.objects.exists()


def test_errors_as_csv_leave_standard_output_to_themselves(command, written, capsys):
    command(written({"patient_dob": "", "test_result": "?"}), "--errors-csv", "-")

    printed = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert [(row["row"], row["column"], row["code"]) for row in rows] == [
        ("2", "patient_dob", "missing"),
        ("2", "test_result", "outcome"),
    ]
    assert all(row["reason"] and row["remedy"] for row in rows)
    assert "refusés: 1" in printed.err


def test_errors_as_csv_begin_no_formula():
    errors = io.StringIO()
    problem = RowProblem(row=2, column="=column", code="-code", reason="+reason", remedy="@remedy")

    ImportTeller(errors, is_trial=False).tell(RowOutcome(row=2, verdict=Sameness.REFUSED, problems=(problem,)))

    assert errors.getvalue().splitlines()[1] == "2,'=column,'-code,'+reason,'@remedy"


def test_errors_as_csv_go_to_a_file_too(command, written, tmp_path):
    errors = tmp_path / "errors.csv"

    assert command(written({"patient_dob": ""}), "--errors-csv", str(errors)) == 1

    assert errors.read_text(encoding="utf-8").splitlines()[1].startswith("2,patient_dob,missing,")


def test_errors_as_csv_are_written_over_earlier_ones_and_over_nothing_else(command, written, tmp_path):
    errors, source = tmp_path / "errors.csv", Path(written({"patient_dob": ""}))
    command(str(source), "--errors-csv", str(errors))
    command(str(source), "--errors-csv", str(errors))
    before = source.read_bytes()

    with pytest.raises(ConfigError, match="no list of refused rows"):
        command(str(source), "--errors-csv", str(source))

    assert source.read_bytes() == before


def test_standard_input_is_read_from_memory(command, monkeypatch):
    class Piped:
        buffer = file_of({})

    monkeypatch.setattr(sys, "stdin", Piped)

    assert command("-") == 0


def test_a_trial_is_said_to_be_one(command, written, house, capsys):
    assert command(written({}), "--dry-run", "--lang", "en") == 0

    assert "Trial: nothing was stored." in capsys.readouterr().out
    with tenant_scope(house.here.id):
        assert not Record.objects.exists()


@pytest.mark.parametrize("words", [["/nowhere/results.csv"], ["FILE", "--errors-csv", "/nowhere/errors.csv"]])
def test_a_file_that_cannot_be_opened_is_named(command, written, words):
    named = [written({}) if word == "FILE" else word for word in words]

    with pytest.raises(ConfigError, match="/nowhere/"):
        command(*named)


@pytest.mark.parametrize(("lang", "expected"), [("en_GB.UTF-8", "en"), ("fr_FR.UTF-8", "fr"), ("C", "fr"), ("", "fr")])
def test_the_language_is_french_unless_the_environment_is_english(monkeypatch, lang, expected):
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", lang)

    assert imports._language(None) == expected
    assert imports._language("en") == "en"


def test_the_demonstration_of_this_account_is_the_default_place(monkeypatch, tmp_path):
    monkeypatch.delenv("TEMOIN_CONFIG")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with pytest.raises(ConfigError):
        settings_file(None)

    settings = tmp_path / "temoin" / "demo" / "temoin.toml"
    settings.parent.mkdir(parents=True)
    settings.touch()

    assert settings_file(None) == settings
    assert settings_file(tmp_path) == tmp_path / "temoin.toml"


def test_the_template_is_printed_in_the_language_asked_for(capfdbinary):
    options = build_parser().parse_args(["import", "template", "--lang", "en"])

    assert options.run(options) == 0

    assert capfdbinary.readouterr().out.startswith(b"\xef\xbb\xbfresult_number;")


def test_a_heading_is_said_as_heading_and_column():
    options = build_parser().parse_args(["import", "results", "f", "--column", "D.N. client=date_naissance"])

    assert options.column == [("d_n_client", "patient_dob")]
    for wrong in ("a", "=sexe", "a=shoe_size"):
        with pytest.raises(SystemExit):
            build_parser().parse_args(["import", "results", "f", "--column", wrong])


GIVEN = {
    "01_standard_example.csv": (0, "stored: 5, corrected: 0, cancelled: 0, already stored: 0, refused: 0"),
    "all-fields.csv": (0, "stored: 2, corrected: 0, cancelled: 0, already stored: 0, refused: 0"),
    "valid.csv": (0, "stored: 1, corrected: 0, cancelled: 0, already stored: 0, refused: 0"),
    "valid-flu-only.csv": (0, "stored: 1, corrected: 0, cancelled: 0, already stored: 0, refused: 0"),
    "valid-with-escaped-commas.csv": (1, "stored: 1, corrected: 0, cancelled: 0, already stored: 0, refused: 1"),
    "03_duplicates.csv": (0, "stored: 1, corrected: 0, cancelled: 0, already stored: 1, refused: 0"),
    "invalid-values.csv": (1, "column patient_dob: This is not a date. Write year-month-day"),
    "t_weird-dates.csv": (2, "Missing columns: patient_last_name"),
}


@pytest.mark.skipif(not GIVEN_FILES.is_dir(), reason="the given files are not beside this checkout")
@pytest.mark.parametrize("name", GIVEN)
def test_each_given_file_ends_as_its_makers_say(command, capsys, name):
    status, words = GIVEN[name]

    assert command(str(GIVEN_FILES / name), "--lang", "en") == status

    printed = capsys.readouterr()
    assert words in (printed.out + printed.err).replace(" :", ":")


@pytest.mark.skipif(not GIVEN_FILES.is_dir(), reason="the given files are not beside this checkout")
def test_every_given_file_has_its_end_told():
    assert {path.name for path in GIVEN_FILES.glob("*.csv")} == set(GIVEN)
