"""The trial of an endpoint: the sandbox passes it, and every fault of the sandbox shows as a failed case."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sandbox_server import Sandbox, running_sandbox

from temoin.cli.main import main
from temoin_conformance import fhir_cases, hl7_cases, http_wire, mllp_wire
from temoin_conformance.cases import TrialResult, TrialVerdict
from temoin_conformance.documents import example_story
from temoin_conformance.endpoint import Endpoint, EndpointError, read_address
from temoin_conformance.pages import as_html, as_json
from temoin_conformance.trial import try_endpoint
from temoin_sandbox.faults import fault_names

FAULTS: dict[str, object] = {
    "down": "503",
    "slow": 0.3,
    "trickle": 0.01,
    "certificate": "expired",
    "inner_error": 1,
    "error_before_store": 1,
    "error_after_store": 1,
    "drop_answer": 1,
    "reject": 1,
    "reject_every": 3,
    "throttle": 1,
    "other_answer": 1,
    "half_answer": 1,
    "double_answer": 1,
}
NO_FAULT_OF_RESULTS = {"retry_after", "bounce", "mail_down", "mail_reject_recipient", "seed"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running_sandbox(encrypted=True) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def signer(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("sandbox") / "authorities.pem"
    file.write_bytes(sandbox.get("/authorities.pem").body)
    return file


@pytest.fixture
def tried(sandbox: Sandbox, signer: Path, monkeypatch) -> Callable[..., dict[str, TrialResult]]:
    """Return what tries the sandbox by TLS, and gives the results by the name of their case."""
    monkeypatch.setattr(http_wire, "LINGER", 0.1)
    monkeypatch.setattr(mllp_wire, "LINGER", 0.1)
    sandbox.set_faults(off=True)

    def run(scheme: str, seconds: float = 5, **faults: object) -> dict[str, TrialResult]:
        port = sandbox.https_port if scheme == "https" else sandbox.mllps_port
        path = "/fhir" if scheme == "https" else ""
        sandbox.set_faults(**faults)
        endpoint = Endpoint(scheme=scheme, host="127.0.0.1", port=port, path=path, seconds=seconds, authorities=signer)
        return {result.name: result for result in try_endpoint(endpoint)}

    return run


def failed(results: dict[str, TrialResult]) -> set[str]:
    return {name for name, result in results.items() if result.verdict is TrialVerdict.FAILED}


def test_the_sandbox_passes_every_case_of_fhir(tried):
    results = tried("https")

    assert {name: result.verdict for name, result in results.items()} == {
        case.name: TrialVerdict.PASSED for case in fhir_cases.CASES
    }


def test_the_sandbox_passes_every_case_of_hl7(tried):
    results = tried("mllps")

    assert failed(results) == set()
    assert [name for name, each in results.items() if each.verdict is TrialVerdict.NOT_APPLICABLE] == [
        "question by key",
        "holdings",
    ]


@pytest.mark.parametrize(("fault", "setting"), [*FAULTS.items(), ("down", "close"), ("certificate", "wrong-host")])
@pytest.mark.parametrize("scheme", ["https", "mllps"])
def test_a_fault_shows_as_a_failed_case(tried, scheme, fault, setting):
    assert failed(tried(scheme, seconds=0.15 if fault in {"slow", "trickle"} else 5, **{fault: setting}))


def test_a_redirect_is_a_failed_case_of_its_own(tried):
    results = tried("https", redirect="307")

    assert {"redirects", "first version"} <= failed(results)
    assert "elsewhere.invalid" not in results["redirects"].words


def test_the_faults_tried_are_all_there_are():
    assert set(FAULTS) | {"redirect"} | NO_FAULT_OF_RESULTS == set(fault_names())


def test_a_second_answer_fails_the_case_that_asks_once(tried):
    assert failed(tried("https", double_answer=1)) == {"question by key"}
    assert failed(tried("mllps", double_answer=1)) == {"two on one line"}


def test_every_document_sent_is_marked_as_a_test(tried):
    sent = [each.sent for result in tried("https").values() for each in result.exchanges if "DOMINIQUE" in each.sent]
    messages = [each.sent for result in tried("mllps").values() for each in result.exchanges if "PID" in each.sent]

    assert sent
    assert all("HTEST" in each or "cut" in each for each in sent)
    assert messages
    assert all("|T|2.5.1" in each for each in messages)


def test_results_do_not_travel_in_clear_to_another_machine():
    far = Endpoint(scheme="http", host="192.0.2.1", port=1, path="", seconds=0.05)
    farther = Endpoint(scheme="mllp", host="192.0.2.1", port=1, path="", seconds=0.05)

    for endpoint in (far, farther):
        first = next(iter(try_endpoint(endpoint)))
        assert (first.verdict, "in clear" in first.words) == (TrialVerdict.FAILED, True)


def test_nobody_there_fails_every_case_and_ends():
    nobody = Endpoint(scheme="http", host="127.0.0.1", port=1, path="/fhir")

    assert {result.verdict for result in try_endpoint(nobody)} == {TrialVerdict.FAILED, TrialVerdict.NOT_APPLICABLE}


def told(body: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()


ODD_PAGE = '{"resourceType": "Bundle", "type": "searchset", "entry": ["x", {"resource": 1}], "link": ["y"]}'


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", told("[]"), told(ODD_PAGE), told('{"resourceType": "Bundle"}'), b"\x0bX\x1c\r"]
)
@pytest.mark.parametrize("scheme", ["http", "mllp"])
def test_an_endpoint_that_says_anything_else_fails_and_breaks_nothing(scheme, answer, monkeypatch):
    monkeypatch.setattr(http_wire, "LINGER", 0.01)
    with saying(answer) as port:
        endpoint = Endpoint(scheme=scheme, host="127.0.0.1", port=port, path="", seconds=2)
        results = {result.name: result for result in try_endpoint(endpoint)}

    assert "first version" in failed(results)


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """Listen, and say the same to everyone."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            with line:
                line.recv(65_536)
                line.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)


@pytest.mark.parametrize(
    "address",
    ["ftp://host", "host", "https://", "https://me:secret@host/fhir", "https://host/fhir?x=1", "https://host:port/"],
)
def test_an_address_that_cannot_be_tried_is_refused(address):
    with pytest.raises(EndpointError):
        read_address(address)


def test_an_address_is_taken_apart():
    assert read_address("https://host/fhir/") == ("https", "host", 443, "/fhir")
    assert read_address("mllp://[::1]:7") == ("mllp", "::1", 7, "")
    assert Endpoint(scheme="mllp", host="::1", port=7, path="").address == "mllp://[::1]:7"


class Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.seen |= {tag, *(f"{tag}@{name}" for name, _ in attrs)}


def test_the_pages_hold_everything_and_need_nothing(tried):
    results = list(tried("https").values())
    results[0].words = "<script>alert(1)</script>"

    page, told = as_html("https://x", results), json.loads(as_json("https://x", results))

    assert "<script>" not in page
    assert not {"script", "link", "img", "a@onclick"} & Tags(page).seen
    assert [case["verdict"] for case in told["cases"]] == [result.verdict for result in results]
    assert "If-None-Exist" in page
    assert "&quot;resourceType&quot;: &quot;Bundle&quot;" in page


def test_a_token_is_sent_and_never_shown(sandbox, tmp_path, capsys):
    file = tmp_path / "token"
    file.write_text("very-secret\n")
    pages = tmp_path / "pages.json", tmp_path / "pages.html"
    words = ["conformance", f"http://127.0.0.1:{sandbox.port}/fhir", "--token-file", str(file)]
    sandbox.set_faults(off=True)

    status = main([*words, "--json", str(pages[0]), "--html", str(pages[1])])

    assert status == 0
    told = capsys.readouterr()
    assert "13 passed, 0 failed, 1 not applicable" in told.out
    assert "travels in clear" in told.err
    for page in pages:
        assert "very-secret" not in page.read_text()
        assert "Authorization: Bearer (a token)" in page.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("ftp://host",),
        ("https://host/fhir", "--profile", "elr"),
        ("https://host/fhir", "--certificate", "nowhere.pem"),
        ("https://host/fhir", "--token-file", "nowhere"),
        ("https://host/fhir", "--authorities", "nowhere.pem"),
        ("http://127.0.0.1:1/fhir",),  # nobody listens
    ],
)
def test_what_cannot_be_tried_is_told_in_a_sentence(words, capsys):
    assert main(["conformance", *words]) == 2
    assert capsys.readouterr().err.startswith("temoin: ")


def test_a_failed_case_is_the_status_of_the_command(sandbox, capsys):
    sandbox.set_faults(off=True)
    sandbox.set_faults(reject=1)

    assert main(["conformance", f"mllp://127.0.0.1:{sandbox.mllp_port}"]) == 1

    sandbox.set_faults(off=True)
    assert "expected: A framed AA or CA" in capsys.readouterr().out


def test_the_trial_loads_neither_django_nor_a_database():
    code = "import sys, temoin_conformance.trial; print({'django', 'psycopg'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "set()"


def test_the_published_examples_stay_the_same():
    assert example_story() == example_story()
    assert {case.name for case in fhir_cases.CASES} >= {case.name for case in hl7_cases.CASES} - {
        "two on one line",
        "malformed message",
        "wrong message",
    }
