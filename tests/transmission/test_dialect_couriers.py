"""The Swiss and the German courier against strict stand-ins: nothing is taken for accepted before it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest
from aiohttp import web
from formats.test_fhir_dialects import GERMAN, SWISS, at_home
from hypothesis import given
from hypothesis import strategies as st
from site_settings import http_courier
from strategies import covid_positive
from transmission.dialect_servers import Demis, Foph, Server, text

from temoin.outbox import courier as register
from temoin.outbox import duties
from temoin.outbox.courier import Answer, Consignment, Load, Reconcilable, Verdict, couriers
from temoin.testing.report import Address, Report, ReportStatus
from temoin.transmission.channels.fhir import dialect as fhir_dialect
from temoin.transmission.channels.fhir.ch_elm import STATUS, ChElmCourier, read_status
from temoin.transmission.channels.fhir.courier import FhirCourier
from temoin.transmission.channels.fhir.demis import DemisCourier
from temoin.transmission.channels.fhir.dialect import DialectCourier
from temoin.transmission.channels.fhir.settings import Profile

ACCEPTED, IN_PROGRESS = (Verdict.ACCEPTED, "acknowledged"), (Verdict.DOUBTFUL, "in_progress")
FINESS = covid_positive().organisation.finess
Exchange = Callable[..., list[tuple[Verdict, str]]]


def load(report: Report) -> Load:
    nobody = UUID(int=0)
    return Load(nobody, nobody, "fhir", nobody, nobody, report.version, report.key, "sending", 0, None)


@pytest.fixture
def exchange() -> Exchange:
    """Return what does the verbs named with one courier and one server: "carry", "enquire", or any step between."""

    def live(
        courier: DialectCourier, server: Server, ready: Consignment, *steps: str | Callable[[], None]
    ) -> list[tuple[Verdict, str]]:
        async def run() -> list[Answer]:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", server.answer)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            base = f"http://127.0.0.1:{runner.addresses[0][1]}/fhir"
            courier.authority = replace(courier.authority, base_url=base)
            answers = []
            try:
                for step in steps:
                    if callable(step):
                        step()
                    else:
                        answers.append(await getattr(courier, step)(ready))
                return answers
            finally:
                await courier.close()
                await runner.cleanup()

        return [(answer.verdict, answer.code) for answer in asyncio.run(run())]

    return live


@pytest.fixture(autouse=True)
def known(settings) -> None:
    """A pharmacy that both authorities know by a number."""
    authority = replace(settings.TEMOIN.channels["fhir"], enabled=True, senders={FINESS: "7601002331470"})
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", authority)


def written(courier: DialectCourier, report: Report) -> Consignment:
    ready = courier.write(load(report), report)
    assert isinstance(ready, Consignment)
    return ready


def flu_and_covid(home: Address) -> Report:
    report = at_home(covid_positive(), home)
    flu = replace(report.findings[0], target="influenza-a", loinc="80382-5")
    return replace(report, findings=(*report.findings, flu))


@pytest.mark.parametrize(
    ("profile", "speaker"),
    [(Profile.EU_LABORATORY, FhirCourier), (Profile.CH_ELM, ChElmCourier), (Profile.DEMIS, DemisCourier)],
)
def test_the_profile_in_the_settings_chooses_who_carries(settings, monkeypatch, profile, speaker):
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", replace(settings.TEMOIN.channels["fhir"], profile=profile))
    monkeypatch.setattr(register, "_couriers", couriers())
    monkeypatch.setattr(duties, "_duties", {})

    assert type(couriers()["fhir"]) is speaker
    assert isinstance(couriers()["fhir"], Reconcilable) is (profile is Profile.EU_LABORATORY)


# CH ELM.


def test_what_is_in_progress_is_asked_about_until_it_is_completed(exchange):
    courier, foph = http_courier(ChElmCourier), Foph()
    ready = written(courier, at_home(covid_positive(), SWISS))

    told = exchange(courier, foph, ready, "carry", "enquire", foph.process, "enquire")

    assert told == [IN_PROGRESS, IN_PROGRESS, ACCEPTED]
    assert foph.asked.count("POST DocumentReference") == 1


def test_what_failed_later_waits_for_a_person_and_may_be_sent_again(exchange):
    courier, foph = http_courier(ChElmCourier), Foph()
    ready = written(courier, at_home(covid_positive(), SWISS))

    told = exchange(
        courier, foph, ready, "carry", lambda: foph.process(failing="unknown code"), "enquire", "carry", foph.process,
        "enquire",
    )  # fmt: skip

    assert told == [IN_PROGRESS, (Verdict.REFUSED, "processing_failed"), IN_PROGRESS, ACCEPTED]


def test_a_lost_answer_is_found_by_the_identifier_and_not_posted_again(exchange):
    courier, foph = http_courier(ChElmCourier), Foph(drop_after_store=True)
    ready = written(courier, at_home(covid_positive(), SWISS))

    assert exchange(courier, foph, ready, "carry", "enquire") == [(Verdict.DOUBTFUL, "no_answer"), IN_PROGRESS]
    assert len(foph.held) == 1


def test_what_the_office_never_got_is_unknown_there(exchange):
    courier, foph = http_courier(ChElmCourier), Foph()

    told = exchange(courier, foph, written(courier, at_home(covid_positive(), SWISS)), "enquire")

    assert told == [(Verdict.UNKNOWN, "unknown_there")]


def test_two_organisms_are_two_documents_of_which_a_resend_posts_the_missing_one(exchange):
    courier, foph = http_courier(ChElmCourier), Foph()
    ready = written(courier, flu_and_covid(SWISS))

    told = exchange(
        courier, foph, ready, "carry", lambda: foph.held.pop(), "enquire", "carry", foph.process, "enquire"
    )  # fmt: skip

    assert told == [IN_PROGRESS, (Verdict.DOUBTFUL, "in_progress"), IN_PROGRESS, ACCEPTED]
    assert len(foph.held) == 2


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (text(422, {"issue": [{"code": "invalid"}]}), (Verdict.REFUSED, "http_422")),
        (text(429), (Verdict.POSTPONED, "http_429")),
        (text(503), (Verdict.DOUBTFUL, "http_503")),
        (text(201, "<html>"), (Verdict.DOUBTFUL, "unreadable_answer")),
        (text(201, {"resourceType": "DocumentReference"}), (Verdict.DOUBTFUL, "unreadable_answer")),
    ],
)
def test_only_the_offices_own_word_for_our_document_counts(exchange, broken, told):
    courier = http_courier(ChElmCourier)

    assert exchange(courier, Foph([broken]), written(courier, at_home(covid_positive(), SWISS)), "carry") == [told]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (text(200, {"type": "searchset", "entry": "x"}), (Verdict.DOUBTFUL, "unreadable_answer")),
        (text(200, {"type": "searchset", "entry": [{"resource": {}}]}), (Verdict.DOUBTFUL, "unreadable_answer")),
        (text(200, "[]"), (Verdict.DOUBTFUL, "http_200")),
        (text(500), (Verdict.DOUBTFUL, "http_500")),
    ],
)
def test_an_unclear_answer_to_the_question_leaves_the_doubt(exchange, broken, told):
    courier = http_courier(ChElmCourier)

    assert exchange(courier, Foph([broken]), written(courier, at_home(covid_positive(), SWISS)), "enquire") == [told]


def test_being_processed_says_nothing_against_the_office():
    status = {"url": STATUS, "extension": [{"url": "status", "valueCode": "in-progress"}]}
    body = {"resourceType": "DocumentReference", "identifier": [{"value": "urn:uuid:1"}], "extension": [status]}

    answer = read_status(body, "urn:uuid:1")
    status["extension"][0]["valueCode"] = "a word that the guide does not have"

    assert read_status(body, "urn:uuid:1") is None
    assert answer is not None
    assert (answer.is_own, answer.retry_after) == (True, 30.0)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.sampled_from(["DocumentReference", STATUS])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["resourceType", "identifier", "extension", "url", "valueCode", "contained", "value"]),
            inner,
        ),
    ),
    max_leaves=12,
)


@given(body=JSON)
def test_no_json_is_taken_for_the_offices_word(body):
    assert read_status(body, "urn:uuid:1") is None


# DEMIS.


def test_a_notification_is_accepted_by_a_receipt_that_names_it(exchange):
    courier, demis = http_courier(DemisCourier), Demis()

    told = exchange(courier, demis, written(courier, at_home(covid_positive(), GERMAN)), "carry")

    assert told == [ACCEPTED]
    assert demis.asked == ["POST $process-notification"]


def test_demis_cannot_be_asked_and_gets_the_same_notification_again(exchange):
    courier, demis = http_courier(DemisCourier), Demis(drop_after_store=True)

    told = exchange(courier, demis, written(courier, at_home(covid_positive(), GERMAN)), "carry", "enquire", "carry")

    assert told == [(Verdict.DOUBTFUL, "no_answer"), (Verdict.UNKNOWN, "not_askable"), ACCEPTED]
    assert len(demis.received) == 2
    assert len(set(demis.received)) == 1


def test_two_categories_are_two_notifications(exchange):
    courier, demis = http_courier(DemisCourier), Demis()

    assert exchange(courier, demis, written(courier, flu_and_covid(GERMAN)), "carry") == [ACCEPTED]
    assert len(set(demis.received)) == 2


def test_one_taken_and_one_told_not_now_is_a_doubt(exchange):
    courier, demis = http_courier(DemisCourier), Demis()

    def then_not_now(answer):
        demis.broken.append(text(429))
        return answer

    demis.change = then_not_now

    told = exchange(courier, demis, written(courier, flu_and_covid(GERMAN)), "carry")

    assert told == [(Verdict.DOUBTFUL, "http_429")]


def other_receipt(answer):
    receipt = answer["parameter"][0]["resource"]["entry"][0]["resource"]
    receipt["extension"][0]["valueIdentifier"] = {"system": "x", "value": "another"}
    receipt["relatesTo"] = [7, {"targetReference": None}, {"targetReference": {"identifier": None}}]
    return answer


def an_error_inside(answer):
    answer["parameter"][1]["resource"]["issue"][0]["severity"] = "error"
    return answer


@pytest.mark.parametrize(
    "change",
    [
        other_receipt,
        an_error_inside,
        lambda _: {},
        lambda _: [],
        lambda _: {"parameter": [7, {"resource": {"entry": [7]}}]},
    ],
)
def test_a_200_without_our_receipt_or_with_an_error_inside_is_a_doubt(exchange, change):
    courier, demis = http_courier(DemisCourier), Demis(change=change)

    told = exchange(courier, demis, written(courier, at_home(covid_positive(), GERMAN)), "carry")

    assert told == [(Verdict.DOUBTFUL, "unreadable_answer")]


def test_a_rejected_notification_waits_for_a_person(exchange):
    courier = http_courier(DemisCourier)

    told = exchange(courier, Demis([text(422)]), written(courier, at_home(covid_positive(), GERMAN)), "carry")

    assert told == [(Verdict.REFUSED, "http_422")]


# Both.


@pytest.mark.parametrize("kind", [ChElmCourier, DemisCourier], ids=["ch-elm", "demis"])
def test_a_pharmacy_without_a_number_there_is_refused_by_name(kind, settings):
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", replace(settings.TEMOIN.channels["fhir"], senders={}))
    courier, report = http_courier(kind), at_home(covid_positive(), SWISS)

    assert courier.write(load(report), report).code == "no_sender_number"


@pytest.mark.parametrize("kind", [ChElmCourier, DemisCourier], ids=["ch-elm", "demis"])
def test_what_the_dialect_has_no_word_for_waits_for_a_person(kind):
    courier = http_courier(kind)
    withdrawn = replace(at_home(covid_positive(), SWISS), status=ReportStatus.CANCELLED)

    answer = courier.write(load(withdrawn), withdrawn)

    assert (answer.verdict, answer.code) == (Verdict.REFUSED, "not_withdrawable")


def test_documents_that_take_too_long_are_a_doubt(exchange, monkeypatch):
    monkeypatch.setattr(fhir_dialect, "WHOLE", 0.0)
    courier = http_courier(DemisCourier)

    told = exchange(courier, Demis(), written(courier, flu_and_covid(GERMAN)), "carry")

    assert told == [(Verdict.DOUBTFUL, "no_answer")]


def test_a_server_that_is_not_there_got_nothing(settings):
    gone = replace(settings.TEMOIN.channels["fhir"], base_url="http://127.0.0.1:9/fhir", profile=Profile.CH_ELM)
    settings.TEMOIN = settings.TEMOIN.with_channel("fhir", gone)

    async def both(courier: DialectCourier, home: Address) -> list[Verdict]:
        ready = written(courier, at_home(covid_positive(), home))
        try:
            return [(await courier.carry(ready)).verdict, (await courier.enquire(ready)).verdict]
        finally:
            await courier.close()

    assert asyncio.run(both(http_courier(ChElmCourier), SWISS)) == [Verdict.POSTPONED, Verdict.DOUBTFUL]
    assert asyncio.run(both(http_courier(DemisCourier), GERMAN)) == [Verdict.POSTPONED, Verdict.UNKNOWN]
