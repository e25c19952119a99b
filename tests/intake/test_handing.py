"""A file handed in: kept sealed, tried, taken once and gone on with, its refused rows given back."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from uuid import UUID

import pytest
from django.core.cache import cache
from django.db import connection
from import_files import VALUES, allow_laboratories, file_of
from kinds_of_files import workbook
from openpyxl import Workbook
from people import House, open_house

from temoin.formats.csv.problems import FileRefusedError
from temoin.formats.csv.profiles import separator_of
from temoin.formats.csv.template import EXAMPLES, template, written
from temoin.intake import handing, held, turns
from temoin.intake.given_back import receipt_of, rows_to_correct
from temoin.intake.handing import (
    forget_file,
    hand_in,
    list_handed,
    put_aside,
    read_handed,
    say_of_file,
    take_file,
    told_of,
    try_file,
)
from temoin.intake.held import FileStage, HeldFile, begin_run, held_stream
from temoin.intake.results import import_results
from temoin.journal.models import Event
from temoin.lib.clock import frozen_at, now
from temoin.lib.errors import ConflictError, DeniedError, InvalidError, NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.seat import Seat
from temoin.testing.models import Record


def at_once(work: Callable[[], None]) -> None:
    work()


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner)
    return house


def tried(by: Seat, content: bytes, **said: str) -> HeldFile:
    file_id = hand_in(by=by, name="résultats.csv", content=content, **{"encoding": "", "dates": "", **said})
    try_file(by=by, file_id=file_id, start=at_once)
    return read_handed(by=by, file_id=file_id)


def taken(by: Seat, content: bytes) -> HeldFile:
    file_id = tried(by, content).id
    take_file(by=by, file_id=file_id, start=at_once)
    return read_handed(by=by, file_id=file_id)


def stored(by: Seat) -> int:
    with tenant_scope(by.pharmacy_id):
        return Record.objects.count()


BAD = {"patient_last_name": "=cmd", "patient_dob": "1/20/1962x", "accession_number": "A-2"}


def mixed() -> bytes:
    return file_of({}, BAD, {"accession_number": "A-3"}).getvalue()


def test_a_trial_tells_what_would_happen_and_stores_nothing(house):
    file = tried(house.owner, template("fr", finess=house.here.finess))

    assert (file.stage, file.rows, file.profile, stored(house.owner)) == (
        FileStage.TRIED,
        len(EXAMPLES),
        "temoin-results-1",
        0,
    )
    assert file.counts == {"stored": 3, "corrected": 1, "cancelled": 1}


def test_one_press_takes_the_good_rows_and_once(house):
    file = taken(house.owner, mixed())

    assert (file.stage, file.counts, stored(house.owner)) == (FileStage.TAKEN, {"stored": 2, "refused": 1}, 2)
    with pytest.raises(ConflictError):
        take_file(by=house.owner, file_id=file.id, start=at_once)


def test_what_is_wrong_is_told_by_row_and_column_and_never_by_value(house):
    file = tried(house.owner, mixed())

    (row,) = told_of(by=house.owner, held=file)

    assert (row["row"], row["verdict"]) == (3, "refused")
    assert ["patient_dob", "date"] in [problem[:2] for problem in row["problems"]]
    assert "1962x" not in str(row)


def test_the_refused_rows_come_back_as_a_file_that_is_taken_once_it_is_mended(house):
    file = taken(house.owner, mixed())

    header, row = rows_to_correct(by=house.owner, file_id=file.id)

    assert (len(header), header[1]) == (len(row), "patient_last_name")
    assert row[1] == "=cmd"
    assert "1962x" not in row[0]
    mended = {**dict(zip(header, row, strict=True)), "patient_dob": "1/20/1962", "patient_last_name": "Cmd"}
    text = io.StringIO()
    csv.writer(text).writerows([header, [mended[name] for name in header]])
    assert taken(house.owner, text.getvalue().encode()).counts == {"stored": 1}


def test_the_refused_rows_of_a_workbook_come_back_as_whole_as_those_of_a_file(house):
    cells = {**VALUES, **BAD, "comment": ""}
    cells["comment"] = cells.pop("comment")  # the last column is empty: a workbook does not write it
    file = taken(house.owner, workbook(list(cells), list(cells.values())[:-1]))

    header, row = rows_to_correct(by=house.owner, file_id=file.id)

    assert (len(header), header[-1], row[-1]) == (len(row), "comment", "")
    mended = {**dict(zip(header, row, strict=True)), "patient_dob": "1/20/1962", "patient_last_name": "Cmd"}
    again = written([header, list(mended.values())], separator=separator_of(file.profile))
    assert taken(house.owner, again).counts == {"stored": 1}


def test_a_file_that_is_refused_tells_why_and_what_to_say_of_it(house):
    unsaid = file_of({"patient_dob": "2/3/1962"}).getvalue()
    file = tried(house.owner, unsaid)
    assert (file.stage, file.refusal["code"]) == (FileStage.REFUSED, "dates_unsaid")

    say_of_file(by=house.owner, file_id=file.id, dates="mdy", columns={})
    try_file(by=house.owner, file_id=file.id, start=at_once)

    assert read_handed(by=house.owner, file_id=file.id).counts == {"stored": 1}


@pytest.mark.parametrize("sign", ["_xD800_", "_x0000_", "_xDFFF_"])
def test_a_workbook_with_half_a_letter_in_its_heading_is_refused_with_its_headings(house, sign):
    book = Workbook()
    book.active.append([f"nom{sign}", "prenom"])
    book.active.append(["Duch", "Ana"])
    book.save(content := io.BytesIO())

    file = tried(house.owner, content.getvalue())

    assert (file.stage, file.refusal["headings"]) == (FileStage.REFUSED, [f"nom{sign}", "prenom"])


def test_a_refusal_that_cannot_be_kept_ends_the_run_with_a_word_in_the_log(house, monkeypatch, caplog):
    def refusing(**_words: object) -> None:
        raise FileRefusedError("missing_columns", headings=("nom\ud800",))

    monkeypatch.setattr(handing, "import_results", refusing)

    file = tried(house.owner, mixed())

    assert "a file that was handed in stopped: TypeError" in caplog.text
    assert begin_run(house.here.id, file.id)


def test_headings_are_asked_about_and_remembered_once_the_file_is_taken(house):
    content = template("fr", finess=house.here.finess).replace(b"date_naissance", b"D.N. client")
    file = tried(house.owner, content)
    assert "D.N. client" in file.refusal["headings"]

    with pytest.raises(InvalidError, match="columns:twice"):
        say_of_file(by=house.owner, file_id=file.id, dates="", columns={"a": "comment", "b": "comment"})
    say_of_file(by=house.owner, file_id=file.id, dates="", columns={"D.N. client": "patient_dob"})
    try_file(by=house.owner, file_id=file.id, start=at_once)
    take_file(by=house.owner, file_id=file.id, start=at_once)

    assert tried(house.owner, content).counts == {"already_stored": len(EXAMPLES)}


def test_a_file_that_stopped_goes_on_after_the_row_that_was_told_last(house, monkeypatch):
    file = tried(house.owner, mixed())
    monkeypatch.setattr(handing, "MOST_TOLD", 1)

    def stopping(**words: object) -> None:
        told = words["tell"]

        def tell(outcome: object) -> None:
            if outcome.row == 4:
                raise MemoryError
            told(outcome)

        import_results(**{**words, "tell": tell})

    monkeypatch.setattr(handing, "import_results", stopping)
    take_file(by=house.owner, file_id=file.id, start=at_once)
    half = read_handed(by=house.owner, file_id=file.id)
    assert (half.stage, half.last_row, half.counts) == (FileStage.TAKING, 3, {"stored": 1, "refused": 1})
    with frozen_at(now() + timedelta(minutes=2)):
        assert half.is_stopped

    monkeypatch.setattr(handing, "import_results", import_results)
    take_file(by=house.owner, file_id=file.id, start=at_once)

    whole = read_handed(by=house.owner, file_id=file.id)
    assert (whole.stage, whole.counts["refused"], stored(house.owner)) == (FileStage.TAKEN, 1, 2)


def test_nobody_goes_on_with_a_file_that_somebody_goes_on_with(house):
    file = tried(house.owner, mixed())
    begin_run(house.here.id, file.id)

    with pytest.raises(ConflictError):
        take_file(by=house.owner, file_id=file.id, start=at_once)
    with pytest.raises(ConflictError):
        forget_file(by=house.owner, file_id=file.id)


class LaterTurn:
    """A turn that comes only at the third asking, forty seconds after each other."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._begun, self._asked, self._meanwhile = now(), 0, meanwhile
        self._clock = ExitStack()

    def acquire(self, timeout: float) -> bool:
        assert timeout < held.LEASE
        self._asked += 1
        self._clock.enter_context(frozen_at(self._begun + timedelta(seconds=40 * self._asked)))
        self._meanwhile()
        return self._asked == 3

    def release(self) -> None:
        self._clock.close()


def test_a_file_that_waits_for_its_turn_is_nobody_else_s(house, monkeypatch):
    file = tried(house.owner, mixed())
    went_on: list[bool] = []

    def press_go_on() -> None:
        assert not read_handed(by=house.owner, file_id=file.id).is_stopped
        with pytest.raises(ConflictError):
            take_file(by=house.owner, file_id=file.id, start=at_once)
        went_on.append(False)

    monkeypatch.setattr(turns, "_turns", LaterTurn(press_go_on))
    take_file(by=house.owner, file_id=file.id, start=at_once)

    assert len(went_on) == 3
    assert (read_handed(by=house.owner, file_id=file.id).stage, stored(house.owner)) == (FileStage.TAKEN, 2)


def test_a_run_whose_file_somebody_else_goes_on_with_does_nothing_more(house):
    file = tried(house.owner, mixed())
    works: list[Callable[[], None]] = []
    take_file(by=house.owner, file_id=file.id, start=works.append)
    with frozen_at(now() + timedelta(seconds=61)):
        assert read_handed(by=house.owner, file_id=file.id).is_stopped
        take_file(by=house.owner, file_id=file.id, start=works.append)

        works[0]()
        assert (read_handed(by=house.owner, file_id=file.id).done, stored(house.owner)) == (0, 0)
        works[1]()

    assert (read_handed(by=house.owner, file_id=file.id).stage, stored(house.owner)) == (FileStage.TAKEN, 2)


def test_a_page_that_stood_open_since_says_nothing_of_a_file_that_was_taken(house):
    file = taken(house.owner, mixed())

    for say in ("say_of_file", "put_aside", "try_file"):
        with pytest.raises(ConflictError):
            ASKED[say](house.owner, file.id)
    assert receipt_of(by=house.owner, file_id=file.id)["is_trial"] is False


def test_the_receipt_has_the_sums_the_digest_and_no_cell(house):
    receipt = receipt_of(by=house.owner, file_id=taken(house.owner, mixed()).id)

    assert (receipt["counts"]["stored"], receipt["counts"]["refused"], receipt["is_trial"]) == (2, 1, False)
    assert len(receipt["file"]["sha256"]) == 64
    assert not any(word in str(receipt) for word in ("Duch", "=cmd", "1962"))


ASKED: dict[str, Callable[[Seat, UUID], object]] = {
    "read_handed": lambda by, one: read_handed(by=by, file_id=one),
    "try_file": lambda by, one: try_file(by=by, file_id=one, start=at_once),
    "take_file": lambda by, one: take_file(by=by, file_id=one, start=at_once),
    "say_of_file": lambda by, one: say_of_file(by=by, file_id=one, dates="", columns={}),
    "put_aside": lambda by, one: put_aside(by=by, file_id=one, shown=[], apart={}),
    "forget_file": lambda by, one: forget_file(by=by, file_id=one),
    "rows_to_correct": lambda by, one: rows_to_correct(by=by, file_id=one),
    "receipt_of": lambda by, one: receipt_of(by=by, file_id=one),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_colleague_without_the_right_is_denied_and_a_stranger_finds_nothing(house, name):
    file_id = tried(house.owner, mixed()).id

    with pytest.raises(DeniedError):
        ASKED[name](house.colleague, file_id)
    with pytest.raises(NotFoundError):
        ASKED[name](house.stranger, file_id)
    assert list_handed(by=house.stranger) == []


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({"content": b""}, "file:required"),
        ({"content": b"x" * 16_000_001}, "file:too_large"),
        ({"encoding": "utf-7"}, "encoding:unknown"),
        ({"dates": "ymd"}, "dates:unknown"),
    ],
)
def test_what_is_no_file_is_told_at_its_field(house, words, problem):
    with pytest.raises(InvalidError, match=problem):
        hand_in(by=house.owner, **{"name": "", "content": b"x", "encoding": "", "dates": "", **words})


def test_a_file_is_sealed_in_memory_and_gone_after_its_day(house):
    file = tried(house.owner, mixed())
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(value, '') FROM signin_memo")
        kept = cursor.fetchone()[0]
    assert b"Duch".hex() not in kept
    assert "Duch" not in kept

    with frozen_at(now() + timedelta(hours=25)), pytest.raises(NotFoundError):
        read_handed(by=house.owner, file_id=file.id)


def test_what_somebody_else_put_in_the_place_of_a_file_is_not_read(house):
    file, other = tried(house.owner, mixed()), tried(house.owner, mixed())
    name = held._name(house.here.id, file.id, "known")
    cache.set(name, cache.get(held._name(house.here.id, other.id, "known")), 60)

    with pytest.raises(NotFoundError):
        read_handed(by=house.owner, file_id=file.id)


def test_five_files_are_kept_and_the_oldest_goes(house):
    files = [hand_in(by=house.owner, name=str(n), content=b"x", encoding="", dates="") for n in range(6)]

    assert [one.id for one in list_handed(by=house.owner)] == files[:0:-1]
    with pytest.raises(NotFoundError):
        read_handed(by=house.owner, file_id=files[0])


def test_a_kept_file_is_a_stream_that_may_be_read_anywhere(house, monkeypatch):
    monkeypatch.setattr(held, "PART", 7)
    content = bytes(range(100))
    file_id = hand_in(by=house.owner, name="", content=content, encoding="", dates="")
    stream = held_stream(house.here.id, read_handed(by=house.owner, file_id=file_id))

    assert (stream.read(), stream.seek(-10, io.SEEK_END), stream.read(4)) == (content, 90, content[90:94])
    stream.seek(3)
    assert stream.read(20) == content[3:23]


def test_a_file_forgotten_is_gone_with_all_its_parts(house):
    file = tried(house.owner, mixed())

    forget_file(by=house.owner, file_id=file.id)

    assert list_handed(by=house.owner) == []
    assert cache.get(held._name(house.here.id, file.id, "part 0")) is None


def test_handing_in_and_giving_back_are_events(house):
    list(rows_to_correct(by=house.owner, file_id=taken(house.owner, mixed()).id))

    with tenant_scope(house.here.id):
        kinds = Event.objects.filter(kind__startswith="file.").order_by("at").values_list("kind", flat=True)
        assert list(kinds) == ["file.handed_in", "file.imported", "file.imported", "file.rows_read"]


def test_a_page_s_work_is_done_in_a_thread_of_its_own():
    done: list[int] = []
    with suppress(AssertionError):
        turns.start_behind(lambda: done.append(1))
    for thread in [one for one in __import__("threading").enumerate() if one.name == "file"]:
        thread.join(10)

    assert done == [1]
