"""Tokens from a real provider: one serves many exchanges, a lost one is renewed once, and none is ever a refusal."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from joserfc.jwk import ECKey, RSAKey
from site_settings import fhir_courier
from transmission.token_provider import CLIENT, SCOPE, TokenProvider, running_tokens

from temoin.formats.fhir import REPORT_KEY_SYSTEM
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.fhir import http_line, tokens
from temoin.transmission.channels.fhir.settings import FhirSettings, SignatureAlgorithm, TokenClient
from temoin.transmission.rules.loading import load_rule_sets

PARCEL = Consignment(key="11111111-2222-4333-8444-555555555555", body=b"{}")
COPY = {"resourceType": "Bundle", "id": "7", "identifier": {"system": REPORT_KEY_SYSTEM, "value": PARCEL.key}}
ACCEPTED = (Verdict.ACCEPTED, "acknowledged")
KEYS = {"ES384": ECKey.generate_key("P-384"), "RS384": RSAKey.generate_key(2048)}


class Server:
    """A FHIR server that asks the provider whether it gave the token shown; `refuses` shuts it to all of them."""

    def __init__(self, provider: TokenProvider) -> None:
        self.provider = provider
        self.shown: list[str] = []
        self.refuses = False

    async def answer(self, request: web.Request) -> web.Response:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        self.shown.append(token)
        known = await asyncio.to_thread(self.provider.knows, token or "none")
        if self.refuses or kind != "Bearer" or not known:
            return web.Response(status=401)
        return web.json_response(COPY, status=201)


@pytest.fixture(scope="module")
def provider() -> Iterator[TokenProvider]:
    with running_tokens(KEYS["ES384"], "ES384") as provider:
        yield provider


@pytest.fixture
def server(provider: TokenProvider) -> Server:
    provider.fails()
    return Server(provider)


def client(provider: TokenProvider, folder: Path, algorithm: str = "ES384") -> TokenClient:
    key = folder / "token.key"
    key.write_bytes(KEYS[algorithm].as_pem(private=True))
    return TokenClient(
        token_url=f"{provider.origin}/token",
        client_id=CLIENT,
        key=key,
        algorithm=SignatureAlgorithm(algorithm),
        key_id="temoin-1",
        scope=SCOPE,
    )


@pytest.fixture
def exchange(settings, server: Server, tmp_path: Path):
    """Return what carries the parcel so many times with one courier, one after another or `together`."""

    def live(times: int = 1, *, together: bool = False, between=lambda: None, known: TokenClient | None = None):
        async def run() -> list[Answer]:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", server.answer)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
            named = FhirSettings(
                base_url=base,
                enabled=True,
                rules=load_rule_sets()["demonstration"],
                tokens=known or client(server.provider, tmp_path),
            )
            settings.TEMOIN = settings.TEMOIN.with_channel("fhir", named)
            courier = fhir_courier()
            try:
                if together:
                    return list(await asyncio.gather(*(courier.carry(PARCEL) for _ in range(times))))
                answers = [await courier.carry(PARCEL)]
                for _ in range(times - 1):
                    await asyncio.to_thread(between)
                    answers.append(await courier.carry(PARCEL))
                return answers
            finally:
                await courier.close()
                await runner.cleanup()

        return asyncio.run(run())

    return live


def told(answers: list[Answer]) -> list[tuple[Verdict, str]]:
    return [(answer.verdict, answer.code) for answer in answers]


def test_one_token_serves_many_exchanges_even_at_once(exchange, server):
    before = server.provider.given

    assert told(exchange(8, together=True)) == [ACCEPTED] * 8

    assert server.provider.given == before + 1
    assert len(set(server.shown)) == 1


def test_a_token_that_was_taken_back_is_renewed_once(exchange, server):
    answers = exchange(2, between=lambda: server.provider.ends(server.shown[-1]))

    assert told(answers) == [ACCEPTED] * 2
    assert len(server.shown) == 3
    assert len(set(server.shown)) == 2


def test_a_server_that_takes_no_token_is_tried_with_two_and_then_waited_for(exchange, server):
    server.refuses = True

    assert told(exchange()) == [(Verdict.POSTPONED, "http_401")]
    assert len(set(server.shown)) == 2


def test_a_token_is_left_before_it_ends(exchange, server, monkeypatch):
    monkeypatch.setattr(tokens, "MARGIN", 600.0)  # at most half of its life: 300 s
    clock = iter([0.0, 299.0, 301.0, 301.0])
    monkeypatch.setattr(tokens, "_time", lambda: next(clock))
    before = server.provider.given

    assert told(exchange(3)) == [ACCEPTED] * 3

    assert server.provider.given == before + 2


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ({"status": 503}, "no_token"),
        ({"status": 429}, "no_token"),
        ({"status": 302}, "token_refused"),
        ({"status": 401}, "token_refused"),
        ({"status": 200, "body": "<html>"}, "token_refused"),
        ({"status": 200, "body": "[]"}, "token_refused"),
        ({"status": 200, "body": '{"access_token": "a", "token_type": "mac"}'}, "token_refused"),
        ({"status": 200, "body": '{"access_token": "a b", "token_type": "Bearer"}'}, "token_refused"),
        ({"status": 200, "body": '{"access_token": "a", "token_type": "Bearer", "expires_in": -1}'}, "token_refused"),
    ],
)
def test_without_a_token_nothing_is_sent_and_nothing_refused(exchange, server, mode, code):
    server.provider.fails(**mode)

    assert told(exchange()) == [(Verdict.POSTPONED, code)]
    assert server.shown == []


def test_a_token_is_asked_for_without_a_scope_where_none_is_named(exchange, server, tmp_path):
    known = replace(client(server.provider, tmp_path), scope="")

    assert told(exchange(known=known)) == [(Verdict.POSTPONED, "http_401")]  # a token without scope opens nothing there


def test_a_token_renewed_meanwhile_is_kept(server, tmp_path):
    async def run() -> tuple[str, str]:
        async with aiohttp.ClientSession() as session:
            held = tokens.Tokens(client(server.provider, tmp_path), session, ssl.create_default_context())
            first = await held.current()
            held.forget("an older one")
            return first, await held.current()

    first, second = asyncio.run(run())

    assert first == second


def test_a_token_address_that_cannot_prove_itself_gets_no_assertion(exchange, server, tmp_path):
    known = client(server.provider, tmp_path)
    in_clear = replace(known, token_url=known.token_url.replace("http:", "https:"))

    assert told(exchange(known=in_clear)) == [(Verdict.POSTPONED, "certificate_refused")]
    assert server.shown == []


def test_the_whole_exchange_has_an_end(exchange, server, monkeypatch):
    monkeypatch.setattr(http_line, "WHOLE", 0.05)
    server.provider.fails(delay=500)

    assert told(exchange()) == [(Verdict.DOUBTFUL, "no_answer")]


def test_a_token_without_a_told_life_is_used(exchange, server):
    server.provider.fails(status=200, body='{"access_token": "none", "token_type": "bearer"}')

    assert told(exchange()) == [(Verdict.POSTPONED, "http_401")]
    assert server.shown == ["none", "none"]


def test_a_token_address_that_hangs_or_is_gone_means_nothing_was_sent(exchange, server, tmp_path, monkeypatch):
    monkeypatch.setattr(tokens, "TIMEOUT", aiohttp.ClientTimeout(total=0.3))
    server.provider.fails(delay=900)
    known = client(server.provider, tmp_path)

    assert told(exchange()) == [(Verdict.POSTPONED, "no_token")]
    gone = replace(known, token_url="http://127.0.0.1:9/token")
    assert told(exchange(known=gone)) == [(Verdict.POSTPONED, "no_token")]
    assert server.shown == []


@pytest.mark.parametrize("change", [{"client_id": "another"}, {"audience": "https://elsewhere.example/token"}])
def test_the_provider_judges_who_we_say_we_are(exchange, server, tmp_path, change):
    known = replace(client(server.provider, tmp_path), **change)

    assert told(exchange(known=known)) == [(Verdict.POSTPONED, "token_refused")]


def test_a_key_of_rsa_opens_as_well(exchange, server, tmp_path):
    with running_tokens(KEYS["RS384"], "RS384") as other:
        server.provider = other

        assert told(exchange(known=client(other, tmp_path, "RS384"))) == [ACCEPTED]


def test_the_doubt_stays_while_there_is_no_token(server, settings, tmp_path):
    server.provider.fails(status=503)
    authority = FhirSettings(
        base_url="http://127.0.0.1:9/fhir",
        enabled=True,
        rules=load_rule_sets()["demonstration"],
        tokens=client(server.provider, tmp_path),
    )
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)

    async def ask() -> Answer:
        courier = fhir_courier()
        try:
            return await courier.enquire(PARCEL)
        finally:
            await courier.close()

    assert told([asyncio.run(ask())]) == [(Verdict.DOUBTFUL, "no_token")]


def test_no_token_nor_assertion_is_ever_logged(exchange, server, caplog):
    caplog.set_level(logging.DEBUG)
    exchange()
    server.provider.fails(status=401, body='{"error": "invalid_client"}')
    exchange()

    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("urllib3"))
    assert server.shown[0] not in ours
    assert "eyJ" not in ours
    assert "answered 401" in ours
