"""What a patient is given: every look at their result, proved to whoever holds only public keys."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from people import House, make_lot, make_patient, make_signed, open_house
from sealed_journal import Journal, as_sealer, outsider
from witness_server import running_witness

from temoin.crypto.notes import parse_vkey
from temoin.journal.couriers.http import HttpWitness
from temoin.journal.sealer import bring_up_to_date
from temoin.oversight.looks import list_looks
from temoin.testing.queries import read_test

TOOL = Path(__file__).parents[2] / "tools" / "verify_journal.py"


@pytest.fixture
def house(empty: Journal) -> House:  # noqa: ARG001 the database first
    return open_house()


@pytest.fixture
def signed(house: House) -> UUID:
    """A result that its owner signed and a colleague looked at."""
    record_id = make_signed(house.owner, make_patient(house.owner), make_lot(house.owner))
    read_test(by=house.colleague, record_id=record_id)
    return record_id


@pytest.fixture
def witness_key(empty: Journal, signed: UUID, tmp_path: Path) -> str:  # noqa: ARG001 the result first
    """The journal, sealed and shown to a witness, whose public key this is."""
    with running_witness(tmp_path / "witness", empty.signer.verifier.vkey) as server:
        empty.seal()
        vkey = server.witness.key.vkey
        with as_sealer():
            bring_up_to_date(HttpWitness("near", f"http://127.0.0.1:{server.server_port}", parse_vkey(vkey)))
    return vkey


def test_every_look_is_proved_against_journal_and_witness(empty: Journal, house, signed: UUID, witness_key: str):
    found = list_looks(by=house.owner, record_id=signed)

    assert [look.event.kind for look in found.looks] == ["result.signed", "test.read"]
    assert [look.event.actor_id for look in found.looks] == [house.owner.member_id, house.colleague.member_id]
    assert all(look.proof for look in found.looks)
    assert outsider.check_list(found.as_json(), [empty.signer.verifier.vkey, witness_key]) == []


@pytest.mark.usefixtures("witness_key")
def test_a_look_after_the_seal_is_listed_and_waits_for_its_proof(empty: Journal, house, signed: UUID):
    read_test(by=house.owner, record_id=signed)

    waiting = list_looks(by=house.owner, record_id=signed)

    assert [look.proof is None for look in waiting.looks] == [False, False, True]
    assert len(waiting.as_json()["looks"]) == 2
    assert outsider.check_list(waiting.as_json(), [empty.signer.verifier.vkey]) == []


@pytest.mark.parametrize("what", ["actor", "path", "index", "checkpoint"])
def test_a_list_that_was_changed_does_not_prove(empty: Journal, house, signed: UUID, witness_key: str, what: str):
    content = list_looks(by=house.owner, record_id=signed).as_json()
    look = content["looks"][1]
    if what == "actor":
        look["leaf"] = look["leaf"].replace(str(house.colleague.member_id), str(house.owner.member_id))
    if what == "path":
        look["path"] = look["path"][1:]
    if what == "index":
        look["index"] += 1
    if what == "checkpoint":
        content["checkpoint"] = content["checkpoint"].replace("temoin.test/journal\n", "temoin.test/other\n", 1)

    assert outsider.check_list(content, [empty.signer.verifier.vkey, witness_key]) != []


def test_the_script_checks_the_file_as_an_outsider_runs_it(empty, house, signed: UUID, witness_key: str, tmp_path):
    path = tmp_path / "looks.json"
    path.write_text(json.dumps(list_looks(by=house.owner, record_id=signed).as_json()))
    words = ["--key", empty.signer.verifier.vkey, "--witness-key", witness_key, "--proof", str(path)]

    answer = subprocess.run([sys.executable, "-I", str(TOOL), *words], capture_output=True, text=True, check=False)

    assert (answer.returncode, answer.stdout) == (0, "Nothing is wrong.\n")
