"""Each fault on demand, seen from a client."""

import socket
import ssl
import time
from http.client import HTTPSConnection, IncompleteRead, RemoteDisconnected

import pytest
from mllp_client import END, START, exchange
from patience import PATIENCE
from sandbox_documents import SYSTEM, document
from sandbox_server import Sandbox, running_sandbox
from test_sandbox_mllp import MESSAGE

from temoin_sandbox.faults import FaultDesk, FaultError, Faults, changed_faults


def test_down_answers_unavailable_and_tells_when_to_return(sandbox):
    sandbox.set_faults(down="503", retry_after=7)

    answer = sandbox.post(document())

    assert (answer.status, answer.rules, answer.headers["Retry-After"]) == (503, ["fault-down"], "7")
    assert sandbox.stats["posts"] == 0


def test_down_can_cut_the_connection_while_the_page_stays(sandbox):
    sandbox.set_faults(down="close")

    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        sandbox.post(document())

    assert sandbox.get("/").status == 200


def test_slow_takes_its_time_and_stores_all_the_same(sandbox):
    sandbox.set_faults(slow=0.3)
    start = time.monotonic()

    assert sandbox.post(document()).status == 201
    assert time.monotonic() - start >= 0.3


def test_two_slow_posts_of_one_key_store_one(sandbox):
    sandbox.set_faults(slow=0.1)
    sent = document()

    assert [sandbox.post(sent).status, sandbox.post(sent).status] == [201, 200]


def test_an_error_after_storing_leaves_the_document_there(sandbox):
    sandbox.set_faults(error_after_store=1)
    sent = document()

    answer = sandbox.post(sent)

    assert (answer.status, answer.rules) == (500, ["fault-error"])
    assert sandbox.get("/keys").json == [{"system": SYSTEM, "key": sent["identifier"]["value"], "count": 1}]


def test_a_dropped_answer_leaves_the_document_there(sandbox):
    sandbox.set_faults(drop_answer=1)
    sent = document()

    with pytest.raises((RemoteDisconnected, ConnectionResetError)):
        sandbox.post(sent)

    sandbox.set_faults(off=True)
    assert sandbox.post(sent).status == 200
    assert sandbox.stats["stored"] == 1


def test_one_post_in_three_is_rejected(sandbox):
    sandbox.set_faults(reject_every=3)

    assert [sandbox.post(document()).status for _ in range(6)] == [201, 201, 422, 201, 201, 422]
    assert sandbox.stats["refused"] == 2


def test_rejection_by_rate_names_itself(sandbox):
    sandbox.set_faults(reject=1.0)

    assert sandbox.post(document()).rules == ["fault-reject"]


def test_too_many_requests_tells_when_to_return(sandbox):
    sandbox.set_faults(**{"429": 1, "retry_after": 3})

    answer = sandbox.post(document())

    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    assert sandbox.stats["throttled"] == 1


def test_off_restores_everything(sandbox):
    sandbox.set_faults(reject=1, mail_down=True, slow=1)

    told = sandbox.set_faults(off=True).json

    assert (told["reject"], told["mail_down"], told["slow"]) == (0, False, 0)
    assert sandbox.post(document()).status == 201


def test_the_same_seed_throws_the_same_dice(sandbox):
    def statuses() -> list[int]:
        return [sandbox.post(document()).status for _ in range(20)]

    sandbox.set_faults(error_after_store=0.5, seed=42)
    first = statuses()
    sandbox.set_faults(seed=42)

    assert statuses() == first
    assert set(first) == {201, 500}


def test_one_fault_never_shifts_the_dice_of_another():
    alone, beside = FaultDesk(Faults(drop_answer=0.5)), FaultDesk(Faults(drop_answer=0.5, reject=0.5))

    def throws(desk: FaultDesk) -> list[bool]:
        return [bool(desk.rejects()) is None or desk.strikes("drop_answer") for _ in range(50)]

    assert throws(alone) == throws(beside)


def test_the_form_of_the_page_changes_faults_without_script(sandbox):
    answer = sandbox.ask(
        "POST",
        "/faults",
        "drop_answer=0%2C25&down=503&mail_down=true&seed=4",
        Content_Type="application/x-www-form-urlencoded",
    )

    told = sandbox.get("/faults").json
    assert (answer.status, answer.headers["Location"]) == (303, "/#faults")
    assert (told["drop_answer"], told["down"], told["mail_down"], told["seed"]) == (0.25, "503", True, 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("drop_answer", 1.1),
        ("drop_answer", "x"),
        ("drop_answer", True),
        ("slow", -1),
        ("slow", "nan"),
        ("seed", 1.5),
        ("down", "maybe"),
        ("mail_down", "maybe"),
        ("unknown", 1),
        ("off", "maybe"),
        ("reject", None),
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(sandbox, name, value):
    answer = sandbox.set_faults(**{name: value})

    assert (answer.status, answer.json["name"]) == (400, name)
    assert sandbox.get("/faults").json["drop_answer"] == 0


def test_a_form_out_of_range_says_so_on_a_page(sandbox):
    answer = sandbox.ask("POST", "/faults", "slow=x", Content_Type="application/x-www-form-urlencoded")

    assert answer.status == 400
    assert "slow" in answer.text


@pytest.mark.parametrize("body", ["{", "[]"])
def test_a_malformed_change_is_refused(sandbox, body):
    assert sandbox.ask("POST", "/faults", body, Content_Type="application/json").status == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
def test_a_page_of_another_site_cannot_change_faults(sandbox, headers):
    assert sandbox.ask("POST", "/faults", "slow=5", **headers).status == 403
    assert sandbox.get("/faults").json["slow"] == 0


@pytest.mark.parametrize(
    ("given", "read"), [(True, "503"), ("oui", "503"), (False, "off"), ("off", "off"), ("close", "close")]
)
def test_down_reads_words_and_flags(given, read):
    assert changed_faults(Faults(), {"down": given}).down == read


def test_the_own_page_of_the_sandbox_may_change_faults(sandbox):
    own = {"Origin": f"http://127.0.0.1:{sandbox.port}", "Sec_Fetch_Site": "same-origin"}

    answer = sandbox.ask("POST", "/faults", "slow=0", Content_Type="application/x-www-form-urlencoded", **own)

    assert answer.status == 303


def test_an_unknown_setting_names_itself():
    with pytest.raises(FaultError, match="nothing"):
        changed_faults(Faults(), {"nothing": 1})


def test_an_error_before_storing_leaves_nothing_there(sandbox):
    sandbox.set_faults(error_before_store=1)

    answer = sandbox.post(document())

    assert (answer.status, answer.rules) == (500, ["fault-error-before"])
    assert sandbox.get("/keys").json == []


def test_an_error_inside_a_good_answer_leaves_nothing_there(sandbox):
    sandbox.set_faults(inner_error=1)

    answer = sandbox.post(document())

    assert (answer.status, answer.json["issue"][0]["severity"], answer.rules) == (200, "error", ["fault-inside"])
    assert sandbox.get("/keys").json == []


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_leads_to_a_host_that_nobody_has(sandbox, status):
    sandbox.set_faults(redirect=str(status))

    answer = sandbox.post(document())

    assert (answer.status, answer.headers["Location"]) == (status, "http://elsewhere.invalid/fhir/Bundle")
    assert sandbox.stats["stored"] == 0


def test_an_answer_can_speak_of_another_document(sandbox):
    sandbox.set_faults(other_answer=1)
    sent = document()

    created, found = sandbox.post(sent).json, sandbox.get("/fhir/Bundle").json["entry"][0]["resource"]

    assert created["identifier"]["value"] == found["identifier"]["value"] == "not-the-one-asked-about"
    assert sandbox.get("/keys").json[0]["key"] == sent["identifier"]["value"]


def test_an_answer_can_be_cut_in_the_middle(sandbox):
    sandbox.set_faults(half_answer=1)

    with pytest.raises(IncompleteRead):
        sandbox.post(document())

    assert sandbox.stats["stored"] == 1


def test_an_answer_can_come_twice(sandbox):
    sandbox.set_faults(double_answer=1)
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=PATIENCE) as line:
        line.sendall(b"GET /fhir/Bundle/1 HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while got.count(b"HTTP/1.1 404 Not Found") < 2:
            got += line.recv(65_536)

    assert sandbox.stats["fired"] == {"double_answer": 1}


def test_an_answer_can_trickle(sandbox):
    sandbox.set_faults(trickle=0.001)

    assert sandbox.post(document(), Prefer="return=minimal").status == 201
    assert sandbox.stats["fired"] == {"trickle": 1}


@pytest.fixture(scope="module")
def encrypted():
    with running_sandbox(encrypted=True) as sandbox:
        yield sandbox


def ask_by_tls(sandbox: Sandbox) -> int:
    context = ssl.create_default_context(cadata=sandbox.get("/authorities.pem").text)
    connection = HTTPSConnection("127.0.0.1", sandbox.https_port, timeout=PATIENCE, context=context)
    try:
        connection.request("GET", "/fhir/metadata")
        return connection.getresponse().status
    finally:
        connection.close()


def test_whoever_trusts_its_signer_comes_by_tls(encrypted):
    assert ask_by_tls(encrypted) == 200


@pytest.mark.parametrize(
    ("shown", "reason"), [("wrong-host", "IP address mismatch"), ("expired", "certificate has expired")]
)
def test_a_wrong_certificate_is_told_from_the_right_one(encrypted, shown, reason):
    encrypted.set_faults(certificate=shown)

    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        ask_by_tls(encrypted)

    encrypted.set_faults(off=True)
    assert encrypted.stats["fired"]["certificate"] >= 1


def test_hl7_comes_by_tls_too(encrypted):
    context = ssl.create_default_context(cadata=encrypted.get("/authorities.pem").text)
    bare = socket.create_connection(("127.0.0.1", encrypted.mllps_port), timeout=PATIENCE)
    with context.wrap_socket(bare, server_hostname="127.0.0.1") as line:
        assert "MSA|AA|K1" in exchange(line, START + MESSAGE.encode() + END)


def test_without_tls_there_is_nobody_to_trust(sandbox):
    assert sandbox.get("/authorities.pem").status == 404
