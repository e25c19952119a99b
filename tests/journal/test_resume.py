"""After a restore the journal goes on and says what was lost: both verifiers take exactly that."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from sealed_journal import ELSEWHERE, HERE, Journal, as_sealer, look

from temoin.journal.couriers.folder import FolderWitness, kept_checkpoints
from temoin.journal.cuts import NOWHERE, LostRange, lost_of, place_of
from temoin.journal.events import EventKind
from temoin.journal.nodes import TreeBrokenError
from temoin.journal.resuming import ResumeError, go_on, kept_beyond, lost_range, put_back
from temoin.journal.sealer import begin_folder_anew, bring_up_to_date, refuse_fork
from temoin.journal.standing import journal_standing
from temoin.journal.tree import hash_leaf
from temoin.journal.verification import checkpoint_before, verify_journal
from temoin.keeping.acts import key_act
from temoin.lib.clock import shifted_by

TABLES = ("journal_leaf WHERE index >=", "journal_checkpoint WHERE size >")


def lose(journal: Journal, size: int, *, events_from: int | None = None) -> None:
    """Leave of the database what a restore to the checkpoint of a size leaves; events may be there beyond it."""
    start = size if events_from is None else events_from
    journal.superuser.execute(
        "DELETE FROM journal_event AS event USING journal_leaf AS leaf "
        "WHERE leaf.event_id = event.id AND leaf.index >= %s",
        [start],
    )
    for table in TABLES:
        journal.superuser.execute(f"DELETE FROM {table} %s", [size])  # noqa: S608


def state(lost: LostRange, *pharmacies: UUID) -> None:
    for pharmacy in pharmacies or (HERE, ELSEWHERE):
        with key_act(pharmacy, EventKind.JOURNAL_RESUMED, detail=lost.detail) as commit:
            commit.digest = lost.digest


def resume(journal: Journal, *, told: LostRange | None = None) -> LostRange | None:
    """Do what the command does; state something else if it is given."""
    with as_sealer():
        kept = kept_beyond(journal.signer, journal.folder)
        lost = None if kept is None else lost_range(kept)
    if lost is not None:
        state(told or lost)
    if kept is not None:
        with as_sealer():
            go_on(journal.signer, kept)
    journal.seal()
    return lost


def findings(journal: Journal) -> list[str]:
    """Return what the verification finds, with the folder, as fault and place; the outsider's must be as many."""
    inside = [" ".join(words.split()[:2]) for words in journal.verify(journal.kept())]
    assert len(journal.outside()) == len(inside)
    return sorted(inside)


def make_lost(journal: Journal, index: int) -> None:
    """Take an event away, and make its place one that a restore would have left."""
    digest = journal.superuser.execute("SELECT hash FROM journal_leaf WHERE index = %s", [index]).fetchone()
    assert digest is not None
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [journal.event(index)])
    journal.superuser.execute(
        "UPDATE journal_leaf SET pharmacy_id = %s, event_id = %s WHERE index = %s",
        [NOWHERE.decode(), place_of(digest[0]).decode(), index],
    )


def test_what_was_lost_is_stated_and_the_witness_sees_one_history(journal: Journal):
    lose(journal, 6)

    lost = resume(journal)
    look()
    journal.seal()

    assert lost is not None
    assert (lost.start, lost.end) == (6, 9)
    outcome = journal.outcome(journal.kept())
    assert outcome.findings == []
    assert [(cut.lost.start, cut.lost.end, cut.lost.count) for cut in outcome.cuts] == [(6, 9, 3)]
    assert "A restore lost 3 events at places 6 to 8" in str(outcome.cuts[0])
    assert journal.outside(with_folder=True) == []
    with as_sealer():
        assert bring_up_to_date(FolderWitness(journal.folder))


def test_the_outsiders_verifier_names_the_cut(journal: Journal, capsys: pytest.CaptureFixture[str]):
    lose(journal, 6)
    resume(journal)

    assert journal.outside() == []
    assert "a restore lost 3 events at places 6 to 8" in capsys.readouterr().out


def test_events_that_were_there_and_not_yet_sealed_find_their_places_again(journal: Journal):
    lose(journal, 3, events_from=8)

    lost = resume(journal)

    assert lost is not None
    assert (lost.start, lost.end) == (8, 9)
    assert journal.outcome(journal.kept()).findings == []
    assert journal.outside(with_folder=True) == []


def test_a_database_that_lost_its_seals_alone_states_nothing(journal: Journal):
    lose(journal, 3, events_from=9)

    assert resume(journal) is None
    assert journal.verify(journal.kept()) == []


def test_without_a_restore_nothing_is_resumed(journal: Journal):
    with as_sealer():
        assert kept_beyond(journal.signer, journal.folder) is None
        assert refuse_fork([FolderWitness(journal.folder)])


def test_a_cut_that_nobody_stated_is_a_finding_for_each_event(journal: Journal):
    lose(journal, 6)
    with as_sealer():
        kept = kept_beyond(journal.signer, journal.folder)
        assert kept is not None
        put_back(kept)
    look()
    journal.seal()

    assert len([words for words in journal.verify(journal.kept()) if words.startswith("missing")]) == 3
    assert len([words for words in journal.outside() if "its event is missing" in words]) == 3


STATEMENTS = ["cut 10", "cut 9"]
LOST = ["missing 6", "missing 7", "missing 8"]


def head(journal: Journal) -> bytes:
    return journal.kept().seen[-1][1].root


@pytest.mark.parametrize("places", [[5, 6, 7, 8], [6, 7], [6, 8]], ids=["more", "without the last", "a hole"])
def test_a_statement_of_other_places_is_not_believed_and_named(journal: Journal, places: list[int]):
    lose(journal, 6)

    resume(journal, told=lost_of(places, 9, head(journal)))

    assert journal.outcome(journal.kept()).cuts == []
    assert findings(journal) == STATEMENTS + LOST


def test_a_statement_of_fewer_places_explains_no_other(journal: Journal):
    lose(journal, 6)

    resume(journal, told=lost_of([7, 8], 9, head(journal)))

    assert findings(journal) == ["missing 6"]


@pytest.mark.parametrize("change", [{"end": 8}, {"end": 10}, {"start": 5}, {"count": 2}, {"digest": "00" * 32}])
def test_a_statement_that_contradicts_itself_is_not_believed_and_named(journal: Journal, change: dict):
    lose(journal, 6)

    resume(journal, told=replace(lost_of([6, 7, 8], 9, head(journal)), **change))

    assert findings(journal) == STATEMENTS + LOST


def test_a_statement_of_another_installation_is_not_believed_and_named(journal: Journal):
    lose(journal, 6)

    resume(journal, told=lost_of([6, 7, 8], 9, bytes(32)))

    assert findings(journal) == STATEMENTS + LOST


def test_a_statement_that_some_pharmacies_do_not_see_is_not_believed_and_named(journal: Journal):
    lose(journal, 6)
    with as_sealer():
        kept = kept_beyond(journal.signer, journal.folder)
    assert kept is not None
    state(lost_of([6, 7, 8], 9, head(journal)), HERE)
    with as_sealer():
        go_on(journal.signer, kept)

    assert findings(journal) == ["cut 9", *LOST]


def test_a_statement_in_words_of_nobody_is_named(journal: Journal):
    with key_act(HERE, EventKind.JOURNAL_RESUMED, detail="from=6 to=9"):
        pass
    journal.seal()

    assert findings(journal) == ["cut 9"]


def test_a_statement_that_comes_later_than_the_next_seal_is_not_believed_and_named(journal: Journal):
    lose(journal, 6)
    with as_sealer():
        kept = kept_beyond(journal.signer, journal.folder)
        assert kept is not None
        put_back(kept)
    look()
    journal.seal()
    state(lost_of([6, 7, 8], 9, kept.checkpoints[-1].root))
    journal.seal()

    assert findings(journal) == ["cut 10", "cut 11", *LOST]


def test_a_statement_without_a_loss_is_named(journal: Journal):
    """Whoever states a loss before it happens would have an hour ready to be taken away on any later day."""
    state(lost_of([6, 7, 8], 9, head(journal)))
    journal.seal(looks=2)

    assert findings(journal) == STATEMENTS


def test_a_statement_that_was_made_twice_before_the_journal_went_on_is_one(journal: Journal):
    lose(journal, 6)
    state(lost_of([6, 7, 8], 9, head(journal)))  # of a command that was killed before it put anything back

    resume(journal)

    assert findings(journal) == []
    assert len(journal.outcome(journal.kept()).cuts) == 1


def test_a_statement_that_is_made_again_later_is_named(journal: Journal):
    lose(journal, 6)
    lost = resume(journal)
    assert lost is not None
    state(lost)
    journal.seal()

    assert findings(journal) == ["cut 11", "cut 12"]


def test_two_restores_are_two_cuts(journal: Journal):
    lose(journal, 6)
    resume(journal)
    size = journal.outcome().size
    journal.seal(looks=2)
    lose(journal, size)
    resume(journal)

    assert findings(journal) == []
    assert [cut.lost.start for cut in journal.outcome(journal.kept()).cuts] == [6, size]


def test_a_restore_to_before_another_one_is_a_cut_that_has_its_statements_too(journal: Journal):
    lose(journal, 6)
    resume(journal)
    lose(journal, 3)
    resume(journal)

    assert findings(journal) == []
    assert [(cut.lost.start, cut.lost.end) for cut in journal.outcome(journal.kept()).cuts] == [(3, 11)]


def test_an_event_taken_away_beside_the_cut_stays_a_finding(journal: Journal):
    lose(journal, 6)
    resume(journal)
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [journal.event(4)])

    assert findings(journal) == ["missing 4"]
    assert len(journal.outcome(journal.kept()).cuts) == 1


def test_an_event_taken_away_and_its_place_made_to_look_lost_stays_a_finding(journal: Journal):
    lose(journal, 6)
    resume(journal)
    make_lost(journal, 4)

    assert findings(journal) == ["missing 4"]


def test_an_event_taken_away_among_the_lost_ones_takes_the_cut_along(journal: Journal):
    """A cut explains the places that were empty when it was stated, and none that was emptied since."""
    lost = journal.event(7)
    lose(journal, 3, events_from=9)
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [lost])
    resume(journal)
    assert findings(journal) == []

    make_lost(journal, 8)

    assert findings(journal) == ["cut 10", "cut 9", "missing 7", "missing 8"]


def test_the_statement_itself_is_not_taken_away_unnoticed(journal: Journal):
    lose(journal, 6)
    resume(journal)
    make_lost(journal, 9)

    assert findings(journal) == ["cut 10", *LOST, "missing 9"]


def test_the_hash_of_a_lost_place_is_not_changed_unnoticed(journal: Journal):
    lose(journal, 6)
    resume(journal)
    journal.superuser.execute("UPDATE journal_leaf SET hash = sha256('x') WHERE index = 7")

    for with_folder in (True, False):
        assert journal.verify(journal.kept() if with_folder else None) != []
        assert journal.outside(with_folder=with_folder) != []


def test_an_old_event_is_not_taken_away_under_cover_of_a_statement(empty: Journal):
    """Whoever writes in the database takes one event of long ago, and states as lost all that came since."""
    empty.seal(looks=3)
    with shifted_by(timedelta(hours=1)):
        empty.seal(looks=3)
        make_lost(empty, 1)
        state(lost_of([1], 6, head(empty)))
        empty.seal()

        assert [words[:9] for words in empty.verify()] == ["cut 6 eve", "cut 7 eve", "missing 1"]
        assert len(empty.outside()) == 3


def test_an_old_event_is_not_taken_away_with_the_seals_that_would_tell_its_age(empty: Journal):
    """The same, and the checkpoints between are deleted: without a folder, nobody knows that there were any."""
    empty.seal(looks=3)
    with shifted_by(timedelta(hours=1)):
        empty.seal(looks=3)
        make_lost(empty, 1)
        empty.superuser.execute("DELETE FROM journal_checkpoint WHERE size = 3")
        state(lost_of([1], 6, head(empty)))
        empty.seal()

        assert "missing 1" in " ".join(empty.verify())
        assert "leaf 1: its event is missing" in empty.outside()


def test_a_verification_that_begins_within_a_cut_begins_before_it(journal: Journal):
    lose(journal, 3)
    resume(journal)

    with as_sealer():
        for size in (6, 9):
            (at,) = journal.superuser.execute("SELECT at FROM journal_checkpoint WHERE size = %s", [size]).fetchone()
            start = checkpoint_before(at + timedelta(microseconds=1))
            outcome = verify_journal(journal.signer.verifier, journal.kept(), start)

            assert start is not None
            assert start.size == 3
            assert outcome.findings == []


def test_a_transaction_that_is_open_while_the_loss_is_stated_is_waited_for(journal: Journal):
    """It would hold the statement up beyond the next seal, after which nobody believes it."""
    lose(journal, 6)
    look()
    open_one = psycopg.connect(journal.superuser.info.dsn, password=journal.superuser.info.password)
    open_one.execute("SELECT pg_current_xact_id()")
    ends = threading.Timer(1, open_one.close)
    ends.start()

    resume(journal)

    ends.join()
    assert findings(journal) == []


def test_a_database_that_was_sealed_anew_since_is_refused(journal: Journal):
    lose(journal, 6)
    with as_sealer(), pytest.raises(TreeBrokenError, match="temoin journal resume"):
        refuse_fork([FolderWitness(journal.folder)])
    look()
    with as_sealer():
        from temoin.journal.sealing import seal_events

        seal_events(journal.signer)
        with pytest.raises(ResumeError, match="sealed anew"):
            kept_beyond(journal.signer, journal.folder)


def unmounted(folder: Path) -> Path:
    """Move what lies in a folder away, as if it were not mounted; return where it is."""
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.mkdir()
    return kept


def test_a_folder_that_cannot_be_read_may_know_more_and_nothing_is_sealed(journal: Journal):
    kept = unmounted(journal.folder)
    journal.folder.rmdir()
    journal.folder.touch()  # root reads whatever its mode says, but no folder where there is a file
    with as_sealer():
        for _ in range(2):
            with pytest.raises(TreeBrokenError, match=r"cannot be read.*mount it"):
                refuse_fork([FolderWitness(journal.folder)])
        with pytest.raises(TreeBrokenError, match="cannot be read"):
            begin_folder_anew(FolderWitness(journal.folder))
    journal.folder.unlink()
    kept.rename(journal.folder)
    note = max(journal.folder.glob("*/*.checkpoint"))
    note.chmod(0o644)
    note.write_text("what no journal signed", encoding="ascii")

    with as_sealer(), pytest.raises(TreeBrokenError, match="cannot be read"):
        refuse_fork([FolderWitness(journal.folder)])


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone becomes an account that may not read")
@pytest.mark.parametrize("part", ["folder", "hour"])
def test_what_an_account_may_not_read_is_no_empty_folder(journal: Journal, part: str):
    """A glob finds nothing in a folder that it may not read, and says nothing of it."""
    place = journal.folder if part == "folder" else max(journal.folder.iterdir())
    place.chmod(0o700)
    for above in journal.folder.parents:
        if above.stat().st_uid == 0 and above.name.startswith("pytest"):
            above.chmod(0o711)
    os.seteuid(65534)
    try:
        with pytest.raises(PermissionError):
            FolderWitness(journal.folder).size()
        with pytest.raises(PermissionError):
            list(kept_checkpoints(journal.folder))
    finally:
        os.seteuid(0)


def test_an_empty_folder_that_held_checkpoints_is_a_finding_until_it_is_back(journal: Journal):
    kept = unmounted(journal.folder)
    look()
    with as_sealer():
        with pytest.raises(TreeBrokenError, match=r"is empty and held 9 events.*--new-folder"):
            refuse_fork([FolderWitness(journal.folder)])
        assert not bring_up_to_date(FolderWitness(journal.folder))
        assert any("held checkpoints" in alarm for alarm in journal_standing().alarms())
    assert list(journal.folder.iterdir()) == []  # it was not filled anew
    assert "holds no checkpoint" in " ".join(journal.verify(journal.kept()))

    journal.folder.rmdir()
    kept.rename(journal.folder)
    with as_sealer():
        assert refuse_fork([FolderWitness(journal.folder)])
    journal.seal()
    assert journal.verify(journal.kept()) == []


def test_a_folder_that_is_lost_for_good_is_filled_anew_when_somebody_says_so(journal: Journal):
    unmounted(journal.folder)
    with as_sealer():
        begin_folder_anew(FolderWitness(journal.folder))
        assert refuse_fork([FolderWitness(journal.folder)])
        assert bring_up_to_date(FolderWitness(journal.folder))
        with pytest.raises(TreeBrokenError, match="not empty"):
            begin_folder_anew(FolderWitness(journal.folder))

    assert journal.verify(journal.kept()) == []


def test_a_folder_with_a_hole_is_refused(journal: Journal):
    lose(journal, 6)
    next(iter(sorted(journal.folder.glob("*/*.leaves")))).write_bytes(hash_leaf(b""))

    with as_sealer(), pytest.raises(ResumeError, match="cannot be gone by"):
        kept_beyond(journal.signer, journal.folder)
