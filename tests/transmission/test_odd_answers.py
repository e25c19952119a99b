"""What a server may answer that the sandbox never would: none of it is taken for more than it says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st
from site_settings import fhir_courier
from strategies import examples

from temoin.formats.fhir import REPORT_KEY_SYSTEM
from temoin.lib.clock import frozen_at
from temoin.lib.retry_after import asked_pause
from temoin.outbox.courier import Answer, Consignment, Verdict
from temoin.transmission.channels.fhir import courier as fhir
from temoin.transmission.channels.fhir import http_line
from temoin.transmission.channels.fhir.exchange import Reply
from temoin.transmission.channels.fhir.http_courier import outcome_words

KEY = "11111111-2222-4333-8444-555555555555"
PARCEL = Consignment(key=KEY, body=b"{}")
COPY = {
    "resourceType": "Bundle",
    "id": "7",
    "meta": {"lastUpdated": "2026-11-24T10:00:00Z"},
    "identifier": {"system": REPORT_KEY_SYSTEM, "value": KEY},
}
OTHER = {**COPY, "identifier": {"system": REPORT_KEY_SYSTEM, "value": "other"}}


@dataclass
class Scripted:
    """A server that gives one answer to everything, and notes what it was asked."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(f"{request.method} {request.path}")
        return web.Response(status=self.status, text=self.body, headers=self.headers)


@pytest.fixture
def exchange(settings) -> Callable[[str, Scripted], Answer]:
    """Return what makes one exchange, "carry" or "enquire", with a scripted server over a real socket."""

    def once(verb: str, server: Scripted) -> Answer:
        async def live() -> Answer:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", server.answer)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
            settings.TEMOIN = settings.TEMOIN.with_channel(
                "fhir", replace(settings.TEMOIN.channels["fhir"], base_url=base)
            )
            courier = fhir_courier()
            try:
                return await getattr(courier, verb)(PARCEL)
            finally:
                await courier.close()
                await runner.cleanup()

        return asyncio.run(live())

    return once


def told(answer: Answer) -> tuple[Verdict, str]:
    return answer.verdict, answer.code


def found(*resources: object) -> str:
    entries = [{"fullUrl": "http://a/Bundle/7", "resource": resource} for resource in resources]
    return json.dumps({"resourceType": "Bundle", "type": "searchset", "entry": entries})


def outcome(*codes: str) -> str:
    issues = [{"severity": "error", "code": code} for code in codes]
    return json.dumps({"resourceType": "OperationOutcome", "issue": issues})


REMARK = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "processing"}]}


@pytest.mark.parametrize(
    ("status", "body", "verdict", "code"),
    [
        (201, json.dumps(COPY), Verdict.ACCEPTED, "acknowledged"),
        (200, json.dumps(COPY), Verdict.ACCEPTED, "acknowledged"),
        (201, json.dumps({**COPY, "meta": None}), Verdict.ACCEPTED, "acknowledged"),
        (200, "", Verdict.DOUBTFUL, "unreadable_answer"),
        (201, "<html>Welcome</html>", Verdict.DOUBTFUL, "unreadable_answer"),
        (200, "[]", Verdict.DOUBTFUL, "unreadable_answer"),
        (200, json.dumps(OTHER), Verdict.DOUBTFUL, "unreadable_answer"),
        (200, json.dumps({**COPY, "identifier": KEY}), Verdict.DOUBTFUL, "unreadable_answer"),
        (200, json.dumps({**COPY, "identifier": {"value": KEY}}), Verdict.DOUBTFUL, "unreadable_answer"),
        (200, json.dumps({**COPY, "resourceType": "OperationOutcome"}), Verdict.DOUBTFUL, "unreadable_answer"),
        (204, "", Verdict.DOUBTFUL, "http_204"),
        (202, "", Verdict.DOUBTFUL, "http_202"),
        (304, "", Verdict.POSTPONED, "redirected"),
        (401, "", Verdict.POSTPONED, "http_401"),
        (403, "", Verdict.POSTPONED, "http_403"),
        (408, "", Verdict.POSTPONED, "http_408"),
        (425, "", Verdict.POSTPONED, "http_425"),
        (429, "", Verdict.POSTPONED, "http_429"),
        (400, "", Verdict.REFUSED, "http_400"),
        (406, "", Verdict.POSTPONED, "http_406"),
        (415, "", Verdict.POSTPONED, "http_415"),
        (413, "", Verdict.REFUSED, "http_413"),
        (422, outcome("timeout"), Verdict.POSTPONED, "http_422"),
        (422, outcome("timeout", "invalid"), Verdict.REFUSED, "http_422"),
        (422, outcome("Timeout "), Verdict.POSTPONED, "http_422"),
        (422, outcome("timeout").replace('"error"', '["error"]'), Verdict.POSTPONED, "http_422"),
        (207, outcome("invalid"), Verdict.DOUBTFUL, "http_207"),
        (400, outcome("security"), Verdict.POSTPONED, "http_400"),
        (201, "\ufeff" + json.dumps(COPY), Verdict.ACCEPTED, "acknowledged"),
        (404, "", Verdict.POSTPONED, "http_404"),  # a wrong address is the operator's matter
        (405, "", Verdict.POSTPONED, "http_405"),
        (422, "not JSON", Verdict.REFUSED, "http_422"),
        (409, "", Verdict.DOUBTFUL, "http_409"),  # the same document is being stored at this moment
        (412, "", Verdict.DOUBTFUL, "http_412"),  # several there bear our key: a person there must look
        (500, "", Verdict.DOUBTFUL, "http_500"),
        (502, "<html>", Verdict.DOUBTFUL, "http_502"),
    ],
)
def test_only_our_own_document_back_is_an_acknowledgement(exchange, status, body, verdict, code):
    assert told(exchange("carry", Scripted(status=status, body=body))) == (verdict, code)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(("verb", "code"), [("carry", "redirected"), ("enquire", "")])
def test_a_redirect_is_never_followed(exchange, status, verb, code):
    server = Scripted(status=status, headers={"Location": "/elsewhere"})

    answer = exchange(verb, server)

    assert [path.split()[1] for path in server.asked] == ["/fhir/Bundle"]
    assert answer.code == (code or f"http_{status}")


@pytest.mark.parametrize(
    ("status", "body", "verdict", "code"),
    [
        (200, found(COPY), Verdict.ACCEPTED, "acknowledged"),
        (200, found(OTHER, COPY), Verdict.ACCEPTED, "acknowledged"),
        (200, found(), Verdict.UNKNOWN, "unknown_there"),
        (200, json.dumps({"resourceType": "Bundle", "type": "searchset"}), Verdict.UNKNOWN, "unknown_there"),
        (200, found(REMARK), Verdict.UNKNOWN, "unknown_there"),
        (200, found(REMARK, COPY), Verdict.ACCEPTED, "acknowledged"),
        (200, found(REMARK, OTHER), Verdict.DOUBTFUL, "answer_for_another_key"),
        (200, found(json.loads(outcome("exception"))), Verdict.DOUBTFUL, "error_inside"),
        (200, "\ufeff" + found(), Verdict.UNKNOWN, "unknown_there"),
        (200, found(OTHER), Verdict.DOUBTFUL, "answer_for_another_key"),
        (200, found("text"), Verdict.DOUBTFUL, "answer_for_another_key"),
        (200, json.dumps({"type": "searchset", "entry": ["x"]}), Verdict.DOUBTFUL, "answer_for_another_key"),
        (200, json.dumps({"type": "searchset", "entry": "x"}), Verdict.DOUBTFUL, "answer_for_another_key"),
        (200, json.dumps(COPY), Verdict.DOUBTFUL, "http_200"),
        (200, "<html>", Verdict.DOUBTFUL, "http_200"),
        (404, "", Verdict.DOUBTFUL, "http_404"),
        (503, "", Verdict.DOUBTFUL, "http_503"),
    ],
)
def test_only_an_empty_search_means_unknown_there(exchange, status, body, verdict, code):
    assert told(exchange("enquire", Scripted(status=status, body=body))) == (verdict, code)


def test_a_letter_of_another_character_set_in_the_echo_hides_nothing():
    echoed = json.dumps({**COPY, "title": "Marché"}, ensure_ascii=False).encode("latin-1")

    assert fhir._holds(Reply(201, "", "", echoed).body, KEY)


def test_an_endless_answer_is_cut_and_proves_nothing(exchange, monkeypatch):
    monkeypatch.setattr(http_line, "LARGEST_ANSWER", 1000)
    padded = json.dumps({**COPY, "padding": "x" * 2000})

    assert told(exchange("carry", Scripted(status=201, body=padded))) == (Verdict.DOUBTFUL, "unreadable_answer")


@pytest.mark.parametrize(
    ("header", "pause"),
    [("7", 7.0), ("0", 0.0), ("9" * 12, 86_400.0), ("soon", None), ("-5", None), ("", None)],
)
def test_the_pause_is_read_in_seconds_and_never_beyond_a_day(exchange, header, pause):
    server = Scripted(status=429, headers={"Retry-After": header})

    assert exchange("carry", server).retry_after == pause


@pytest.mark.parametrize(
    ("header", "pause"),
    [
        ("Tue, 24 Nov 2026 10:02:00 GMT", 120.0),
        ("Tuesday, 24-Nov-26 10:02:00 GMT", 120.0),  # RFC 850
        ("Tue Nov 24 10:02:00 2026", 120.0),  # asctime
        ("Tue, 24 Nov 2026 09:00:00 GMT", 0.0),
        ("Tue, 24 Nov 2099 10:00:00 GMT", 86_400.0),
        ("Tue, 24 Nov 2026", None),
        (f"Tue, 24 Nov {'20' * 40} 10:00:00 GMT", None),
    ],
)
def test_the_pause_may_be_a_date(header, pause):
    with frozen_at(datetime(2026, 11, 24, 10, tzinfo=UTC)):
        assert asked_pause(header) == pause


@given(header=st.text(max_size=40))
def test_no_text_breaks_the_reading_of_a_pause(header: str):
    pause = asked_pause(header)

    assert pause is None or 0 <= pause <= 86_400


@pytest.mark.parametrize(
    ("issues", "detail"),
    [
        ([{"code": "required", "details": {"text": "Patient"}}], "required Patient"),
        ([{"code": "invalid", "diagnostics": "line 4"}], "invalid line 4"),
        ([{"code": "invalid", "details": "text"}, {"diagnostics": "two"}], "invalid\ntwo"),
        (["text", {}], ""),
        ("text", ""),
        (None, ""),
    ],
)
def test_the_reasons_of_a_refusal_are_kept(exchange, issues, detail):
    body = json.dumps({"resourceType": "OperationOutcome", "issue": issues})

    assert exchange("carry", Scripted(status=422, body=body)).detail == detail


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from([KEY, REPORT_KEY_SYSTEM]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resourceType", "identifier", "system", "value", "entry", "resource", "issue", "meta"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


ISSUE = st.fixed_dictionaries({}, optional=dict.fromkeys(("severity", "code", "details", "diagnostics"), JSON))
OUTCOME = st.fixed_dictionaries(
    {"resourceType": st.just("OperationOutcome"), "issue": JSON | st.lists(ISSUE, max_size=2)}
)
ENTRIES = JSON | st.lists(st.fixed_dictionaries({"resource": JSON | OUTCOME}), max_size=2)


@examples(60)
@given(body=JSON | OUTCOME, entries=ENTRIES, status=st.sampled_from([200, 201, 207, 400, 422, 500]))
@example({"resourceType": "OperationOutcome", "issue": [{"severity": ["error"], "code": {}}]}, 5, 422)
def test_no_answer_breaks_its_reading(body: Any, entries: Any, status: int):
    for each in (body, {"type": "searchset", "entry": entries}):
        reply = Reply(status, "", "", json.dumps(each).encode())
        assert isinstance(fhir._read_created(KEY, reply).verdict, Verdict)
        assert isinstance(fhir._read_found(KEY, reply).verdict, Verdict)


@given(body=JSON)
def test_no_json_breaks_the_reading_of_an_answer(body: Any):
    assert isinstance(fhir._holds(body, KEY), bool)
    assert isinstance(outcome_words(body), str)
    if isinstance(body, dict):
        assert isinstance(fhir._entries(body), list)
        assert fhir._accepted(body, "").verdict is Verdict.ACCEPTED
