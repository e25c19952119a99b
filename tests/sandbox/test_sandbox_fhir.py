"""The FHIR door: conditional create, read, search, and what it says when it refuses."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest
from sandbox_documents import SYSTEM, copy_of, document, moment, resource_of


def test_a_new_document_is_created_with_its_address(sandbox):
    sent = document()

    answer = sandbox.post(sent)

    assert answer.status == 201
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert answer.json["identifier"] == sent["identifier"]
    assert sandbox.get(urlsplit(answer.headers["Location"]).path).json == answer.json


def test_a_resend_answers_the_first_one_and_stores_nothing(sandbox):
    sent = document()
    first = sandbox.post(sent)

    again = sandbox.post(sent)

    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert again.headers["Location"] == first.headers["Location"]
    assert sandbox.stats | {"stored": 1, "posts": 2, "duplicates": 1, "differing": 0} == sandbox.stats


def test_other_content_under_a_known_key_is_noticed(sandbox):
    sent = document()
    sandbox.post(sent)

    again = sandbox.post(document(sent["identifier"]["value"]))

    assert again.status == 200
    assert sandbox.stats["differing"] == 1


def test_the_condition_may_be_percent_encoded(sandbox):
    sent = document("a key+with|signs")
    header = f"identifier={quote(SYSTEM, safe='')}%7C{quote('a key+with|signs', safe='')}"

    assert [sandbox.post(sent, If_None_Exist=header).status for _ in range(2)] == [201, 200]


def test_without_the_condition_every_post_creates(sandbox):
    sent = document()

    assert [sandbox.post(sent, conditional=False).status for _ in range(2)] == [201, 201]
    assert sandbox.get("/keys").json == [{"system": SYSTEM, "key": sent["identifier"]["value"], "count": 2}]


def test_several_matches_are_a_failed_precondition(sandbox):
    sent = document()
    for _ in range(2):
        sandbox.post(sent, conditional=False)

    answer = sandbox.post(sent)

    assert (answer.status, answer.rules) == (412, ["several-matches"])
    assert sandbox.stats["stored"] == 2


def test_a_hundred_posts_of_one_key_at_once_store_one(sandbox):
    sent = document()

    with ThreadPoolExecutor(16) as pool:
        statuses = [answer.status for answer in pool.map(lambda _: sandbox.post(sent), range(100))]

    assert sorted(statuses) == [200] * 99 + [201]
    assert [item["count"] for item in sandbox.get("/keys").json] == [1]


@pytest.mark.parametrize(
    "condition", ["", "identifier=", "identifier=x", "_id=4", "identifier=a|b&_id=1", "?identifier=a|b"]
)
def test_a_condition_that_names_no_whole_identifier_is_refused(sandbox, condition):
    answer = sandbox.post(document(), If_None_Exist=condition)

    assert (answer.status, answer.rules) == (400, ["if-none-exist"])


@pytest.mark.parametrize(
    ("body", "status", "rule"),
    [
        (b"{", 400, "json-malformed"),
        (b"", 400, "json-malformed"),
        (b"\xff{}", 400, "json-malformed"),
        (b"[]", 400, "resource-type"),
        (b'{"resourceType": "Patient"}', 422, "resource-type"),
        (b'{"resourceType": "Bundle", "entry": ' + b"[" * 3000 + b"]" * 3000 + b"}", 400, "json-malformed"),
        (b'{"resourceType": "Bundle", "x": ' + b"[" * 200 + b"]" * 200 + b"}", 422, "json-deep"),
        (b'{"resourceType": "Bundle", "entry": 4}', 422, "composition-first"),
        (b'{"resourceType": "Bundle", "entry": [4, null, {"resource": []}]}', 422, "entry-resource"),
        (b" " * 3_000_000, 413, "too-large"),
    ],
)
def test_a_body_that_is_no_document_is_refused_by_name(sandbox, body, status, rule):
    answer = sandbox.ask("POST", "/fhir/Bundle", body, Content_Type="application/fhir+json")

    assert answer.status == status
    assert answer.json["resourceType"] == "OperationOutcome"
    assert rule in answer.rules


def test_another_content_type_is_refused(sandbox):
    answer = sandbox.ask("POST", "/fhir/Bundle", "<Bundle/>", Content_Type="application/fhir+xml")

    assert (answer.status, answer.rules) == (415, ["content-type"])


def test_xml_is_not_served(sandbox):
    assert sandbox.get("/fhir/metadata", Accept="application/fhir+xml").status == 406


def test_a_refusal_tells_both_languages_and_the_place_but_no_value(sandbox):
    sent = document()
    resource_of(sent, "Patient")["gender"] = "SECRET"

    answer = sandbox.post(sent)

    assert answer.status == 422
    issue = answer.json["issue"][0]
    assert (issue["severity"], issue["code"]) == ("error", "required")
    assert issue["details"]["text"] == "Patient.gender manque."
    assert issue["diagnostics"] == "Patient.gender is required."
    assert issue["expression"] == ["Bundle.entry[2].resource.gender"]
    assert "SECRET" not in answer.text
    assert sandbox.stats | {"refused": 1, "stored": 0} == sandbox.stats


def test_search_finds_by_identifier(sandbox):
    sent, other = document(), document()
    sandbox.post(sent)
    sandbox.post(other)

    found = sandbox.get(f"/fhir/Bundle?identifier={quote(SYSTEM, safe='')}%7C{sent['identifier']['value']}").json

    assert (found["type"], found["total"]) == ("searchset", 1)
    assert found["entry"][0]["resource"]["identifier"] == sent["identifier"]
    assert found["entry"][0]["search"] == {"mode": "match"}
    by_value = sandbox.get(f"/fhir/Bundle?identifier={sent['identifier']['value']},none").json
    assert by_value["total"] == 1


def test_search_of_an_unknown_identifier_finds_nothing(sandbox):
    found = sandbox.get("/fhir/Bundle?identifier=a|b").json

    assert found["total"] == 0
    assert "entry" not in found


def test_search_pages_through_everything_once(sandbox):
    keys = [sandbox.post(document()).json["identifier"]["value"] for _ in range(5)]

    seen, address = [], "/fhir/Bundle?_count=2&_summary=true"
    while address:
        found = sandbox.get(address).json
        seen += [entry["resource"]["identifier"]["value"] for entry in found["entry"]]
        following = [link["url"] for link in found["link"] if link["relation"] == "next"]
        address = following[0].partition(str(sandbox.port))[2] if following else ""

    assert seen == keys


def test_search_sorts_newest_first(sandbox):
    keys = [sandbox.post(document()).json["identifier"]["value"] for _ in range(3)]

    found = sandbox.get("/fhir/Bundle?_sort=-_lastUpdated&_count=2").json

    assert [entry["resource"]["identifier"]["value"] for entry in found["entry"]] == keys[:0:-1]


def test_search_by_time_of_receipt(sandbox):
    early = sandbox.post(document()).json["meta"]["lastUpdated"]
    time.sleep(0.01)
    late = sandbox.post(document()).json["meta"]["lastUpdated"]

    def total(*conditions: str) -> int:
        return sandbox.get("/fhir/Bundle?_summary=count&" + "&".join(f"_lastUpdated={c}" for c in conditions)).json[
            "total"
        ]

    assert total(f"ge{early}") == 2
    assert total(f"gt{early}") == 1
    assert total(f"ge{early}", f"lt{late}") == 1
    assert total(f"le{late}") == 2
    assert total(early) == 1
    assert total(f"lt{early}") == 0
    assert total(early[:10]) + total(late[:10]) >= 2
    assert total(f"ge{early[:4]}") == total(f"eq{early[:7]}") == 2
    assert total(f"ge{quote(moment(hours=-1))}") == 0
    assert total("lt2001-02", "ge2005") == 0


def test_search_by_form_keeps_the_key_out_of_the_address(sandbox):
    sent = document()
    sandbox.post(sent)

    found = sandbox.ask("POST", "/fhir/Bundle/_search", f"identifier={SYSTEM}|{sent['identifier']['value']}")

    assert found.json["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "name=x",
        "_count=x",
        "_count=-1",
        "_lastUpdated=xx",
        "_lastUpdated=ge2024-13-01",
        "_summary=no",
        "_sort=id",
        "_format=xml",
        "_count=1&_count=2",
        "_cursor=٣",
    ],
)
def test_a_search_that_is_not_understood_is_refused(sandbox, query):
    answer = sandbox.get(f"/fhir/Bundle?{quote(query, safe='=&')}")

    assert (answer.status, answer.rules) == (400, ["search-parameter"])


def test_the_capability_statement_promises_conditional_create(sandbox):
    told = sandbox.get("/fhir/metadata").json

    assert told["fhirVersion"] == "4.0.1"
    assert told["rest"][0]["resource"][0]["conditionalCreate"] is True


@pytest.mark.parametrize("path", ["/fhir/Bundle/unknown", "/fhir/Patient", "/fhir", "/fhir/Bundle/x/_history/2"])
def test_unknown_addresses_are_not_found_as_fhir_says_it(sandbox, path):
    answer = sandbox.get(path)

    assert (answer.status, answer.rules) == (404, ["not-found"])


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/fhir/Bundle/x"), ("PUT", "/fhir/Bundle")])
def test_nothing_can_be_changed_or_deleted(sandbox, method, path):
    answer = sandbox.ask(method, path)

    assert (answer.status, answer.rules) == (405, ["method"])
    assert "GET" in answer.headers["Allow"]


def test_prefer_chooses_what_comes_back(sandbox):
    minimal = sandbox.post(document(), Prefer="return=minimal")
    outcome = sandbox.post(document(), Prefer="return=OperationOutcome")

    assert (minimal.status, minimal.body) == (201, b"")
    assert outcome.rules == ["accepted"]


def test_an_amended_document_marks_the_former_as_replaced(sandbox):
    first = document()
    sandbox.post(first)

    sandbox.post(document(replaces=first["identifier"]["value"], outcome="10828004"))

    assert sandbox.stats["replaced"] == 1


def test_an_amended_document_may_arrive_first_with_a_warning(sandbox):
    first = document()

    amended = sandbox.post(document(replaces=first["identifier"]["value"]), Prefer="return=OperationOutcome")
    before = sandbox.stats["replaced"]
    sandbox.post(first)

    assert (amended.status, amended.rules) == (201, ["former-unknown"])
    assert (before, sandbox.stats["replaced"]) == (0, 1)


def test_what_is_stored_is_what_was_sent(sandbox):
    sent = document()

    stored = sandbox.post(copy_of(sent)).json

    assert stored.pop("id")
    assert stored.pop("meta")["profile"] == sent.pop("meta")["profile"]
    assert stored == sent


def test_a_client_that_leaves_early_breaks_nothing(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port)) as early:
        early.sendall(b"POST /fhir/Bundle HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")

    assert sandbox.post(document()).status == 201
    assert json.loads(sandbox.get("/stats").body)["stored"] == 1
