"""The whole file of a pharmacy that leaves: complete, sealed to its own key, an event each look, and nobody else's."""

from __future__ import annotations

import io
import tarfile

import orjson
import pyrage
import pytest
from people import House, make_lot, make_patient, make_signed, open_house

from temoin.crypto.sealed_stream import read_recipient, seal_stream
from temoin.journal.models import Event
from temoin.lib.errors import DeniedError, InvalidError
from temoin.lib.ids import new_id
from temoin.lib.tenant import tenant_scope
from temoin.oversight.whole_file import begin_file, note_file, whole_file
from temoin.pharmacies.seat import Seat

KEY = pyrage.x25519.Identity.generate()


@pytest.fixture
def house(db: None) -> House:  # noqa: ARG001 opens the database
    return open_house()


def taken(by: Seat) -> dict[str, bytes]:
    """Take the file along, open it with the pharmacy's key, and return what it holds."""
    target = io.BytesIO()
    file_id = new_id()
    patients = begin_file(by=by, file_id=file_id, recipient_digest="0" * 64)
    recipient = read_recipient(str(KEY.to_public()))
    file = whole_file(by=by, patients=patients)
    digest = seal_stream(file.content, to=recipient, target=target)
    note_file(by=by, file_id=file_id, digest=digest, persons=file.persons)
    with tarfile.open(fileobj=io.BytesIO(pyrage.decrypt(target.getvalue(), [KEY]))) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}


def test_the_file_holds_every_patient_result_and_event_and_says_where_it_ends(house):
    patients = [make_patient(house.owner), make_patient(house.owner, family_name="BERNARD")]
    record_id = make_signed(house.owner, patients[0], make_lot(house.owner))
    make_patient(house.stranger)

    held = taken(house.owner)

    assert list(held)[-1] == "end.json"
    assert orjson.loads(held["end.json"])["patients"] == 2
    assert {name.split("/")[1] for name in held if name.startswith("patients/")} == {str(one) for one in patients}
    report = held[f"patients/{patients[0]}/results/{record_id}-1.fhir.json"]
    assert orjson.loads(report)["resourceType"] == "Bundle"
    assert orjson.loads(held["pharmacy.json"])["finess"] == house.here.finess
    assert len(orjson.loads(held["lots.json"])) == 1
    kinds = {orjson.loads(line)["kind"] for line in held["journal/000001.jsonl"].splitlines()}
    assert {"result.signed", "pharmacy.file_begun", "copy.made"} <= kinds


def test_the_file_is_told_with_each_look_and_with_what_was_written(house):
    patient_id = make_patient(house.owner)

    taken(house.owner)

    with tenant_scope(house.here.id):
        told = dict(Event.objects.filter(kind__startswith="pharmacy.file").values_list("kind", "digest"))
        assert {kind: len(digest) for kind, digest in told.items()} == {
            "pharmacy.file_begun": 64,
            "pharmacy.file_sealed": 64,
        }
        assert Event.objects.filter(kind="copy.made", subject_id=patient_id, detail="file").count() == 1


def test_nobody_but_an_owner_takes_it(house):
    for work in (
        lambda by: begin_file(by=by, file_id=new_id(), recipient_digest=""),
        lambda by: whole_file(by=by, patients=[]),
        lambda by: note_file(by=by, file_id=new_id(), digest="", persons=0),
    ):
        for by in (house.colleague, house.administrator):
            with pytest.raises(DeniedError):
                work(by)


def test_a_stranger_finds_nobody_of_another_pharmacy(house):
    patient_id = make_patient(house.owner)

    content = b"".join(whole_file(by=house.stranger, patients=[patient_id]).content)

    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert not [name for name in archive.getnames() if name.startswith("patients/")]
        assert orjson.loads(archive.extractfile("end.json").read())["patients"] == 0  # counts what was written


@pytest.mark.parametrize("key", ["", "age1", "AGE-SECRET-KEY-1", "ssh-ed25519 AAAA"])
def test_what_is_no_public_key_is_refused(key):
    with pytest.raises(InvalidError):
        read_recipient(key)


def test_what_fails_while_it_is_read_is_told_as_it_was():
    def chunks():
        yield b"first"
        raise LookupError("the database is away")

    with pytest.raises(LookupError):
        seal_stream(chunks(), to=read_recipient(str(KEY.to_public())), target=io.BytesIO())


def test_nothing_of_a_stream_is_written_in_clear():
    target = io.BytesIO()

    seal_stream(iter([b"PAT-TROIS" * 1_000]), to=read_recipient(str(KEY.to_public())), target=target)

    assert b"PAT-TROIS" not in target.getvalue()
