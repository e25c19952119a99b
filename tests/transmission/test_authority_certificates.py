"""Who the authority's server is, and who we are to it: no byte of a result leaves before both are proven."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from certificates import Identity, make_identity
from site_settings import fhir_courier

from temoin.formats.fhir import REPORT_KEY_SYSTEM
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.fhir.settings import FhirSettings
from temoin.transmission.rules.loading import load_rule_sets

PARCEL = Consignment(key="11111111-2222-4333-8444-555555555555", body=b"{}")
COPY = {"resourceType": "Bundle", "id": "7", "identifier": {"system": REPORT_KEY_SYSTEM, "value": PARCEL.key}}
Change = Callable[[FhirSettings], FhirSettings]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make_identity(tmp_path_factory.mktemp("theirs"), "fhir")


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Identity:
    return make_identity(tmp_path_factory.mktemp("ours"), "temoin")


@pytest.fixture
def known(theirs: Identity) -> FhirSettings:
    return FhirSettings(
        base_url="https://127.0.0.1:1/fhir",
        enabled=True,
        rules=load_rule_sets()["demonstration"],
        authorities=theirs.certificate,
    )


@pytest.fixture
def exchange(settings) -> Callable[..., tuple[Answer, int]]:
    """Return what carries the parcel once to a server with this certificate; also tell how many requests it saw."""

    def once(known: FhirSettings, context: ssl.SSLContext | None) -> tuple[Answer, int]:
        seen: list[str] = []

        async def answer(request: web.Request) -> web.Response:
            seen.append(request.path)
            return web.json_response(COPY, status=201)

        async def live() -> Answer:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
            base = known.base_url.replace(":1/", f":{runner.addresses[0][1]}/")
            settings.TEMOIN = settings.TEMOIN.with_channel("fhir", replace(known, base_url=base))
            courier = fhir_courier()
            try:
                return await courier.carry(PARCEL)
            finally:
                await courier.close()
                await runner.cleanup()

        return asyncio.run(live()), len(seen)

    return once


def told(exchanged: tuple[Answer, int]) -> tuple[Verdict, str, int]:
    answer, requests = exchanged
    return answer.verdict, answer.code, requests


def test_the_right_and_pinned_server_gets_the_document(exchange, theirs, known):
    context = theirs.server()

    assert told(exchange(known, context)) == (Verdict.ACCEPTED, "acknowledged", 1)
    assert told(exchange(replace(known, pin=theirs.pin), context)) == (Verdict.ACCEPTED, "acknowledged", 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda known: replace(known, authorities=None),
        lambda known: replace(known, pin="0" * 64),
        lambda known: replace(known, base_url=known.base_url.replace("127.0.0.1", "localhost")),
    ],
    ids=["signed by nobody we trust", "not the pinned one", "another name"],
)
def test_a_server_that_is_not_the_right_one_gets_nothing(exchange, theirs, known, change: Change):
    assert told(exchange(change(known), theirs.server())) == (Verdict.POSTPONED, "certificate_refused", 0)


def test_a_server_whose_certificate_has_expired_gets_nothing(exchange, known, tmp_path):
    expired = make_identity(tmp_path, "expired", until=-timedelta(days=1))
    trusting = replace(known, authorities=expired.certificate, pin=expired.pin)

    assert told(exchange(trusting, expired.server())) == (Verdict.POSTPONED, "certificate_refused", 0)


def test_a_certificate_of_another_authority_does_not_open_even_when_it_bears_the_right_name(exchange, known, tmp_path):
    other = make_identity(tmp_path, "fhir")

    assert told(exchange(known, other.server())) == (Verdict.POSTPONED, "certificate_refused", 0)


def test_a_server_that_speaks_in_clear_gets_nothing(exchange, known):
    answer, requests = exchange(known, None)

    assert (answer.verdict, requests) == (Verdict.POSTPONED, 0)


def test_a_server_that_asks_who_we_are_is_shown_our_certificate(exchange, theirs, ours, known):
    named = replace(known, certificate=ours.certificate, key=ours.key)

    assert told(exchange(named, theirs.server(clients=ours.certificate)))[0] is Verdict.ACCEPTED


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("shown", ["nothing", "another's"])
def test_a_server_that_asks_in_vain_who_we_are_sees_no_request(exchange, theirs, ours, known, version, shown):
    context = theirs.server(clients=ours.certificate)
    context.minimum_version = context.maximum_version = version
    named = known if shown == "nothing" else replace(known, certificate=theirs.certificate, key=theirs.key)

    answer, requests = exchange(named, context)

    assert answer.verdict in {Verdict.DOUBTFUL, Verdict.POSTPONED}  # TLS 1.3 tells it after our first bytes
    assert requests == 0


def test_no_older_protocol_is_spoken(exchange, theirs, known, recwarn):
    context = theirs.server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    recwarn.clear()

    answer, requests = exchange(known, context)

    assert (answer.verdict, requests) == (Verdict.POSTPONED, 0)
