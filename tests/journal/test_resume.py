"""After a restore the journal goes on and says what was lost: both verifiers take exactly that."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sealed_journal import ELSEWHERE, HERE, Journal, as_sealer, look

from temoin.journal.couriers.folder import FolderWitness
from temoin.journal.cuts import NOWHERE, LostRange, place_of
from temoin.journal.events import EventKind
from temoin.journal.nodes import TreeBrokenError
from temoin.journal.resuming import ResumeError, kept_beyond, lost_range, put_back
from temoin.journal.sealer import bring_up_to_date, refuse_fork
from temoin.journal.tree import hash_leaf
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


def state(lost: LostRange) -> None:
    for pharmacy in (HERE, ELSEWHERE):
        with key_act(pharmacy, EventKind.JOURNAL_RESUMED, detail=lost.detail) as commit:
            commit.digest = lost.root


def resume(journal: Journal, *, told: LostRange | None = None) -> LostRange | None:
    """Do what the command does; state something else if it is given."""
    with as_sealer():
        kept = kept_beyond(journal.signer, journal.folder)
        lost = None if kept is None else lost_range(kept)
    if lost is not None:
        state(told or lost)
    if kept is not None:
        with as_sealer():
            put_back(kept)
    journal.seal()
    return lost


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
    assert [(cut.lost.start, cut.lost.end, cut.count) for cut in outcome.cuts] == [(6, 9, 3)]
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


@pytest.mark.parametrize("change", [(-1, 0), (1, 0), (0, -1), (0, 1)], ids=["more", "less", "short", "long"])
def test_a_statement_of_other_places_is_not_believed(journal: Journal, change: tuple[int, int]):
    lose(journal, 6)
    root = journal.kept().seen[-1][1].root.hex()

    resume(journal, told=LostRange(6 + change[0], 9 + change[1], root))

    assert journal.outcome(journal.kept()).cuts == []
    assert len(journal.verify(journal.kept())) == 3
    assert len(journal.outside()) == 3


def test_a_statement_under_another_root_is_not_believed(journal: Journal):
    lose(journal, 6)

    resume(journal, told=LostRange(6, 9, "00" * 32))

    assert len(journal.verify(journal.kept())) == 3
    assert len(journal.outside()) == 3


def test_a_statement_that_comes_later_than_the_next_seal_is_not_believed(journal: Journal):
    lose(journal, 6)
    with as_sealer():
        kept = kept_beyond(journal.signer, journal.folder)
        assert kept is not None
        lost = lost_range(kept)
        put_back(kept)
    look()
    journal.seal()
    assert lost is not None
    state(lost)
    journal.seal()

    assert len(journal.verify(journal.kept())) == 3
    assert len(journal.outside()) == 3


def test_an_event_taken_away_beside_the_cut_stays_a_finding(journal: Journal):
    lose(journal, 6)
    resume(journal)
    journal.superuser.execute("DELETE FROM journal_event WHERE id = %s", [journal.event(4)])

    assert [words.partition(" event")[0] for words in journal.verify(journal.kept())] == ["missing 4"]
    assert "leaf 4: its event is missing" in journal.outside()


def test_an_event_taken_away_and_its_place_made_to_look_lost_takes_the_cut_along(journal: Journal):
    lose(journal, 6)
    resume(journal)
    make_lost(journal, 4)

    assert journal.outcome(journal.kept()).cuts == []
    assert [words[:9] for words in journal.verify(journal.kept())] == [f"missing {place}" for place in (4, 6, 7, 8)]
    assert "leaf 4: its event is missing" in journal.outside()


def test_an_old_event_is_not_taken_away_under_cover_of_a_statement(empty: Journal):
    """Whoever writes in the database takes one event of long ago, and states as lost all that came since."""
    empty.seal(looks=3)
    with shifted_by(timedelta(hours=1)):
        empty.seal(looks=3)
        make_lost(empty, 1)
        state(LostRange(1, 6, empty.kept().seen[-1][1].root.hex()))
        empty.seal()

        assert [words[:9] for words in empty.verify()] == ["missing 1"]
        assert empty.outside() == ["leaf 1: its event is missing"]


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


def test_a_folder_with_a_hole_is_refused(journal: Journal):
    lose(journal, 6)
    next(iter(sorted(journal.folder.glob("*/*.leaves")))).write_bytes(hash_leaf(b""))

    with as_sealer(), pytest.raises(ResumeError, match="cannot be gone by"):
        kept_beyond(journal.signer, journal.folder)
