"""Nothing leaves a training counter: each table, right and loop over pharmacies has decided (decision 0131)."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import connection, transaction
from source_code import ROOT

from temoin.lib.commit import Commit
from temoin.lib.errors import ConflictError
from temoin.lib.tenant import tenant_scope
from temoin.lib.training import is_training, training_of
from temoin.outbox.actions import post_parcel
from temoin.outbox.courier import Notice
from temoin.pharmacies.professions import PRACTISED, Right
from temoin.settings.channels import all_channels

# What a training counter has rows of, with the reason; any other table refuses them, by `schema.keep_out_training`.
PRACTISED_ON = {
    **dict.fromkeys(("journal_event", "journal_listing", "journal_alert", "journal_leaf"), "acts are told like any"),
    "crypto_data_key": "sealed like any",
    "pharmacies_member": "who practises",
    **dict.fromkeys(("patients_patient", "patients_consent"), "invented patients"),
    "catalogue_lot": "boxes",
    **dict.fromkeys(("testing_record", "testing_record_version", "testing_ticket", "testing_group"), "tests"),
}
NOT_PRACTISED = {
    Right.PROPOSE_RESULT: "programs do, and none comes in",
    Right.EXPORT_RESULTS: "a file leaves",
    Right.READ_FIGURES: "figures of nothing",
    Right.BILL_TESTS: "a file leaves, and nobody pays",
    Right.RELEASE_PARCEL: "there is no parcel",
    Right.WITHDRAW_PARCEL: "there is no parcel",
    Right.IMPORT_RESULTS: "files have real persons",
    Right.ALLOW_LABORATORIES: "whose files would come in",
    Right.MANAGE_MEMBERS: "people have the places of the pharmacy itself",
    Right.MANAGE_WEBHOOKS: "a notice leaves",
    Right.READ_JOURNAL: "of people at work",
    Right.LIST_PERSONS: "of a breach",
    Right.COUNT_PERSONS: "of a breach",
    Right.OPEN_CASE: "a request of a person",
    Right.ANSWER_CASE: "a request of a person",
    Right.TAKE_FILE: "a file leaves",
    Right.HOLD_DATA: "it would keep what is to go",
}
# Where all pharmacies are gone through, training counters too, with the reason.
OF_ALL = {
    "retention/rounds.py": "what was practised goes too",
    "retention/overview.py": "shows what is to go",
    "keeping/acts.py": "their keys turn too",
    "signin/two_holders.py": "the same backup is told in each",
    "delivery/ticket_codes.py": "their codes are forgotten too",
    "cli/pharmacies.py": "lists what is there, and marks them",
    "oversight/restores.py": "names by number whose rows a restore lost",
}
_LOOPS = re.compile(r"Pharmacy\.objects\s*\.(all|order_by|exclude|filter\((closed_on|is_demo|id__in=every))")


@pytest.mark.django_db
def test_each_table_with_a_pharmacy_takes_rows_of_training_or_refuses_them():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attrelid::regclass::text FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE attname = 'pharmacy_id' AND relkind = 'r' AND NOT attisdropped"
        )
        tables = {name for (name,) in cursor.fetchall()}
        cursor.execute("SELECT conrelid::regclass::text FROM pg_constraint WHERE conname LIKE '%%_practice'")
        refusing = {name for (name,) in cursor.fetchall()}

    assert tables - refusing == PRACTISED_ON.keys()
    assert refusing - tables == {"pharmacies_pharmacy"}


@pytest.mark.django_db
def test_the_database_itself_refuses_a_parcel_of_a_training_counter():
    subject = uuid4()

    with tenant_scope(training_of(uuid4())):
        for destination in (one.name for channel in all_channels() for one in channel.destinations):
            commit = Commit()
            post_parcel(commit, destination, Notice(subject, subject, 1, "key", frozenset(), None))
            with pytest.raises(ConflictError, match="outbox_parcel_practice"), transaction.atomic():
                commit.flush()


def test_each_right_is_practised_or_not():
    assert set(NOT_PRACTISED) == set(Right) - PRACTISED


def test_each_loop_over_pharmacies_says_whether_training_is_meant():
    found = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if "migrations" not in path.parts and _LOOPS.search(path.read_text(encoding="utf-8"))
    }

    assert found == OF_ALL.keys()


def test_only_a_training_counters_number_is_one():
    drawn = uuid4()

    assert is_training(training_of(drawn))
    assert not is_training(drawn)
