"""Golden files: what any release ever sealed is opened by this one (law 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from golden_seals import FOLDER, SAMPLES, golden_path, golden_row, in_golden_scope

from temoin.crypto.envelope import schema_of
from temoin.crypto.sealed import SealedModel
from temoin.keeping.rows import sealed_models
from temoin.patients.models import Patient
from temoin.patients.traits import Traits
from temoin.testing.models import RecordVersion
from temoin.testing.report import Report

VERSIONS = [(model, version) for model in sealed_models() for version in model.readers]
TYPED: dict[type[SealedModel], Callable[[dict[str, Any]], object]] = {
    Patient: Traits.from_dict,
    RecordVersion: Report.from_dict,
}
NESTED = ("patient", "signer", "organisation", "device", "doctor")


def holds(model: type[SealedModel]) -> set[str]:
    field: Any = model._meta.get_field("sealed")
    return set(field.holds)


@pytest.mark.parametrize("model", sealed_models())
def test_each_sealed_model_writes_a_version_that_it_reads_and_has_a_sample(model):
    assert model.schema in model.readers
    assert model in SAMPLES
    assert set(SAMPLES[model][0]) == set(model.bound_ever())


def test_each_version_ever_read_has_its_golden_file_and_no_other_is_there():
    files = {path.name for path in FOLDER.iterdir()}

    assert files == {golden_path(model, version).name for model, version in VERSIONS}


@pytest.mark.parametrize(("model", "version"), VERSIONS)
def test_a_golden_value_of_each_version_opens(model, version):
    row, opened = golden_row(model, version)
    with in_golden_scope():
        held = row.unseal()

    assert schema_of(row.sealed) == version
    assert held == opened or version != model.schema
    if model in TYPED:
        assert TYPED[model](held)
    else:
        assert set(held) >= holds(model)


@pytest.mark.parametrize(("model", "version"), VERSIONS)
def test_a_golden_value_is_sealed_anew_in_the_version_in_use(model, version):
    row, _ = golden_row(model, version)
    with in_golden_scope():
        before = row.unseal()
        row.reseal()

        assert (row.unseal(), schema_of(row.sealed)) == (before, model.schema)


def test_what_a_later_release_may_add_to_a_report_or_a_patient_is_left_unread():
    with in_golden_scope():
        report, patient = golden_row(RecordVersion, 1)[0].unseal(), golden_row(Patient, 1)[0].unseal()
    read = Report.from_dict(report), Traits.from_dict(patient)
    for part in (report, patient, *(report[name] for name in NESTED if report[name]), *report["findings"]):
        part["of_a_later_release"] = 1
    report["patient"]["address"]["of_a_later_release"] = 1

    assert (Report.from_dict(report), Traits.from_dict(patient)) == read
