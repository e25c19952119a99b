"""The supervisor's pack of the real server: measured, told, and with nothing in it of anybody."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model
from forked import run_begun
from forked import run_forked as temoin
from people import House, make_patient, open_house
from sealed_journal import Journal, as_sealer, look
from tampering_material import make_material

import temoin as temoin_package
from temoin.cli.journal import journal_signer
from temoin.crypto.sealed import SealedModel
from temoin.evidence.facts import EvidencePack
from temoin.evidence.requirements import value_at
from temoin.journal.couriers.folder import FolderWitness
from temoin.journal.models import Event
from temoin.journal.sealer import bring_up_to_date
from temoin.journal.sealing import seal_events
from temoin.lib.tenant import tenant_scope
from temoin.patients.actions import CURRENT_NOTICE
from temoin.pharmacies.models import Pharmacy
from temoin.signin.models import Person
from temoin_demo.postgresql.server import EmbeddedServer

# Kept sealed, and of nobody: where a result came from (the pack countersigns), what somebody asked for (it says "en
# tout cas"), and the version of the notice, which is a month (it tells of days).
OF_NOBODY = {"counter", "tout", CURRENT_NOTICE}
DOCS = Path(__file__).parents[2] / "docs"
SCHEMA, AUDITOR = DOCS / "reference" / "evidence.schema.json", DOCS / "auditor.md"


@pytest.fixture
def house(empty: Journal, embedded_server: EmbeddedServer) -> Iterator[House]:  # noqa: ARG001
    """A pharmacy with a row of every kind, all of it sealed and shown to the folder."""
    folder = embedded_server.folder / "checkpoints"
    shutil.rmtree(folder, ignore_errors=True)
    house = open_house()
    make_material(house.owner, house.colleague)
    seal(folder)
    yield house
    shutil.rmtree(folder, ignore_errors=True)


def seal(folder: Path) -> None:
    with as_sealer():
        seal_events(journal_signer())
        bring_up_to_date(FolderWitness(folder))


def verdict(*words: str) -> subprocess.CompletedProcess[str]:
    """Check a pack as somebody would who has the witness's package alone."""
    command = [sys.executable, "-m", "temoin_witness", "pack", *words]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ.copy(), check=False)


@pytest.fixture
def without_witness(house: House, embedded_server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> House:
    """The same site without its witness of the demonstration, which nobody runs here."""
    settings = embedded_server.folder / "alone.toml"
    whole = (embedded_server.folder / "temoin.toml").read_text("utf-8")
    settings.write_text(re.sub(r"\[journal\.witnesses\.[^\[]*", "", whole), "utf-8")
    monkeypatch.setenv("TEMOIN_CONFIG", str(settings))
    return house


def files_in(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def told_in(path: Path) -> EvidencePack:
    return EvidencePack.model_validate_json(files_in(path)["evidence.json"])


def not_so(pack: EvidencePack) -> set[str]:
    return {one.code for one in pack.requirements if not one.is_so}


def packed_events(house: House) -> list[tuple[str, str]]:
    found = []
    for pharmacy in (house.here, house.elsewhere):
        with tenant_scope(pharmacy.id):
            found += Event.objects.filter(kind="evidence.packed").values_list("detail", "digest")
    return found


def test_a_site_in_order_makes_a_pack_that_an_outsider_finds_right(without_witness: House, tmp_path: Path):
    done = run_begun("evidence", str(tmp_path), "--json")

    told = json.loads(done.stdout)
    path = Path(told["file"])
    checked = verdict(str(path), "--key", journal_signer().verifier.vkey)
    assert (done.returncode, done.stderr) == (0, "")
    assert (path.parent, sha256(path.read_bytes()).hexdigest()) == (tmp_path, told["sha256"])
    assert all(one["is_so"] for one in told["requirements"])
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "Nothing is wrong.")
    event = f"size={told['size']}", sha256(files_in(path)["MANIFEST"]).hexdigest()
    assert packed_events(without_witness) == [event, event]
    fits_its_schema(files_in(path))


def fits_its_schema(files: dict[str, bytes]) -> None:
    """See that the JSON is as documented, and that what must be so was judged on values that stand in it."""
    import jsonschema  # takes seconds, which only who runs these tests shall wait

    document, schema = json.loads(files["evidence.json"]), json.loads(files["evidence.schema.json"])
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)
    assert SCHEMA.read_bytes() == files["evidence.schema.json"]
    for one in document["requirements"]:
        for pointer, value in one["measured"].items():
            found = value_at(document, pointer)
            assert value == (len(found) if isinstance(found, list | dict) else found)
    line = re.search(r"^cd src/temoin && (.*?)   #", AUDITOR.read_text("utf-8"), re.MULTILINE)
    assert line is not None
    hashed = subprocess.run(["bash", "-c", line[1]], cwd=Path(temoin_package.__file__).parent, capture_output=True)
    assert hashed.stdout.decode().split()[0] == document["versions"]["source_sha256"]
    names = {one["name"] for one in json.loads(files["sbom.json"])["components"]}
    assert {"django", "cryptography", "postgresql"} <= names


def test_a_later_pack_extends_an_earlier_one(without_witness: House, embedded_server: EmbeddedServer, tmp_path: Path):
    for name in ("first.zip", "second.zip"):
        temoin("evidence", str(tmp_path / name))
        make_patient(without_witness.owner, nir="")
        seal(embedded_server.folder / "checkpoints")
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    key = journal_signer().verifier.vkey

    grown = verdict(str(second), "--key", key, "--earlier", str(first))
    shrunk = verdict(str(first), "--key", key, "--earlier", str(second))

    assert (grown.returncode, "It extends first.zip" in grown.stdout) == (0, True)
    assert (shrunk.returncode, "the journal ends at" in shrunk.stdout) == (1, True)
    assert (told_in(second).journal.earlier_packs, told_in(second).journal.earlier_packs_lacking) == (1, 0)


def test_nothing_of_anybody_is_in_it(without_witness: House, embedded_server: EmbeddedServer, tmp_path: Path):
    house = without_witness
    values = set(personal_values(house.here)) | set(personal_values(house.elsewhere))
    temoin("evidence", str(tmp_path / "pack.zip"))

    values -= OF_NOBODY
    whole = b"\n".join(files_in(tmp_path / "pack.zip").values()).lower()

    assert len(values) > 100
    assert {"martin", "negative"} <= values
    assert sorted(value for value in values if is_in(value, whole)) == []
    secrets = [path.read_bytes() for path in (embedded_server.folder / "keys").rglob("*") if path.is_file()]
    assert len(secrets) > 5
    forms = [form for one in secrets for form in (one.hex().encode(), b64encode(one).rstrip(b"="), one.strip())]
    assert [form for form in forms if form.lower() in whole] == []


def is_in(value: str, whole: bytes) -> bool:
    """Find a value; a few digits may stand by chance within a hash, and count where they stand by themselves."""
    if re.fullmatch("[0-9a-f]{1,10}", value):
        return re.search(rb"(?<![0-9a-z+/])%s(?![0-9a-z+/])" % value.encode(), whole) is not None
    return value.encode() in whole


def personal_values(pharmacy: Pharmacy) -> Iterator[str]:
    """Yield what is kept sealed, in lower case, and every identifier: of persons, of their rows, of the pharmacy."""
    yield from (pharmacy.finess, pharmacy.name.lower(), str(pharmacy.id))
    yield from (email.lower() for email in Person.objects.values_list("email", flat=True))
    with tenant_scope(pharmacy.id):
        for row in (row for model in apps.get_models() if _is_read(model) for row in model.objects.all()):
            yield str(row.id)
            if row.sealed:
                yield from (text.lower() for text in _texts(row.unseal()) if len(text) > 3)


def _is_read(model: type[Model]) -> bool:
    if not issubclass(model, SealedModel):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('temoin_app', %s, 'SELECT')", [model._meta.db_table])
        return bool(cursor.fetchone()[0])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _texts(one)
    elif isinstance(value, str):
        yield value


def test_what_is_not_so_is_in_the_pack_and_in_the_status(
    house: House,  # noqa: ARG001
    empty: Journal,
    tmp_path: Path,
):
    empty.superuser.execute("UPDATE journal_event SET detail = 'x' WHERE kind = 'test.registered'")

    done = temoin("evidence", str(tmp_path / "pack.zip"))

    assert (done.returncode, "not so, journal-verifies" in done.stdout) == (1, True)
    assert not_so(told_in(tmp_path / "pack.zip")) == {"journal-verifies", "witnesses-follow"}
    assert told_in(tmp_path / "pack.zip").journal.verification.faults.keys() == {"altered", "witness"}
    assert verdict(str(tmp_path / "pack.zip"), "--key", journal_signer().verifier.vkey).returncode == 0


def test_a_pack_that_cannot_be_made_leaves_no_file_and_no_event(empty: Journal, tmp_path: Path):
    there = tmp_path / "there.zip"
    there.write_bytes(b"kept")

    assert temoin("evidence").returncode == 2
    unsealed = temoin("evidence", str(tmp_path))
    assert (unsealed.returncode, "never sealed" in unsealed.stderr) == (2, True)
    look()
    with as_sealer():
        seal_events(journal_signer())
    assert temoin("evidence", str(there)).returncode == 2
    assert temoin("evidence", str(tmp_path / "none" / "pack.zip")).returncode == 2
    assert (list(tmp_path.iterdir()), there.read_bytes()) == ([there], b"kept")
    assert empty.superuser.execute("SELECT count(*) FROM journal_event WHERE kind = 'evidence.packed'").fetchone() == (
        0,
    )
