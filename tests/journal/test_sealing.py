"""Sealing: every commit gets its place, late ones too, and nothing is sealed twice or signed over a change."""

from __future__ import annotations

import sys
from pathlib import Path
from random import Random

import psycopg
import pytest
from sealed_journal import HERE, Journal, as_sealer, look

from temoin.journal import sealing
from temoin.journal.models import SealedTree
from temoin.journal.nodes import TreeBrokenError
from temoin.journal.sealing import seal_events

sys.path.append(str(Path(__file__).parents[2] / "drill"))
from tamperings import Scene

COLUMNS = "pharmacy_id, id, at, kind, profession, origin, subject_kind, outcome, reason, detail, digest"
VALUES = "gen_random_uuid(), now(), 'test.read', 'operator', 'page', 'record', 'done', ''"
INSERT = f"INSERT INTO journal_event ({COLUMNS}) SELECT %s, {VALUES}"


def sizes() -> list[int]:
    with as_sealer():
        return list(SealedTree.objects.order_by("size").values_list("size", flat=True))


def test_a_clean_journal_is_found_clean_by_both_verifiers(journal: Journal):
    assert sizes() == [3, 6, 9]
    assert journal.verify(journal.kept()) == []
    assert journal.outside(with_folder=True) == []


def test_nothing_new_makes_no_checkpoint(journal: Journal):
    journal.seal()

    assert sizes() == [3, 6, 9]


def test_a_late_commit_is_not_skipped(empty: Journal):
    dsn, password = empty.superuser.info.dsn, empty.superuser.info.password
    with psycopg.connect(dsn, password=password) as slow:
        slow.execute(f"{INSERT}, '', ''", [HERE])  # the lower transaction number, still running
        look()
        empty.seal()
        before = sizes()
        slow.commit()
    empty.seal()

    assert before == []
    assert sizes() == [2]
    assert empty.verify() == []


def test_more_than_a_batch_is_sealed_under_one_checkpoint(empty: Journal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    for _ in range(10):
        look()

    empty.seal()

    assert sizes() == [10]
    assert empty.verify(empty.kept()) == []


@pytest.mark.parametrize("batch", [2, 50])
def test_a_restored_dump_whose_transactions_count_from_the_start_goes_on(journal: Journal, monkeypatch, batch: int):
    look()
    # What a dump restored on another cluster looks like: great old numbers, and a watermark of another counting.
    journal.superuser.execute("UPDATE journal_event SET xid = (xid::text::bigint + 1000000000)::text::xid8")
    journal.superuser.execute("UPDATE journal_checkpoint SET cluster = '1', watermark = watermark + 1000000000")
    Scene(journal.superuser, journal.signer, Random(0)).sign_again(journal.signer)  # noqa: S311 not a secret
    look()
    monkeypatch.setattr(sealing, "BATCH", batch)
    for _ in range(3):
        journal.seal(looks=1)

    assert sizes()[-1] == 14
    assert journal.verify() == []
    assert journal.outside() == []


def test_a_watermark_that_was_moved_stops_the_sealer(journal: Journal):
    journal.superuser.execute("UPDATE journal_checkpoint SET watermark = watermark + 1000000000 WHERE size = 9")

    with pytest.raises(TreeBrokenError, match="not as it was signed"):
        journal.seal(looks=1)


def test_two_sealers_do_not_seal_the_same_event(empty: Journal):
    look()
    dsn, password = empty.superuser.info.dsn, empty.superuser.info.password
    with psycopg.connect(dsn, password=password) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [sealing.LOCK])
        with as_sealer():
            assert seal_events(empty.signer) is None
            other.rollback()
            assert seal_events(empty.signer).size == 1


def test_a_changed_tree_is_not_signed_over(journal: Journal):
    journal.superuser.execute("UPDATE journal_leaf SET hash = sha256('x') WHERE index = 4")
    look()

    with as_sealer(), pytest.raises(TreeBrokenError):
        seal_events(journal.signer)


def test_more_than_a_tile_is_sealed_and_proved(empty: Journal):
    # With everything that COPY escapes in one of the columns.
    empty.superuser.execute(f"{INSERT}, E'a\\tb\\\\c\\n', '' FROM generate_series(1, 700)", [HERE])
    empty.seal()
    empty.seal(looks=5)

    assert sizes() == [700, 705]
    assert empty.verify(empty.kept()) == []
    assert empty.outside(with_folder=True) == []
