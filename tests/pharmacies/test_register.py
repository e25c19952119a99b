"""The register of professionals: what its answer means, the shape that its agency documents, and every odd answer.

`register_recorded.json` is the fictitious pharmacist of the agency's guide (github.com/ansforge/IG-fhir-annuaire at
5fbc358d, input/fsh/examples/DP/PP16DP-Practitioner.fsh and PP16DP-PractitionerRole.fsh) in the envelope that the
documentation of the API shows (github.com/ansforge/annuaire-sante-fhir-documentation at 9f3d7d0d, guide/version-2).
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sandbox_server import Sandbox, running_sandbox

from temoin.pharmacies.couriers.annuaire_sante import AnnuaireSante, read_entries
from temoin.pharmacies.professions import MAY_BE_REGISTERED, Profession
from temoin.pharmacies.register import (
    Claim,
    RegisterAnswerError,
    RegisterAwayError,
    RegisterDifference,
    RegisteredActivity,
    RegisterFinding,
    RegisterSettings,
    compare,
    professions_shown_for,
)
from temoin.pharmacies.states import RegisterState

RECORDED = Path(__file__).with_name("register_recorded.json").read_bytes()
NUMBER = "10102727017"
PHARMACIST = RegisteredActivity(
    is_active=True, family_name="CHATELIER", given_names="David", professions=frozenset({"G15/21"})
)
N, P, C = RegisterDifference.NAME, RegisterDifference.PROFESSION, RegisterDifference.CLOSED


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """The stand-in register."""
    with running_sandbox() as server:
        yield server


def at(base: str, folder: Path, *, key: str = "a-key-of-the-register", seconds: int = 2) -> AnnuaireSante:
    file = folder / "register.key"
    file.write_text(f"{key}\n")
    return AnnuaireSante(RegisterSettings(base_url=base, key_file=file, seconds=seconds))


def claim(family: str = "Châtelier", given: str = "David", profession: Profession = Profession.ADJOINT) -> Claim:
    return Claim(family_name=family, given_name=given, profession=profession)


def entry(**changes: object) -> RegisteredActivity:
    return RegisteredActivity(**{**PHARMACIST.__dict__, **changes})


def test_the_recorded_answer_is_read():
    assert read_entries(RECORDED, NUMBER) == [PHARMACIST]


def test_the_stand_in_answers_in_the_recorded_shape(sandbox: Sandbox):
    """Every path of the stand-in's answer is one of the recorded answer, with a value of the same type."""
    found = sandbox.ask(
        "POST",
        "/annuaire/fhir/v2/Practitioner/_search",
        f"identifier={NUMBER}&_revinclude=PractitionerRole%3Apractitioner",
        ESANTE_API_KEY="x",
        Content_Type="application/x-www-form-urlencoded",
    ).json

    assert paths(found) <= paths(json.loads(RECORDED))
    assert read_entries(json.dumps(found).encode(), NUMBER) == [PHARMACIST]


def paths(value: object, place: str = "") -> set[str]:
    if isinstance(value, dict):
        return {one for name, inner in value.items() for one in paths(inner, f"{place}.{name}")}
    if isinstance(value, list):
        return {one for inner in value for one in paths(inner, f"{place}[]")}
    return {f"{place}: {type(value).__name__}"}


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (NUMBER, [PHARMACIST]),
        ("10003461033", [entry(family_name="Saucier", given_names="Arthur", professions=frozenset({"G15/10"}))]),
        ("99700099304", [entry(family_name="PERRIN", given_names="LUCAS", professions=frozenset({"R85/317"}))]),
        ("99700099312", [entry(family_name="ANCIEN", given_names="JEAN", is_active=False)]),
        ("10003879623", []),
        (NUMBER[:10], []),
    ],
)
def test_the_client_asks_the_stand_in(
    sandbox: Sandbox, tmp_path: Path, number: str, expected: list[RegisteredActivity]
):
    register = at(f"http://127.0.0.1:{sandbox.port}/annuaire/fhir/v2", tmp_path)

    assert register.look_up(number) == expected


def test_several_professions_are_several_entries(sandbox: Sandbox, tmp_path: Path):
    found = at(f"http://127.0.0.1:{sandbox.port}/annuaire/fhir/v2", tmp_path).look_up("99700099320")

    assert [sorted(one.professions) for one in found] == [["G15/21"], ["G15/10"]]
    assert compare(claim("double", "Anne Marie", Profession.BIOLOGIST), found).state is RegisterState.AGREES


@pytest.mark.parametrize(
    ("claimed", "entries", "expected"),
    [
        (claim(), [PHARMACIST], ()),
        (claim("CHATELIER", "DAVID"), [PHARMACIST], ()),
        (claim("LE GOFF", "Maëlle"), [entry(family_name="LE-GOFF", given_names="MAELLE Anne")], ()),
        (claim(given="Jean-Luc"), [entry(given_names="JEAN LUC Marie")], ()),
        (claim(given="Luc"), [entry(given_names="JEAN LUC Marie")], (N,)),
        (claim("Durand"), [PHARMACIST], (N,)),
        (claim(""), [entry(family_name="", given_names="")], (N,)),
        (claim(profession=Profession.NURSE), [PHARMACIST], (P,)),
        (claim("Durand", profession=Profession.PREPARATEUR), [PHARMACIST], (N, P)),
        (claim(), [entry(is_active=False)], (C,)),
        (claim(), [entry(is_active=False, professions=frozenset()), PHARMACIST], ()),
        (claim(), [entry(professions=frozenset({"G15/10"})), PHARMACIST], ()),
        (claim(profession=Profession.STUDENT), [entry(professions=frozenset({"G16/21"}))], ()),
    ],
)
def test_name_and_profession_are_compared(claimed: Claim, entries: list[RegisteredActivity], expected: tuple):
    found = compare(claimed, entries)

    assert found.differs == expected
    assert found.state is (RegisterState.DIFFERS if expected else RegisterState.AGREES)


def test_an_unknown_number_is_told_as_that():
    assert compare(claim(), []) == RegisterFinding(RegisterState.UNKNOWN)


def test_what_the_register_shows_is_kept_in_words():
    assert compare(claim("X"), [PHARMACIST, PHARMACIST]).shown == "David CHATELIER, Pharmacien"
    assert compare(claim("X"), [entry(professions=frozenset({"R85/1"}))]).shown == "David CHATELIER, R85/1"


@pytest.mark.parametrize("profession", Profession)
def test_each_profession_with_a_number_has_what_the_register_may_show(profession: Profession):
    assert bool(professions_shown_for(profession)) is (profession in MAY_BE_REGISTERED)


@contextmanager
def answering(status: int, body: bytes, headers: dict[str, str] | None = None) -> Iterator[str]:
    """A register that answers everything in one way."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "key_refused"),
        (403, "key_refused"),
        (408, "http_408"),
        (429, "http_429"),
        (500, "http_500"),
        (503, "http_503"),
        (302, "http_302"),
        (204, "http_204"),
    ],
)
def test_a_register_that_cannot_answer_now_says_nothing_of_the_number(tmp_path: Path, status: int, code: str):
    with answering(status, b"", {"Location": "http://127.0.0.1:1/"}) as base, pytest.raises(RegisterAwayError) as error:
        at(base, tmp_path).look_up(NUMBER)

    assert str(error.value) == code


@pytest.mark.parametrize("status", [400, 404, 410, 412])
def test_a_refused_question_is_that_questions_own_trouble(tmp_path: Path, status: int):
    with answering(status, b"{}") as base, pytest.raises(RegisterAnswerError, match=f"http_{status}"):
        at(base, tmp_path).look_up(NUMBER)


ODD = {"resourceType": "Practitioner", "identifier": ["x"]}
SEARCHSET = {"resourceType": "Bundle", "type": "searchset"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        json.dumps({"resourceType": "OperationOutcome", "type": "searchset"}).encode(),
        json.dumps({**SEARCHSET, "type": "history"}).encode(),
        json.dumps({**SEARCHSET, "entry": [{}]}).encode(),
        json.dumps({**SEARCHSET, "entry": {"a": 1}}).encode(),
        json.dumps(
            {**SEARCHSET, "entry": [{"resource": {"resourceType": "Practitioner", "identifier": ["x"]}}]}
        ).encode(),
        json.dumps({**SEARCHSET, "link": [{"relation": "next", "url": "x"}]}).encode(),
        RECORDED.replace(b'"active": true', b'"active_": true'),
        RECORDED.replace(b'["David"]', b"7"),
        b" " * 1_000_001,
    ],
    ids=range(15),
)
def test_what_is_no_answer_is_told_and_never_a_defect_of_ours(tmp_path: Path, body: bytes):
    with answering(200, body) as base, pytest.raises(RegisterAnswerError):
        at(base, tmp_path).look_up(NUMBER)


@pytest.mark.parametrize("body", [json.dumps(SEARCHSET).encode(), json.dumps({**SEARCHSET, "total": 0}).encode()])
def test_an_empty_answer_is_an_unknown_number(body: bytes):
    assert read_entries(body, NUMBER) == []


def test_another_identifier_of_the_same_digits_is_not_the_number():
    other = RECORDED.replace(b"https://rpps.esante.gouv.fr", b"https://finess.esante.gouv.fr")

    assert read_entries(other, NUMBER) == []


def test_a_register_that_is_not_there_or_says_nothing_is_away(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        base = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(RegisterAwayError, match="unreachable"):
            at(base, tmp_path, seconds=1).look_up(NUMBER)
    with pytest.raises(RegisterAwayError, match="unreachable"):
        at(base, tmp_path).look_up(NUMBER)


def test_the_number_stands_in_no_address_and_the_key_in_its_header(tmp_path: Path):
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            connection, _ = server.accept()
            with connection:
                while b"_count=50" not in b"".join(seen):
                    seen.append(connection.recv(65_536))
                connection.sendall(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=take)
        thread.start()
        with pytest.raises(RegisterAwayError):
            at(f"http://127.0.0.1:{server.getsockname()[1]}/fhir/v2", tmp_path).look_up(NUMBER)
        thread.join()
    head, _, body = b"".join(seen).partition(b"\r\n\r\n")

    assert head.startswith(b"POST /fhir/v2/Practitioner/_search HTTP/1.1\r\n")
    assert NUMBER.encode() not in head
    assert b"ESANTE-API-KEY: a-key-of-the-register\r\n" in head
    assert f"identifier={NUMBER}".encode() in body


def test_the_key_is_asked_for(sandbox: Sandbox, tmp_path: Path):
    base = f"http://127.0.0.1:{sandbox.port}/annuaire/fhir/v2"

    with pytest.raises(RegisterAwayError, match="key_refused"):
        at(base, tmp_path, key="").look_up(NUMBER)
    assert sandbox.get(f"/annuaire/fhir/v2/Practitioner?identifier={NUMBER}", ESANTE_API_KEY="x").json["total"] == 1
    assert sandbox.get("/annuaire/fhir/v2/Practitioner?nom=x", ESANTE_API_KEY="x").status == 400
