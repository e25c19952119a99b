"""Every field of every model is declared public, personal or health, and what is not public is sealed (law 4)."""

from __future__ import annotations

import pytest
from django.apps import apps

from temoin.crypto.blind import BlindIndexField
from temoin.crypto.sealed import SealedField
from temoin.lib.tenant import Sensitivity, TenantManager, TenantModel

OURS = [model for model in apps.get_models() if model.__module__.startswith("temoin.")]
TENANT = [model for model in OURS if issubclass(model, TenantModel)]
# Not a pharmacy's rows: the pharmacy, the account that signs in to several, its sessions, the key of its secrets, and
# what sign-in remembers; and the one tree over all journals.
SHARED = {"Pharmacy", "Person", "Session", "PlatformKey", "Memo", "DueDuty", "LaneState", "Reconciliation"} | {
    "Leaf",
    "TreeNode",
    "SealedTree",
    "Cosignature",
    "WitnessState",
    "Alarm",
    "CallWatch",
    "Release",
    "Officer",
    "OfficerSession",
    "StaffNotice",
    "FailedTry",
    "SetAside",
    "Pace",
    "RevokedMark",
    "RevocationList",
}
# Personal and in clear, each with its reason.
IN_CLEAR = {
    ("Person", "email"): "the sign-in library finds the account by it",
    ("Officer", "name"): "the authority's site has no key to seal a name with",
}
OF_EVERY_TENANT_ROW = {"pk", "pharmacy_id", "id"}


def _fields(model):
    return {field.name: field for field in model._meta.get_fields() if getattr(field, "column", None)}


@pytest.mark.parametrize("model", OURS)
def test_every_model_belongs_to_a_pharmacy_or_says_why_not(model):
    assert issubclass(model, TenantModel) or model.__name__ in SHARED


@pytest.mark.parametrize("model", OURS)
def test_every_field_is_declared(model):
    expected = set(_fields(model)) - (OF_EVERY_TENANT_ROW if issubclass(model, TenantModel) else set())

    assert set(model.declares) == expected
    assert set(model.declares.values()) <= set(Sensitivity)


@pytest.mark.parametrize("model", OURS)
def test_what_is_not_public_is_sealed_or_blind(model):
    secret = {name for name, level in model.declares.items() if level is not Sensitivity.PUBLIC}
    fields = _fields(model)
    open_ones = {name for name in secret if not isinstance(fields[name], SealedField | BlindIndexField)}

    assert open_ones == {name for owner, name in IN_CLEAR if owner == model.__name__}


@pytest.mark.parametrize("model", OURS)
def test_every_sealed_value_declares_what_it_holds(model):
    for field in _fields(model).values():
        if isinstance(field, SealedField):
            assert field.holds
            assert max(field.holds.values(), key=list(Sensitivity).index) is model.declares[field.name]


@pytest.mark.parametrize("model", TENANT)
def test_every_tenant_model_reads_through_the_scoped_manager_only(model):
    assert {type(manager) for manager in model._meta.managers} == {TenantManager}


@pytest.mark.parametrize("model", TENANT)
def test_no_django_relation_leads_out_of_a_tenant_row(model):
    assert [field.name for field in model._meta.get_fields() if field.is_relation] == []
