"""Every table has a class of retention, which says how its rows end and by which source."""

from __future__ import annotations

import pytest
from django.apps import apps

from temoin.retention.classes import Ends, class_lines, load_classes
from temoin.retention.reaping import _OF_PATIENTS, _OF_RECORDS
from temoin.retention.settings import Retention

TABLES = sorted(model._meta.db_table for model in apps.get_models())


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_of_one_class(table):
    assert len([one.code for one in load_classes().classes.values() if table in one.tables]) == 1


def test_no_class_names_a_table_that_is_not_there():
    assert {table for one in load_classes().classes.values() for table in one.tables} <= set(TABLES)


def test_the_round_deletes_every_table_that_ends_with_results():
    def ends_with_results(code: str) -> bool:
        one = load_classes().classes[code]
        return code == "results" or (one.ends is Ends.WITH and ends_with_results(one.goes_with))

    ending = {table for one in load_classes().classes.values() if ends_with_results(one.code) for table in one.tables}

    # The months' keys end by `keeping.ending`; both sides of tries and notices to programs go earlier, and with their
    # parcel or test at the latest.
    assert {*_OF_RECORDS, *_OF_PATIENTS} == ending - {"crypto_data_key"} | {"outbox_sides", "webhooks_notice"}


def test_the_operator_is_told_of_each_span_without_a_source_and_of_each_that_is_not_decided():
    undecided, decided = class_lines(Retention()), class_lines(Retention(results_days=90, backup_days=30))

    assert sum("not decided" in line for line in undecided) == 2
    assert not any("not decided" in line for line in decided)
    assert any("Results" in line and "90 days" in line and "no legal source is known" in line for line in decided)
    assert any("Both sides" in line and "30 days" in line for line in undecided)
