"""A kind of test is data files only: invented ones are offered, signed, printed and sent, and no module is touched.

One looks for something, the other measures.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import _lru_cache_wrapper
from html import unescape
from importlib import resources
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from handed_messages import changed, one_row
from people import House, make_lot, make_patient, make_test, open_house, sign_in
from sandbox_server import running_sandbox
from site_settings import fhir_courier

from temoin.catalogue.kinds import counter_kinds
from temoin.formats.cda import document as cda_document
from temoin.formats.csv.report_file import report_file
from temoin.formats.hl7v2 import Route, report_message
from temoin.journal.act import HouseActor
from temoin.lib.clock import now
from temoin.lib.tenant import tenant_scope
from temoin.outbox.courier import Answer, Consignment, Load, Verdict
from temoin.outbox.models import Parcel
from temoin.testing.actions import answer_questions, take_sample
from temoin.testing.queries import report_for_courier
from temoin.testing.sample import Reading, Sample
from temoin.testing.signing import sign_result
from temoin.transmission.rules.loading import load_rule_sets

LOINC, HEAT = "99990-4", "99991-2"  # invented, with right check digits
ADDED = {
    (
        "temoin.catalogue",
        "loincs.toml",
    ): f'''"{LOINC}" = "Dragon pox virus Ag [Presence] in Throat"
"{HEAT}" = "Temperature of a dragon's breath"
''',
    ("temoin.catalogue", "kinds.toml"): f"""
[targets.dragon-pox]
icd10 = "B04"
label = {{ fr = "Variole du dragon", en = "Dragon pox" }}

[kinds.dragon-pox-ag]
title = {{ fr = "TROD antigénique variole du dragon", en = "Dragon pox rapid antigen test" }}
chapter = "microbiology"
offered_at = "counter"
specimens = ["throat-swab"]
questions = ["symptoms"]
targets = [{{ target = "dragon-pox", loincs = ["{LOINC}"], outcomes = ["negative", "positive"] }}]

[targets.dragon-heat]
icd10 = "B04"
label = {{ fr = "Chaleur du souffle", en = "Heat of the breath" }}

[measures.dragon-heat]
units = [{{ unit = "Cel", loinc = "{HEAT}", decimals = 1, lowest = "100", highest = "2000" }}]
source = "invented"

[kinds.dragon-thermometer]
title = {{ fr = "Souffle du dragon", en = "Dragon's breath" }}
chapter = "chemistry"
offered_at = "counter"
specimens = ["saliva"]
targets = [{{ target = "dragon-heat", measure = "dragon-heat" }}]
""",
    ("temoin.catalogue", "kits.toml"): f"""
[kits.dragon-check]
manufacturer = "Dragon Diagnostics"
reference = "DRG-1"
name = "Dragon Check"
source = {{ fr = "inventé", en = "invented" }}
kind = "dragon-pox-ag"
read_after_minutes = 10
read_before_minutes = 30
specimens = ["throat-swab"]
known_as = []
reports = {{ "{LOINC}" = "dragon-pox-ag" }}

[kits.dragon-probe]
manufacturer = "Dragon Diagnostics"
name = "Dragon Probe"
source = {{ fr = "inventé", en = "invented" }}
kind = "dragon-thermometer"
read_after_minutes = 0
specimens = ["saliva"]
known_as = []
reports = {{ "{HEAT}" = "dragon-thermometer" }}

[kits.dragon-probe.limits]
"Cel" = {{ from = "100", to = "1500" }}
""",
    ("temoin.formats.cda", "tests.toml"): f"""
[tests.{LOINC}]
target = "dragon-pox"
label = "Virus de la variole du dragon Ag [Présence/Seuil] Gorge ; Qualitatif ; Immunoanalyse rapide"
group = "viral"
disease = "B04"

[tests.{HEAT}]
target = "dragon-heat"
label = "Chaleur du souffle"
group = "blood"
disease = "B04"
""",
}
# In the middle of a file: what a section holds already.
WIDENED = {("temoin.formats.cda", "tests.toml"): ("[diseases]\n", '[diseases]\n"B04" = "Variole du dragon"\n')}


@pytest.fixture
def kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Add the invented kind to copies of the data files, and let everything be read anew."""
    true, copied = resources.files, {package for package, _ in ADDED}

    def files(anchor: Any) -> Any:
        return tmp_path / str(anchor) if anchor in copied else true(anchor)

    for package, name in ADDED:
        folder = tmp_path / package / "data"
        folder.mkdir(parents=True, exist_ok=True)
        for path in true(package).joinpath("data").iterdir():
            if not (folder / path.name).exists() and path.is_file():
                (folder / path.name).write_bytes(path.read_bytes())
        old, new = WIDENED.get((package, name), ("", ""))
        content = (folder / name).read_text("utf-8").replace(old, new) if old else (folder / name).read_text("utf-8")
        (folder / name).write_text(content + ADDED[package, name], "utf-8")
    monkeypatch.setattr(resources, "files", files)
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    """Drop what was read: the product keeps what a data file says for as long as a process lives."""
    modules = [module for name, module in sys.modules.items() if name.startswith("temoin.") and module is not None]
    for thing in [thing for module in modules for thing in vars(module).values()]:
        if isinstance(thing, _lru_cache_wrapper):
            thing.cache_clear()


@pytest.fixture
def house(kind, db, settings) -> House:  # noqa: ARG001
    """A pharmacy of a site that starts with those files: rules, too, are read at the start."""
    fhir = replace(settings.TEMOIN.channels["fhir"], rules=load_rule_sets()["demonstration"])
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", fhir)
    return open_house()


@pytest.fixture
def record_id(house: House) -> UUID:
    """A signed result of the invented kind."""
    lot = make_lot(house.owner, kit="dragon-check")
    record_id = make_test(house.owner, make_patient(house.owner), kind="dragon-pox-ag")
    answer_questions(by=house.owner, record_id=record_id, answers={"symptoms": "yes"}, seen="")
    take_sample(
        by=house.owner, record_id=record_id, sample=Sample("throat-swab", now() - timedelta(minutes=12), lot), seen=""
    )
    reading = Reading(outcomes={"dragon-pox": "positive"}, read_at=now())
    sign_result(by=house.owner, record_id=record_id, reading=reading, seen="")
    return record_id


@pytest.fixture
def measured_id(house: House) -> UUID:
    """A signed result of the invented kind that measures: hotter than its device can tell."""
    lot = make_lot(house.owner, kit="dragon-probe")
    record_id = make_test(house.owner, make_patient(house.owner), kind="dragon-thermometer")
    take_sample(
        by=house.owner, record_id=record_id, sample=Sample("saliva", now() - timedelta(minutes=2), lot), seen=""
    )
    sign_result(by=house.owner, record_id=record_id, reading=Reading({"dragon-heat": "HI Cel"}, read_at=now()), seen="")
    return record_id


def test_it_is_offered_at_the_counter(house, client: Client):
    sign_in(client, house.owner)
    patient = make_patient(house.owner)

    page = client.get(reverse("new_test", args=[patient])).content.decode()

    assert "dragon-pox-ag" in {one.code for one in counter_kinds()}
    assert "TROD antigénique variole du dragon" in page


def test_what_is_measured_is_printed_with_its_unit(house, measured_id, client: Client):
    sign_in(client, house.owner)

    page = client.get(reverse("print_result", args=[measured_id])).content.decode()

    assert ">\u00a01500\u00a0Cel" in unescape(page)


def test_it_is_printed(house, record_id, client: Client):
    sign_in(client, house.owner)

    page = client.get(reverse("print_result", args=[record_id])).content.decode()

    assert "Variole du dragon" in page
    assert "Positif" in page


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        ("record_id", [LOINC, "95419-8"]),  # what was asked goes with it
        ("measured_id", [HEAT, '"valueQuantity":{"value":1500,"comparator":">","unit":"Cel"']),
    ],
)
def test_it_is_sent_and_acknowledged(made, wanted, house, settings, as_role, request):
    record_id = request.getfixturevalue(made)
    with running_sandbox() as sandbox:
        there = replace(settings.TEMOIN.channels["fhir"], base_url=f"http://127.0.0.1:{sandbox.port}/fhir")
        settings.TEMOIN = settings.TEMOIN.with_channel("fhir", there)
        with as_role("temoin_worker"), tenant_scope(house.here.id):
            parcel = Parcel.objects.get(chain_id=record_id, destination="fhir")
            ready = fhir_courier().prepare(
                Load(**{name: getattr(parcel, name) for name in Load.__dataclass_fields__ if hasattr(parcel, name)})
            )
        assert isinstance(ready, Consignment)
        assert [word for word in wanted if word not in ready.body.decode()] == []
        assert asyncio.run(carried(ready)).verdict is Verdict.ACCEPTED


async def carried(ready: Consignment) -> Answer:
    courier = fhir_courier()
    try:
        return await courier.carry(ready)
    finally:
        await courier.close()


def test_the_other_formats_write_what_was_measured(house, measured_id):
    with tenant_scope(house.here.id):
        report = report_for_courier(by=HouseActor(house.here.id, "worker"), record_id=measured_id, number=1)

    written = [cda_document(report), report_message(report, Route()), report_file(report)]
    wanted = ['<low inclusive="false" value="1500" unit="Cel"/>', "|SN|", ",>,1500,Cel"]
    assert [word in one.decode() for one, word in zip(written, wanted, strict=True)] == [True] * 3


@pytest.mark.usefixtures("kind")
def test_a_message_brings_what_it_measures():
    message = changed(
        ("CWE|94534-5^SARS-CoV-2 RdRp^LN||260373001^Detected^SCT|||A|", f"ST|{HEAT}^Heat^LN||HI|CEL|||"),
        ("ID NOW", "Dragon Probe"),
        ("445297001^Nasal swab", "119342007^Saliva"),
    )

    assert one_row(message).outcome == ">1500 Cel"


def test_the_other_formats_write_it(house, record_id):
    with tenant_scope(house.here.id):
        report = report_for_courier(by=HouseActor(house.here.id, "worker"), record_id=record_id, number=1)

    written = [cda_document(report), report_message(report, Route()), report_file(report)]
    assert [LOINC in one.decode() for one in written] == [True] * 3
    assert ["95419-8" in one.decode() or "symptoms=yes" in one.decode() for one in written] == [False, True, True]
