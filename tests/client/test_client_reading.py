"""What a server or a stranger between answers, whatever it is: read, or an exception of ours; and keys of each kind."""

from __future__ import annotations

import contextlib
import json
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from temoin_client import KeyFile, problems
from temoin_client.answers import bundle_outcome, message_verdicts, retry_after, shape_of
from temoin_client.exchange import ApiCall, ApiReply
from temoin_client.fhir_models import FhirReports
from temoin_client.models import ResultVerdicts, TestAnswer, WholeResults
from temoin_client.problems import CallError
from temoin_client.tokens import ClientOptions, TokenBook

TestAnswer.__test__ = False
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
)
MEMBERS = ("resourceType", "issue", "error", "problems", "candidates", "detail", "incident", "results", "access_token")
OBJECTS = st.dictionaries(st.sampled_from(MEMBERS), JSON | st.just("OperationOutcome"), max_size=6)
BODIES = st.binary(max_size=200) | (JSON | OBJECTS).map(lambda value: json.dumps(value).encode())
LINES = st.lists(st.sampled_from(["MSA|AA|1", "MSA|AE", "ERR", "ERR|^^", "ERR||PID^1", "MSH|^~\\&", "|||"]) | st.text())
BOOK = TokenBook("https://staff.example.org", "c", lambda _claims: "", ClientOptions())
READERS = [partial(shape_of, ResultVerdicts, None), partial(shape_of, TestAnswer, None)]
READERS += [message_verdicts, bundle_outcome, BOOK.keep]


@pytest.mark.parametrize("read", READERS, ids=["verdicts", "test", "messages", "bundle", "token"])
@given(status=st.sampled_from([200, 201, 304, 400, 401, 422, 500, 503]), body=BODIES, after=st.text(max_size=40))
def test_any_answer_is_read_or_is_an_exception_of_ours(read, status, body, after):
    with contextlib.suppress(CallError):
        read(ApiReply(status, {"retry-after": after}, body))


@given(LINES)
def test_any_lines_are_acknowledgements_or_none(lines):
    reply = ApiReply(200, {}, "\r".join(lines).encode("utf-8", "replace"))
    try:
        assert message_verdicts(reply)
    except CallError:
        assert not any(line.startswith("MSA|AA") for line in lines)


@given(st.text(max_size=40))
def test_a_pause_is_a_number_of_seconds_or_none(text):
    told = retry_after(ApiReply(503, {"retry-after": text}))

    assert told is None or told >= 0


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (403, "insufficient_scope", problems.ScopeMissingError),
        (409, "in_progress", problems.StillBeingDoneError),
        (422, "key_reused", problems.OtherRequestError),
        (422, "likely_known", problems.WrongRequestError),
        (429, "reads_too_much", problems.TooMuchError),
        (500, "server_error", problems.ServerDefectError),
    ],
)
def test_what_fhir_says_of_a_call_is_told_as_by_a_problem(status, code, kind):
    issue = {"severity": "error", "details": {"coding": [{"code": code}], "text": "x"}, "diagnostics": "ab12"}
    body = json.dumps({"resourceType": "OperationOutcome", "issue": [issue]}).encode()

    with pytest.raises(kind) as told:
        bundle_outcome(ApiReply(status, {"retry-after": "7"}, body))

    assert told.type is kind
    assert kind is problems.WrongRequestError or (told.value.incident, told.value.retry_after) == ("ab12", 7.0)


def test_a_field_that_a_newer_server_adds_is_passed_over():
    body = b'{"results": [{"number": "1", "taken": true, "newer": 1}], "newer": {}}'

    assert shape_of(ResultVerdicts, None, ApiReply(200, {}, body)).results[0].taken


@pytest.mark.parametrize("url", ["https://[/api/v1/x?a=1", "//other/x", "https://other/api/v1/y", "/api/v1/[x"])
def test_a_next_page_that_is_of_no_list_is_not_followed(url):
    page = FhirReports(resourceType="Bundle", type="searchset", link=[{"relation": "next", "url": url}])
    call = ApiCall("GET", "/api/v1/fhir/DiagnosticReport", partial(shape_of, FhirReports, None))

    for address in (url, page.next):
        with pytest.raises(problems.UnreadableAnswerError):
            call.onward(address)


def test_no_value_is_told_of_what_is_not_of_its_shape():
    with pytest.raises(ValueError, match="results") as refused:
        WholeResults.model_validate({"results": "DUPONT"})

    assert "DUPONT" not in str(refused.value)


@pytest.mark.parametrize(
    ("alg", "made", "kind"),
    [("ES256", ECKey, "P-256"), ("Ed25519", OKPKey, "Ed25519"), ("PS256", RSAKey, 2048)],
    ids=["P-256", "Ed25519", "RSA"],
)
def test_each_kind_of_key_signs(alg, made, kind, tmp_path):
    key = made.generate_key(kind)
    (tmp_path / "key.pem").write_bytes(key.as_pem(private=True))

    signed = KeyFile(tmp_path / "key.pem")({"iss": "me"})

    told = jwt.decode(signed, key, algorithms=[alg])
    assert (told.header["alg"], told.claims) == (alg, {"iss": "me"})


@pytest.mark.parametrize(
    "content",
    [
        b"rubbish",
        b"",
        OKPKey.generate_key("X25519").as_pem(private=True),
        ECKey.generate_key("P-384").as_pem(private=True),
        ECKey.generate_key("P-256").as_pem(private=False),
    ],
    ids=["rubbish", "empty", "X25519", "P-384", "public"],
)
def test_a_file_without_a_key_of_ours_is_refused(content, tmp_path):
    (tmp_path / "key.pem").write_bytes(content)

    with pytest.raises(ValueError, match="No private key"):
        KeyFile(tmp_path / "key.pem")
