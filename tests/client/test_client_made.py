"""The client is what the served specification says: each shape, each operation, both ways."""

from __future__ import annotations

import importlib.util
import inspect
import json
import sys
import urllib.request
from pathlib import Path

from patience import PATIENCE

from temoin.api import answers
from temoin.api.urls import OPERATIONS
from temoin_client import AsyncTemoin, Temoin
from temoin_client.clients import AT_ONCE
from temoin_client.problems import BY_CODE

TOOL = Path(__file__).parents[2] / "tools" / "write_client.py"
spec = importlib.util.spec_from_file_location("write_client", TOOL)
write_client = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = write_client  # its dataclasses look for it there
spec.loader.exec_module(write_client)

# Operations that are no method of the client, each with its reason.
WITHOUT_METHOD = {
    "token": "asked for by itself, when a call needs one",
    "openapi": "what the client is made from",
    "fhir_patients": "there to refuse it: people are sought by POST",
}


def served(place) -> dict:
    with urllib.request.urlopen(f"{place.address}/api/v1/openapi.json", timeout=PATIENCE) as answer:  # noqa: S310 ours
        return json.load(answer)


def test_the_client_is_made_from_the_specification_that_is_served(place):
    made = write_client.pages(served(place))

    assert {name: (write_client.FOLDER / name).read_text("utf-8") for name in made} == made


def test_each_operation_has_a_method_or_a_reason():
    for face in (Temoin, AsyncTemoin):
        assert {one.name for one in OPERATIONS if not hasattr(face, one.name)} == set(WITHOUT_METHOD)


def test_both_ways_take_the_same():
    methods = {name for name, _ in inspect.getmembers(Temoin, inspect.isfunction) if not name.startswith("_")}

    for name in methods - {"close"}:
        taken = [list(inspect.signature(getattr(face, name)).parameters) for face in (Temoin, AsyncTemoin)]
        assert taken[0] == taken[1], name


def test_one_call_takes_ten_thousand_results_and_many_are_handed_in_by_hundreds(place):
    results = served(place)["components"]["schemas"]["WholeResults"]["properties"]["results"]

    assert results["maxItems"] == 10_000
    assert AT_ONCE == 100


def test_every_code_of_a_problem_is_an_exception():
    told = {code for _kind, _status, code in answers._CODES}
    told |= {"invalid_token", "reads_too_much", "method_not_allowed", "invalid_request", "server_error", "away"}

    assert told <= set(BY_CODE)
