"""Both providers against servers that follow their documentation: what is asked, and what each answer means."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from ports import free_port
from sms_providers import sms_settings

from temoin.delivery.channels.sms.brevo import BrevoProvider
from temoin.delivery.channels.sms.line import SmsLine, SmsNoAnswerError, SmsNotSentError
from temoin.delivery.channels.sms.ovh import OvhProvider
from temoin.delivery.channels.sms.provider import ShortMessage, SmsFate, SmsProvider, tag_of
from temoin.outbox.courier import Answer, Verdict

TAG = tag_of("3b241101-e2bb-4255-8caf-4136c566a962", 0)
MESSAGE = ShortMessage("+33639980001", "Document disponible", TAG, is_gsm=True)
PROVIDERS = ("brevo", "ovh")


def provider(name: str, port: int, folder: Path) -> SmsProvider:
    told = sms_settings(name, port, folder)
    return BrevoProvider(told.brevo, told.sender) if told.brevo else OvhProvider(told.ovh, told.sender)


def send(asked: SmsProvider, message: ShortMessage = MESSAGE) -> Answer:
    return asyncio.run(_with_line(lambda line: asked.send(line, message)))


def fate(asked: SmsProvider) -> tuple[SmsFate, str]:
    return asyncio.run(_with_line(lambda line: asked.fate(line, TAG)))


async def _with_line(ask):
    line = SmsLine()
    try:
        return await ask(line)
    finally:
        await line.close()


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_message_is_taken_and_named(name, told, tmp_path):
    answer = send(provider(name, told.port, tmp_path))

    assert (answer.verdict, answer.code, answer.may_come_back) == (Verdict.ACCEPTED, "taken_by_sms_provider", True)
    assert answer.receipt["id"]
    assert (told.tags, told.sent[0]["sender"]) == ([TAG], "Pharmacie")


def test_a_message_in_other_letters_says_so(told, tmp_path):
    message = ShortMessage("+33639980001", "Документ", TAG, is_gsm=False)
    for name in PROVIDERS:
        send(provider(name, told.port, tmp_path), message)

    brevo, ovh = told.sent
    assert (brevo["unicodeEnabled"], ovh["coding"]) == (True, "8bit")
    assert ovh["noStopClause"] is True
    assert brevo["type"] == "transactional"


@pytest.mark.parametrize(
    ("name", "status", "body", "verdict", "code"),
    [
        ("brevo", 401, {"code": "unauthorized"}, Verdict.POSTPONED, "key_refused"),
        ("brevo", 402, {"code": "not_enough_credits"}, Verdict.POSTPONED, "sms_no_credit"),
        ("brevo", 400, {"code": "not_enough_credits"}, Verdict.POSTPONED, "sms_no_credit"),
        ("brevo", 429, {}, Verdict.POSTPONED, "http_429"),
        (
            "brevo",
            400,
            {"code": "invalid_parameter", "message": "Invalid telephone number in recipient"},
            Verdict.REFUSED,
            "sms_number_refused",
        ),
        ("brevo", 400, {"code": "invalid_parameter", "message": "sender"}, Verdict.REFUSED, "sms_refused"),
        ("brevo", 201, {}, Verdict.DOUBTFUL, "no_answer"),
        ("brevo", 201, [], Verdict.DOUBTFUL, "no_answer"),
        ("brevo", 201, b"<html>", Verdict.DOUBTFUL, "no_answer"),
        ("brevo", 500, {}, Verdict.DOUBTFUL, "no_answer"),
        ("ovh", 403, {"message": "This call has not been granted"}, Verdict.POSTPONED, "key_refused"),
        ("ovh", 402, {"message": "no credit"}, Verdict.POSTPONED, "sms_no_credit"),
        ("ovh", 200, {"ids": [], "invalidReceivers": ["+33639980001"]}, Verdict.REFUSED, "sms_number_refused"),
        ("ovh", 400, {"message": "sender"}, Verdict.REFUSED, "sms_refused"),
        ("ovh", 200, {"ids": [], "invalidReceivers": []}, Verdict.DOUBTFUL, "no_answer"),
        ("ovh", 503, {}, Verdict.DOUBTFUL, "no_answer"),
    ],
)
def test_what_each_answer_means(name, status, body, verdict, code, told, tmp_path):
    told.answers.append((status, body))

    answer = send(provider(name, told.port, tmp_path))

    assert (answer.verdict, answer.code) == (verdict, code)
    assert answer.is_own is (code == "sms_number_refused")


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_is_away_took_nothing(name, tmp_path):
    port = free_port()

    with pytest.raises(SmsNotSentError, match="unreachable"):
        send(provider(name, port, tmp_path))


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_provider_that_falls_silent_may_have_taken_it(name, told, tmp_path):
    told.cut = True

    with pytest.raises(SmsNoAnswerError):
        send(provider(name, told.port, tmp_path))
    assert told.tags == [TAG]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], SmsFate.NOT_HELD),
        (["sent"], SmsFate.ON_ITS_WAY),
        (["accepted", "sent"], SmsFate.ON_ITS_WAY),
        (["softBounce", "sent"], SmsFate.ON_ITS_WAY),
        (["delivered", "accepted", "sent"], SmsFate.DELIVERED),
        (["hardBounce", "sent"], SmsFate.FAILED),
        (["delivered", "hardBounce"], SmsFate.DELIVERED),
        (["rejected"], SmsFate.FAILED),
        (["unsubscribe"], SmsFate.BLOCKED),
        (["skip"], SmsFate.BLOCKED),
    ],
)
def test_the_events_of_brevo(events, expected, told, tmp_path):
    told.events[TAG] = events

    assert fate(provider("brevo", told.port, tmp_path))[0] is expected


@pytest.mark.parametrize(
    ("ptt", "pending", "expected"),
    [
        (None, [], SmsFate.NOT_HELD),
        (None, [7], SmsFate.NOT_KNOWN),
        (2, [], SmsFate.ON_ITS_WAY),
        (3, [], SmsFate.ON_ITS_WAY),
        (4, [], SmsFate.DELIVERED),
        (5, [], SmsFate.FAILED),
    ],
)
def test_the_states_of_ovhcloud(ptt, pending, expected, told, tmp_path):
    told.pending = pending
    told.ptts = {} if ptt is None else {TAG: ptt}

    assert fate(provider("ovh", told.port, tmp_path))[0] is expected
    assert told.deleted == []


def test_what_ovhcloud_keeps_is_deleted_when_that_is_asked(told, tmp_path):
    told.ptts = {TAG: 4}

    asyncio.run(_with_line(lambda line: provider("ovh", told.port, tmp_path).forget(line, TAG)))

    assert told.deleted == [1]


@pytest.mark.parametrize("body", [{"ptt": None}, {}, [], "x", {"ptt": "soon"}])
def test_a_state_of_another_shape_tells_no_fate(body, told, tmp_path):
    told.answers += [(200, [1]), (200, body)]

    with pytest.raises(SmsNoAnswerError):
        fate(provider("ovh", told.port, tmp_path))


@pytest.mark.parametrize("body", [{"events": None}, {"events": ["delivered"]}, {"events": {}}])
def test_events_of_another_shape_tell_no_fate(body, told, tmp_path):
    told.answers.append((200, body))

    with pytest.raises(SmsNoAnswerError):
        fate(provider("brevo", told.port, tmp_path))


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_answer_in_two_pieces_is_read_whole(name, told, tmp_path):
    told.in_pieces = True

    assert send(provider(name, told.port, tmp_path)).verdict is Verdict.ACCEPTED


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("answer", [(500, {}), (200, b"<html>"), (404, {})])
def test_half_an_answer_tells_no_fate(name, answer, told, tmp_path):
    told.answers.append(answer)

    with pytest.raises(SmsNoAnswerError):
        fate(provider(name, told.port, tmp_path))


def test_a_tag_fits_both_and_tells_no_key():
    assert len(TAG) == 20
    assert (
        len({TAG, tag_of("3b241101-e2bb-4255-8caf-4136c566a963", 0), tag_of("3b241101-e2bb-4255-8caf-4136c566a962", 1)})
        == 3
    )
