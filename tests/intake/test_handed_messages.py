"""Messages of other systems handed in as a file: the road of a file of results, with its rules, from end to end."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from handed_messages import changed
from import_files import allow_laboratories
from people import House, open_house

from temoin.intake.given_back import rows_to_correct
from temoin.intake.handing import hand_in, read_handed, take_file, told_of, try_file
from temoin.intake.held import FileStage
from temoin.intake.results import RowOutcome, import_results
from temoin.intake.sameness import Sameness
from temoin.lib.tenant import tenant_scope
from temoin.pharmacies.seat import Seat
from temoin.testing.models import RecordVersion

PAST = (("20261124090000+0100", "20261120090000+0100"), ("20261124084500", "20261120084500"))
TIMES = (("202611240830||||||", "202611200830||||||"), ("|||202611240830|||ID", "|||202611200830|||ID"))
GOOD = changed(*PAST, *TIMES, ("|||||||||||||202611240830", "|||||||||||||202611200830"))


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    house = open_house()
    allow_laboratories(house.owner)
    return house


def take(by: Seat, *messages: str) -> tuple[Counter[Sameness], list[RowOutcome]]:
    told: list[RowOutcome] = []
    counts = import_results(by=by, stream=io.BytesIO("".join(messages).encode()), dry_run=False, tell=told.append)
    return counts, told


def test_a_message_is_stored_once_corrected_and_cancelled_by_the_number_that_it_bears(house):
    mended = changed(("260373001^Detected", "260415000^Not detected"), ("|A|||F|", "||||C|"), message=GOOD)
    ended = changed(("|A|||F|", "|A|||X|"), message=GOOD)

    fates = [take(house.owner, message)[0] for message in (GOOD, GOOD, mended, mended, ended, ended)]

    assert [set(counts) for counts in fates] == [
        {Sameness.STORED},
        {Sameness.ALREADY_STORED},
        {Sameness.CORRECTED},
        {Sameness.ALREADY_STORED},
        {Sameness.CANCELLED},
        {Sameness.ALREADY_STORED},
    ]
    with tenant_scope(house.owner.pharmacy_id):
        outcomes = [one.report.findings[0].outcome for one in RecordVersion.objects.order_by("number")]
    assert outcomes == ["positive", "negative", "negative"]


def test_what_contradicts_what_is_stored_is_told_by_segment_and_field(house):
    take(house.owner, GOOD)

    _, told = take(house.owner, changed(("Doe^Jane", "Roe^Jane"), message=GOOD))
    _, stranger = take(house.owner, changed(("01D1058442", "05D0000001"), message=GOOD))

    assert [(one.column, one.code) for one in told[0].problems] == [("OBX-11", "other_content")]
    assert [(one.column, one.code) for one in stranger[0].problems] == [("OBX-23.10", "laboratory_unknown")]


def test_messages_handed_in_on_the_site_are_tried_taken_and_their_problems_given_back(house):
    bad = changed(("|19800229|", "|1980|"), ("|F1|", "|F2|"), message=GOOD)
    file_id = hand_in(by=house.owner, name="r.hl7", content=(GOOD + bad).encode(), encoding="", dates="")
    try_file(by=house.owner, file_id=file_id, start=lambda work: work())
    tried = read_handed(by=house.owner, file_id=file_id)
    take_file(by=house.owner, file_id=file_id, start=lambda work: work())
    taken = read_handed(by=house.owner, file_id=file_id)

    assert (tried.profile, tried.rows, tried.counts) == ("hl7-v2-oru", 2, {"stored": 1, "refused": 1})
    assert "HL7" in tried.notes[0]
    assert (taken.stage, taken.counts) == (FileStage.TAKEN, {"stored": 1, "refused": 1})
    (told,) = told_of(by=house.owner, held=taken)
    assert (told["row"], told["problems"][0][:2]) == (14, ["PID-7", "told_date"])
    _, row = rows_to_correct(by=house.owner, file_id=file_id)
    assert row[:2] == ["14", "PID-7"]
