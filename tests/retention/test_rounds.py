"""What is past its day goes with all that hangs on it, and nothing else does; keys of emptied months are destroyed."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings as site
from django.core.cache import cache
from django.db import DatabaseError, ProgrammingError, connection
from keys_seen import broken_of
from people import COVID, NEWCOMER, House, make_lot, make_patient, make_signed, make_test, make_token, open_house
from retention_rounds import DAYS, LATER, arrive, decided, reap, rows_left
from roles import take_role
from training import practising

from temoin.catalogue.actions import lots_in_stock
from temoin.cli.looks import ledger_words
from temoin.cli.standing_measures import ledger
from temoin.crypto.models import DataKey
from temoin.crypto.ring import INDEX
from temoin.journal.models import Event
from temoin.keeping.ledger import LEDGER, remembered_keys
from temoin.lib.clock import now, shifted_by
from temoin.lib.errors import NotFoundError
from temoin.lib.tenant import tenant_scope
from temoin.lib.zones import HOUSE
from temoin.outbox.courier import Verdict
from temoin.patients.models import Patient
from temoin.pharmacies.models import ProgramCall
from temoin.pharmacies.program_calls import answered_once
from temoin.pharmacies.programs import ProgramSeat, take_program_seat
from temoin.pharmacies.scopes import Scope
from temoin.pharmacies.team import invite_member
from temoin.retention import passing, reaping
from temoin.retention.holds import lift_hold, place_hold
from temoin.retention.overview import KeptRows, retention_standings
from temoin.retention.rounds import reap_all
from temoin.retention.settings import Retention
from temoin.testing.amendments import propose_cancellation, proposed_amendments
from temoin.testing.models import Record
from temoin.testing.signing import cancel_result


@pytest.fixture
def house(db, settings, tmp_path: Path) -> House:  # noqa: ARG001
    """A pharmacy with a signed result and a test that nobody sampled, and another pharmacy with a result."""
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl")
    house = open_house()
    make_test(house.owner, make_patient(house.owner))
    for seat in (house.owner, house.stranger):
        make_signed(seat, make_patient(seat), make_lot(seat))
    return house


def events(house: House, kind: str) -> list[UUID | None]:
    with tenant_scope(house.here.id):
        return list(Event.objects.filter(kind=kind).values_list("subject_id", flat=True))


def months(house: House) -> list[str]:
    with tenant_scope(house.here.id):
        return sorted(DataKey.objects.exclude(purpose=INDEX).values_list("purpose", flat=True))


def test_past_its_day_a_result_goes_with_all_that_hangs_on_it(house):
    arrive()

    done = reap()

    assert (done.records, done.patients, done.exchanges > 0) == (3, 3, True)
    assert rows_left(house) == {}
    assert len(events(house, "record.erased")) == len(events(house, "patient.erased")) == 2


def test_what_is_proposed_of_a_result_goes_with_it(house):
    with tenant_scope(house.here.id):
        record_id = Record.objects.get(version=1).id
    program = ProgramSeat(house.here.id, uuid4(), "LGO", (Scope.RESULTS_PROPOSE,))
    propose_cancellation(by=program, record_id=record_id, reason="Une autre personne")
    arrive()

    reap()

    assert (rows_left(house), proposed_amendments(by=house.owner)) == ({}, [])
    with pytest.raises(NotFoundError):
        propose_cancellation(by=program, record_id=record_id, reason="Une autre personne")


def test_on_its_day_everything_is_there_but_both_sides_of_tries(house):
    arrive()
    before = rows_left(house)
    this_hour_then = now().astimezone(HOUSE) + timedelta(days=DAYS)  # summer time may have begun

    done = reap(this_hour_then.astimezone(UTC) - now())

    assert (done.records, done.patients, done.keys) == (0, 0, 0)
    assert rows_left(house) == {table: count for table, count in before.items() if table != "outbox_sides"}


def test_both_sides_of_a_try_are_kept_for_thirty_days_and_its_receipt_longer(house):
    arrive()

    early, late = reap(timedelta(days=30)), reap(timedelta(days=32))

    assert (early.exchanges, late.exchanges > 0, late.records) == (0, True, 0)
    assert rows_left(house)["outbox_attempt"] == late.exchanges


def test_a_second_round_deletes_nothing_more(house):
    arrive()
    reap()

    again = reap()

    assert vars(again) == dict.fromkeys(vars(again), 0)
    assert len(events(house, "record.erased")) == 2


@pytest.mark.parametrize("days", [None, DAYS])
def test_what_was_practised_goes_after_a_day_and_nothing_real_does(house, settings, tmp_path, days):
    settings.TEMOIN = decided(tmp_path / "ledger.jsonl", days)
    seat = practising(house.owner)
    make_signed(seat, make_patient(seat, nir=""), lots_in_stock(by=seat, kind=COVID)[0].id)
    before = rows_left(house)

    early, late = reap(timedelta(days=1)), reap(timedelta(days=2, hours=1))

    assert (early.records, early.patients, late.records, late.patients) == (0, 0, 1, 6)
    assert rows_left(house) == before


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("days", [None, DAYS * 2])
def test_nothing_of_results_goes_before_the_operator_has_decided(settings, days):
    settings.TEMOIN = decided(LEDGER(), days)
    arrive()

    done = reap()

    assert (done.records, done.patients, done.keys) == (0, 0, 0)


def test_a_new_version_begins_the_span_anew(house):
    arrive()
    [record_id] = signed(house)
    with shifted_by(timedelta(days=60)):
        cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="Autre patient")
        arrive()

    reap()

    assert signed(house) == [record_id]


def signed(house: House) -> list[UUID]:
    with tenant_scope(house.here.id):
        return list(Record.objects.filter(version__gt=0).values_list("id", flat=True))


def test_what_has_not_arrived_at_its_authority_stays_and_is_shown(house):
    arrive(only="email")

    done = reap()

    assert (done.records, _shown(house).moving) == (1, 1)  # the test that nobody sampled was to be sent nowhere


def test_what_an_authority_refused_stays_and_what_reached_no_patient_does_not(house):
    arrive(Verdict.REFUSED, only="fhir")
    arrive(only="email")

    done = reap()

    assert (done.records, len(signed(house)), rows_left(house)["testing_record"]) == (1, 1, 2)


def _shown(house: House) -> KeptRows:
    with shifted_by(timedelta(days=DAYS + 2)):
        standings = {one.finess: one for one in retention_standings()}
    return standings[house.here.finess].kept[0]


def test_a_patient_with_a_later_test_stays(house):
    arrive()
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get(id=signed(house)[0]).patient_id
    with shifted_by(timedelta(days=60)):
        make_test(house.owner, patient_id)

    reap()

    assert (rows_left(house)["patients_patient"], rows_left(house)["testing_record"]) == (1, 1)


def test_an_hour_in_clear_that_was_set_back_ends_nothing_before_its_day(house, tamper):
    arrive()
    tamper("UPDATE testing_record SET registered_at = registered_at - interval '400 days' WHERE state = 'registered'")

    assert (reap(timedelta()).records, len(events(house, "record.erased"))) == (0, 0)


def test_a_patient_whose_hour_was_set_back_stays(house, tamper):
    make_patient(house.owner, family_name="BERNARD")
    tamper("UPDATE patients_patient SET created_at = created_at - interval '400 days'")

    assert (reap(timedelta()).patients, len(events(house, "patient.erased"))) == (0, 0)


def hold_it(house: House, record_id: UUID) -> None:
    with tenant_scope(house.here.id):
        patient_id = Record.objects.get(id=record_id).patient_id
    place_hold(by=house.owner, patient_id=patient_id, reason="Réquisition")


def cancel_it(house: House, record_id: UUID) -> None:
    cancel_result(by=house.owner, record_id=record_id, expected_version=1, reason="Autre patient")


@pytest.mark.parametrize("change", [hold_it, cancel_it])
def test_what_commits_while_a_batch_is_chosen_is_seen_before_it_goes(house, change):
    arrive()
    [record_id] = signed(house)

    with connection.execute_wrapper(_after_the_choice(lambda: change(house, record_id))):
        reap()

    assert signed(house) == [record_id]


def _after_the_choice(work: Callable[[], None]) -> Callable[..., object]:
    """Do something as the staff, once, when tests were chosen and locked: as another transaction would commit it."""
    done: list[bool] = []

    def execute(statement: Callable[..., object], sql: str, *rest: Any) -> object:
        found = statement(sql, *rest)
        if (
            not done
            and sql.startswith("SELECT id FROM testing_record ")
            and "SKIP" in sql
            and rest[-1]["cursor"].rowcount
        ):
            done.append(True)
            with take_role("temoin_app"):
                work()
        return found

    return execute


DAWN = datetime(2020, 1, 1, tzinfo=UTC)  # nothing is as old
HOLD = UUID(int=1)  # which is not there: whoever would lift it has taken a turn by then
WORKS = {
    "place": lambda house: place_hold(by=house.owner, patient_id=None, reason="Réquisition"),
    "lift": lambda house: lift_hold(by=house.owner, hold_id=HOLD, reason="Classée"),
    **{
        work.__name__: lambda house, work=work: work(house.here.id, DAWN, threading.Event())
        for work in (reaping.delete_records, reaping.delete_patients, passing.delete_sides)
    },
}


@pytest.mark.parametrize("work", WORKS)
def test_whoever_places_lifts_or_deletes_takes_a_turn_before_looking_at_holds(house, work):
    said: list[str] = []

    def execute(statement: Callable[..., object], sql: str, *rest: Any) -> object:
        said.append(f"{sql} {rest[0]}")
        return statement(sql, *rest)

    role = "temoin_keeper" if work.startswith("delete") else "temoin_app"
    with take_role(role), connection.execute_wrapper(execute), contextlib.suppress(NotFoundError):
        WORKS[work](house)

    turn = f"retention {house.here.id}"
    assert turn in next(one for one in said if turn in one or "retention_hold" in one)


def test_an_invitation_goes_thirty_days_after_its_code_and_not_while_the_pharmacy_is_held(house):
    invited = invite_member(by=house.owner, newcomer=NEWCOMER)
    ends = invited.expires_at - now()
    kept = reap(ends + timedelta(days=29)).invitations
    hold_id = place_hold(by=house.owner, patient_id=None, reason="Réquisition")
    held = reap(ends + timedelta(days=32)).invitations
    lift_hold(by=house.owner, hold_id=hold_id, reason="Classée")

    assert (kept, held, reap(ends + timedelta(days=32)).invitations) == (0, 0, 1)
    assert len(events(house, "invitation.erased")) == 1


@pytest.mark.usefixtures("house")
def test_more_than_a_batch_goes_in_several(monkeypatch):
    monkeypatch.setattr(reaping, "BATCH", 1)
    arrive()

    assert reap().records == 3


def test_the_key_of_a_month_of_which_nothing_is_kept_is_destroyed_and_what_lasts_opens(house):
    arrive()
    [old] = months(house)

    done = reap(timedelta(days=DAYS + 40))

    assert (done.keys, old in months(house)) == (2, False)  # of two pharmacies
    assert {one.purpose for one in remembered_keys()} == {old}
    assert broken_of(house.here.id) == ()
    assert events(house, "data_key.destroyed") != []


def test_a_month_of_which_a_result_is_kept_keeps_its_key(house):
    arrive(only="email")  # the authority has not answered

    assert reap(timedelta(days=DAYS + 40)).keys == 0
    assert len(months(house)) == 1


@pytest.mark.usefixtures("house")
def test_a_destruction_that_fails_in_the_middle_is_ended_by_the_next_round(stick):
    arrive()
    unstick = stick("DELETE", "crypto_data_key", "true")
    with pytest.raises(DatabaseError, match="stuck"):
        reap(timedelta(days=DAYS + 40))
    unstick()
    assert remembered_keys() != []

    done = reap(timedelta(days=DAYS + 40))

    assert (done.keys, len(remembered_keys())) == (2, 2)


@pytest.mark.usefixtures("db")
def test_what_server_processes_shared_for_a_day_goes_with_the_round(settings, tmp_path):
    settings.TEMOIN = decided(tmp_path / "destroyed-keys.jsonl")
    cache.set("a part of a file", "sealed", 60)

    reap(timedelta(seconds=30))
    assert cache.get("a part of a file") == "sealed"
    reap(timedelta(seconds=61))

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM signin_memo")
        assert cursor.fetchone()[0] == 0


def test_what_a_program_was_answered_is_kept_for_a_day_and_goes_with_the_next_round(house):
    caller = take_program_seat(token=make_token(house.owner), certificate=b"")
    answered_once(caller, key="0" * 16, asked=b"", do=dict)

    assert reap(timedelta(hours=23)).calls == 0
    assert reap(timedelta(days=2, hours=1)).calls == 1
    with tenant_scope(house.here.id):
        assert not ProgramCall.objects.exists()


def test_a_result_that_cannot_go_holds_no_other_and_no_other_table(house: House, stick):
    with tenant_scope(house.here.id):
        stuck = Record.objects.get(version=1).id
    arrive()
    stick("DELETE", "testing_record", f"old.id = '{stuck}'")

    reap_with_poison()

    with tenant_scope(house.here.id):
        assert list(Record.objects.values_list("id", flat=True)) == [stuck]
        assert Patient.objects.count() == 1  # of the test that nobody sampled: gone
    with tenant_scope(house.elsewhere.id):
        assert not Record.objects.exists()
    assert "outbox_sides" not in rows_left(house)


def reap_with_poison() -> None:
    """Do a round that ends with what the server refused."""
    with take_role("temoin_keeper"), shifted_by(LATER), pytest.raises(ProgrammingError, match="stuck"):
        reap_all(threading.Event())


@pytest.mark.parametrize("poisoned", ["here", "elsewhere"])  # whichever comes first
def test_a_pharmacy_that_cannot_be_gone_through_holds_no_other(house, stick, poisoned):
    arrive()
    stick("SELECT", "testing_record", f"pharmacy_id = '{getattr(house, poisoned).id}'")

    reap_with_poison()

    with tenant_scope((house.elsewhere if poisoned == "here" else house.here).id):
        assert not Record.objects.exists()


def test_one_table_that_passes_holds_neither_the_others_nor_the_results(house, stick):
    caller = take_program_seat(token=make_token(house.owner), certificate=b"")
    answered_once(caller, key="0" * 16, asked=b"", do=dict)
    arrive()
    stick("DELETE", "pharmacies_program_call", f"old.pharmacy_id = '{house.here.id}'")

    reap_with_poison()

    assert rows_left(house) == {}
    with tenant_scope(house.here.id):
        assert ProgramCall.objects.exists()


def test_a_destroyed_key_that_a_restore_brings_back_is_destroyed_again(house, tamper):
    arrive()
    tamper("CREATE TABLE IF NOT EXISTS tampering.held AS TABLE crypto_data_key")
    reap(timedelta(days=DAYS + 40))
    tamper("INSERT INTO crypto_data_key SELECT * FROM tampering.held ON CONFLICT DO NOTHING")
    with shifted_by(timedelta(days=DAYS + 40)):
        back = [one.keys_back for one in retention_standings() if one.finess == house.here.finess]

    done = reap(timedelta(days=DAYS + 40))

    assert (len(back[0]), done.keys, len(months(house))) == (1, 2, 1)
    assert broken_of(house.here.id) == ()


@pytest.mark.usefixtures("house")
def test_a_ledger_that_was_lost_is_told_and_made_whole_from_the_journal():
    arrive()
    reap(timedelta(days=DAYS + 40))
    ended = {one.key_id for one in remembered_keys()}
    LEDGER().write_text("\n".join(LEDGER().read_text(encoding="utf-8").splitlines()[:2]), encoding="utf-8")
    told = ledger_said()
    LEDGER().unlink()
    gone = ledger_said()
    LEDGER().mkdir()
    unreadable = ledger_said()
    LEDGER().rmdir()

    reap(timedelta(days=DAYS + 40))

    assert len(ended) >= 2
    assert f"lacks {len(ended) - 1} that" in told
    assert f"lacks {len(ended)} that" in gone
    assert "cannot be read" in unreadable
    assert {one.key_id for one in remembered_keys()} == ended
    assert ledger_said() == ""


def ledger_said() -> str:
    """Return what the check says, as the sealer; the measure counts the same."""
    with take_role("temoin_sealer"):
        connection.ensure_connection()
        words = " ".join(ledger_words(LEDGER(), connection.connection))
        (measure,) = ledger(replace(site.TEMOIN, retention=Retention(key_ledger=LEDGER())))
    assert bool(measure.samples[0].value) == bool(words)
    return words


@pytest.mark.usefixtures("house")
def test_the_overview_says_what_goes_tomorrow_and_when_the_first_does():
    arrive()
    with shifted_by(timedelta(days=DAYS)):
        results, exchanges = retention_standings()[0].kept

    assert (results.count, results.tomorrow, results.held, results.moving) == (2, 2, 0, 0)
    assert results.first_day is not None
    assert exchanges.count == exchanges.tomorrow
