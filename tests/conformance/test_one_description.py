"""Courier, trial and pages ask the same questions; a stock server that answers the courier passes the trial."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hapi import running_hapi
from site_settings import fhir_courier
from strategies import covid_positive

from temoin.formats.fhir import document, plain_document
from temoin.formats.fhir.questions import holdings_shown
from temoin.lib.clock import now
from temoin.outbox.courier import Consignment
from temoin.outbox.courier import Verdict as Told
from temoin_conformance import http_wire
from temoin_conformance.cases import TrialVerdict
from temoin_conformance.endpoint import Endpoint, read_address
from temoin_conformance.trial import try_endpoint

DOCS = Path(__file__).parents[2] / "docs"


def test_a_stock_hapi_server_passes_the_trial(monkeypatch):
    monkeypatch.setattr(http_wire, "LINGER", 0.05)

    with running_hapi() as base:
        scheme, host, port, path = read_address(base)
        results = list(try_endpoint(Endpoint(scheme=scheme, host=host, port=port, path=path)))

    assert {each.name: each.words for each in results if each.verdict is TrialVerdict.FAILED} == {}
    assert [each.name for each in results if each.verdict is TrialVerdict.NOT_APPLICABLE] == ["tls"]


def test_the_courier_sends_asks_and_reconciles_there(settings):
    report = covid_positive(key="11111111-2222-4333-8444-555555555555")
    parcel = Consignment(key=report.key, body=document(report))

    async def live() -> tuple[object, ...]:
        courier = fhir_courier()
        try:
            unknown = await courier.enquire(parcel)
            sent = [await courier.carry(parcel) for _ in range(2)]
            held = [each.key async for each in courier.holdings(now() - timedelta(hours=1), now() + timedelta(hours=1))]
            return unknown.verdict, [each.verdict for each in sent], (await courier.enquire(parcel)).verdict, held
        finally:
            await courier.close()

    with running_hapi() as base:
        settings.TEMOIN = settings.TEMOIN.with_channel("fhir", replace(settings.TEMOIN.channels["fhir"], base_url=base))
        told = asyncio.run(live())

    assert told == (Told.UNKNOWN, [Told.ACCEPTED] * 2, Told.ACCEPTED, [report.key])


@pytest.mark.parametrize(("page", "count"), [("authority.md", 200), ("conformance.md", 2)])
def test_the_pages_print_the_question_that_is_asked(page, count):
    text = (DOCS / page).read_text("utf-8")

    assert holdings_shown(count) in text
    assert "_elements=" not in text


def test_what_stands_for_a_later_version_can_be_left_out():
    whole, plain = document(covid_positive()), plain_document(covid_positive())

    assert b"http://hl7.org/fhir/5.0/" in whole
    assert b"http://hl7.org/fhir/5.0/" not in plain
    assert b'"extension":[]' not in plain
    assert len(whole) - len(plain) < 250
