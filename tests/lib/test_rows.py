"""Rows made of their columns at once hold what Django's own making would put there."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db.models import Model
from django.db.models.expressions import DatabaseDefault
from django.db.models.signals import post_init, pre_init
from people import open_house

from temoin.journal.models import Event
from temoin.lib.rows import PlainRow
from temoin.lib.tenant import tenant_scope

PLAIN = [model for model in apps.get_models() if issubclass(model, PlainRow)]
HERE = UUID(int=7)


def held(row: Model) -> dict[str, object]:
    told = {name: type(value) if isinstance(value, DatabaseDefault) else value for name, value in vars(row).items()}
    return {name: told[name] for name in told.keys() - {"_state", "id"}}


def made_by_django(model: type[Model], *values: object, **named: object) -> Model:
    row = model.__new__(model)
    Model.__init__(row, *values, **named)
    return row


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.__name__)
def test_a_row_holds_the_defaults_of_its_columns(model: type[PlainRow]):
    assert held(model()) == held(made_by_django(model))
    assert type(model().pk) is type(made_by_django(model).pk)


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.__name__)
def test_values_come_in_order_or_by_name(model: type[PlainRow]):
    names = [field.attname for field in model._meta.concrete_fields]
    values = [f"value {number}" for number in range(len(names))]

    assert vars(model(*values))[names[-1]] == values[-1]
    assert held(model(*values)) == held(made_by_django(model, *values))
    assert held(model(**dict(zip(names, values, strict=True)))) == held(made_by_django(model, *values))


@pytest.mark.parametrize("model", PLAIN, ids=lambda model: model.__name__)
def test_nothing_that_the_plain_way_leaves_out_is_there(model: type[PlainRow]):
    assert not [field.name for field in model._meta.fields if field.remote_field is not None]
    assert not pre_init.has_listeners(model)
    assert not post_init.has_listeners(model)


def test_an_unknown_column_is_refused():
    with pytest.raises(TypeError, match="Event has no such columns"):
        Event(pharmacy_id=HERE, patient="x")
    with pytest.raises(TypeError, match="Event has no such columns"):
        Event(*range(100))


@pytest.mark.django_db
def test_a_column_that_was_not_read_is_read_when_it_is_asked_for():
    house = open_house()
    with tenant_scope(house.here.id):
        event = Event.objects.only("kind").first()

        assert "origin" not in vars(event)
        assert event.origin == Event.objects.get(id=event.id).origin
        assert not event._state.adding


def test_each_row_has_an_identifier_of_its_own():
    assert Event(pharmacy_id=HERE).id != Event(pharmacy_id=HERE).id
    assert Event(pharmacy_id=HERE, id=(given := uuid4())).id == given
