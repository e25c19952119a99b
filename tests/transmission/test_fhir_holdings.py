"""What a FHIR server holds, as it tells: wholly, page after page, from itself alone, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from site_settings import fhir_courier

from temoin.formats.fhir import REPORT_KEY_SYSTEM
from temoin.lib.clock import now
from temoin.outbox.courier import Holding, Reconcilable
from temoin.transmission.channels.fhir import holdings as fhir_holdings
from temoin.transmission.channels.fhir.exchange import tells_error
from temoin.transmission.channels.fhir.holdings import IncompleteError

SINCE, UNTIL = datetime(2026, 11, 24, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC)


@dataclass
class Pages:
    """A server that answers each search with the next of its pages; `{base}` in them is its own address."""

    pages: list[tuple[int, str]]
    asked: list[dict[str, str]] = field(default_factory=list)
    base: str = ""

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append({**request.query, "path": request.path})
        status, text = self.pages[min(len(self.asked), len(self.pages)) - 1]
        return web.Response(status=status, text=text.replace("{base}", self.base))


@pytest.fixture
def holdings(settings, monkeypatch) -> Callable[[Pages], list[Holding]]:
    monkeypatch.setattr(fhir_holdings, "PAUSES", (0.0,))

    def ask(server: Pages, keys: list[str] | None = None) -> list[Holding]:
        async def live() -> list[Holding]:
            app = web.Application()
            app.router.add_get("/{path:.*}", server.answer)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            server.base = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
            authority = replace(settings.TEMOIN.channels["fhir"], base_url=server.base)
            settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)
            courier = fhir_courier()
            try:
                found = courier.holdings(SINCE, UNTIL) if keys is None else courier.held(keys)
                return [holding async for holding in found]
            finally:
                await runner.cleanup()

        return asyncio.run(live())

    return ask


def bundle(key: str, system: str = REPORT_KEY_SYSTEM) -> dict[str, Any]:
    identifier = {"system": system, "value": key}
    return {"resourceType": "Bundle", "id": f"id-{key}", "identifier": identifier, "meta": {"lastUpdated": "2026"}}


def page(*resources: object, following: str = "") -> tuple[int, str]:
    told: dict[str, Any] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": r} for r in resources],
    }
    if following:
        told["link"] = [{"relation": "self", "url": "x"}, {"relation": "next", "url": following}]
    return 200, json.dumps(told)


def test_the_fhir_courier_can_be_reconciled():
    assert isinstance(fhir_courier(), Reconcilable)


def test_all_pages_are_read_and_only_our_keys_told(holdings):
    server = Pages([page(bundle("a"), bundle("x", "urn:other"), following="{base}?p=2"), page(bundle("b"), "text")])

    assert holdings(server) == [Holding("a", "id-a", "2026"), Holding("b", "id-b", "2026")]

    assert "_elements" not in server.asked[0]  # a page is a Bundle too, and HAPI would empty it
    assert server.asked[0]["_lastUpdated"] == "ge2026-11-24T00:00:00.000Z"
    assert server.asked[1] == {"p": "2", "path": "/fhir"}


def test_several_keys_are_one_question(holdings):
    server = Pages([page(bundle("a"))])

    assert [each.key for each in holdings(server, ["a", "b"])] == ["a"]
    assert server.asked[0]["identifier"] == f"{REPORT_KEY_SYSTEM}|a,{REPORT_KEY_SYSTEM}|b"


@pytest.mark.parametrize("page_lost", [(503, ""), (200, "<html>"), (429, "")])
def test_a_page_that_does_not_come_is_asked_for_again(holdings, page_lost):
    server = Pages([page_lost, page(bundle("a"))])

    assert [each.key for each in holdings(server)] == ["a"]


ERROR = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ((500, ""), "http_500"),
        ((301, ""), "http_301"),
        ((401, ""), "http_401"),
        ((200, "<html>"), "unreadable_answer"),
        ((200, "[]"), "unreadable_answer"),
        ((200, json.dumps(bundle("a"))), "unreadable_answer"),
        (page(bundle("a"), ERROR), "error_inside"),
        (page(bundle("a"), following="http://elsewhere.invalid/fhir?p=2"), "pages_elsewhere"),
        (page(bundle("a"), following="{base}/../admin"), "pages_elsewhere"),
        (page(bundle("a"), following="{base}/%2e%2e/admin"), "pages_elsewhere"),
        (page(bundle("a"), following="/admin"), "pages_elsewhere"),
        (page(bundle("a"), following="{base}?p=2"), "endless_pages"),
    ],
)
def test_half_a_list_never_passes_for_the_whole(holdings, told, code):
    with pytest.raises(IncompleteError, match=code):
        holdings(Pages([told]))


def test_a_server_that_is_not_there_holds_nothing_we_know_of(settings, monkeypatch):
    monkeypatch.setattr(fhir_holdings, "PAUSES", ())
    authority = replace(settings.TEMOIN.channels["fhir"], base_url="http://127.0.0.1:1/fhir")
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    async def first() -> Holding:
        return await anext(fhir_courier().holdings(now() - timedelta(hours=1), now()))

    with pytest.raises(IncompleteError, match="unreachable"):
        asyncio.run(first())


def test_an_endless_page_is_cut(holdings, monkeypatch):
    monkeypatch.setattr(fhir_holdings, "LARGEST_PAGE", 100)

    with pytest.raises(IncompleteError, match="endless_answer"):
        holdings(Pages([page(bundle("a"), bundle("b"))]))


@pytest.mark.parametrize(
    "resource",
    [{}, {"resourceType": "Bundle"}, {**bundle("a"), "identifier": "a"}, {**bundle("a"), "resourceType": "X"}],
)
def test_what_bears_no_key_is_no_holding(holdings, resource):
    assert holdings(Pages([page(resource)])) == []


def test_odd_pages_break_nothing(holdings):
    odd = {"resourceType": "Bundle", "type": "searchset", "entry": "x", "link": "y"}
    odder = {**bundle("a"), "meta": None, "id": None}

    assert holdings(Pages([(200, json.dumps(odd))])) == []
    assert holdings(Pages([page(odder, {"resourceType": "OperationOutcome", "issue": "x"})])) == [
        Holding("a", "None", "")
    ]


@pytest.mark.parametrize("severity", [["error"], {"code": "error"}, None, 1])
def test_a_severity_that_is_no_word_ends_no_run(severity):
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}, {"severity": "Fatal"}]}

    assert tells_error(outcome)
    assert not tells_error({**outcome, "issue": outcome["issue"][:1]})
