"""Uses what stands beside the counter's own road, as people and programs do: appointments, orders, groups, notices.

Each word that is typed, sent, shown once or carried by a message is returned: none may be seen again.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import time
import urllib.error
import urllib.request
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from producers import Visitor
from trouble import ask_sandbox

Person = dict[str, str]
KIND, OUTCOMES = "covid19-ag", {"sars-cov-2": "negative"}
PATIENCE = 180.0  # seconds for the message about an appointment that was moved: it leaves within two minutes
FORM, JSON, HL7 = "application/x-www-form-urlencoded", "application/json", "application/hl7-v2"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
START, END = b"\x0b", b"\x1c\r"
ALLOWED_HOST = "logiciel.example:443"  # nothing is there: what is to be told waits


def word(start: str) -> str:
    # Letters only: names take no figures. Sixteen of them stand nowhere by chance.
    return start + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _ in range(16))


def draw_person() -> Person:
    """Return a person who bears random names."""
    words = {"birth_family_name": "Nom", "birth_given_names": "Pre", "used_family_name": "Usa"}
    words |= {"street": "Rue", "city": "Vil"}
    drawn = {field: word(start) for field, start in words.items()}
    return {**drawn, "email": f"{secrets.token_hex(6)}@patient.example"}


def do(visitor: Visitor, page: str, path: str, fields: dict[str, str], *, status: int = 302) -> tuple[str, str]:
    """Send a form with the token of a page, and what it says that it showed; return the body, and where that leads."""
    shown = _shown(visitor.get(page)[1], path)
    answer = visitor.send(path, {**shown, **fields, "csrfmiddlewaretoken": visitor.token(page)})
    if answer[0] != status:
        words = re.findall(r'(?s)class="problem[^>]*>(.*?)<', answer[1])
        raise RuntimeError(f"{path} answered {answer[0]}: {words}")
    return answer[1], answer[2]


def _shown(page: str, path: str) -> dict[str, str]:
    """Return what the first form of a page that leads somewhere says that its page showed."""
    form = re.search(rf'(?s)<form[^>]*action="{re.escape(path)}".*?</form>', page)
    return dict(re.findall(r'<input type="hidden" name="(seen|version)" value="([^"]*)"', form[0])) if form else {}


class CallingProgram:
    """A program of a pharmacy, with its key; what it sends and is answered is kept in `values`."""

    def __init__(self, staff: str, client_id: str, key: Any, algorithm: str) -> None:
        self.staff, self.client_id = staff, client_id
        self._key, self._algorithm = key, algorithm
        self.values: set[str] = set()

    def token(self) -> str:
        """Prove the key, and get a token."""
        from joserfc import jwt

        name, address = self.client_id, f"{self.staff}/api/token"
        claims = {"iss": name, "sub": name, "aud": address, "jti": uuid4().hex, "exp": int(time.time()) + 120}
        signed = jwt.encode({"alg": self._algorithm}, claims, self._key, algorithms=[self._algorithm])
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": signed}
        token = str(json.loads(_post(address, urlencode(form).encode(), {"Content-Type": FORM})[0])["access_token"])
        self.values |= {signed, token}
        return token

    def call(self, path: str, body: object = None, *, media: str = JSON, **headers: str) -> tuple[Any, str]:
        """Call an address; return what is answered, and the version that is shown."""
        head = {"Authorization": f"Bearer {self.token()}", "Content-Type": media, **headers}
        if body is None:
            return self._answered(path, None, head)
        sent = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        keyed = {"Idempotency-Key": uuid4().hex} if media == JSON else {}
        return self._answered(path, sent, head | keyed)

    def _answered(self, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[Any, str]:
        content, version = _post(f"{self.staff}{path}", body, headers)
        return (json.loads(content) if content[:1] in b"{[" else content.decode()), version


def use_rooms(visitor: Visitor, ready: dict[str, Any], program: CallingProgram) -> set[str]:
    """Use each; return what passed. Django is loaded, and the settings allow the host of the notices."""
    moved, values = _take_appointments(visitor, ready)
    values |= _order(program) | _propose(visitor, program) | _leave_orphan(visitor, ready) | _test_group(visitor)
    values |= _have_told(visitor, program) | program.values
    return values | {_wait_for_link(ready["addresses"]["sandbox"], moved["email"])}


def _take_appointments(visitor: Visitor, ready: dict[str, Any]) -> tuple[Person, set[str]]:
    """Take five places as patients do: one waits, one is moved, cancelled, accepted, refused; return who was moved."""
    code = re.findall(r"/appointments/#([A-Za-z0-9_-]{22})", visitor.get("/appointments/")[1])[0]
    page = f"{ready['addresses']['portal']}/appointments/"
    offer = ask(f"{page}offer", {"poster": code}) | {"poster": code}
    people, values, taken = [draw_person() for _ in range(5)], {code}, []
    for number, person in enumerate(people):
        wish, kept = _wish(offer, number, person)
        ask(f"{page}take", wish)
        taken.append(f"{wish['id']}/")
        values |= {*person.values(), *kept}
    waits, moved, cancelled, accepted, refused = taken
    free = re.findall(r'<option value="(20[^"]+)"', visitor.get(f"/appointments/{moved}")[1])
    do(visitor, f"/appointments/{moved}", f"/appointments/{moved}move/", {"starts_at": free[-1]})
    do(visitor, f"/appointments/{cancelled}", f"/appointments/{cancelled}cancel/", {})
    if people[0]["birth_family_name"] not in visitor.get(f"/arrivals/{waits}")[1]:
        raise RuntimeError("the counter does not read a form: nothing would be proved")
    do(visitor, f"/arrivals/{refused}", f"/arrivals/{refused}refuse/", {})
    form = {**people[3], "birth_date": "28/03/1979", "sex": "F", "identity_status": "PROV", "kind": KIND}
    form |= {"patient_id": str(uuid4()), "record_id": str(uuid4()), "consent": _notice(), "country": "FRA"}
    do(visitor, f"/arrivals/{accepted}", f"/arrivals/{accepted}accept/", {**form, "way": "email", "others": ""})
    return people[1], values


def _wish(offer: dict[str, Any], number: int, person: Person) -> tuple[dict[str, Any], set[str]]:
    """Return what the page sends for a place, and what the browser keeps of it."""
    from temoin.arrivals.filled import TRAITS
    from temoin.crypto.arrival import FormPlace, seal_form
    from temoin.crypto.letter import draw_code
    from temoin.portal.forms import is_worked

    minute, _left, _kind, place = offer["hours"][40 + number]
    code, key, arrival = offer["poster"], offer["keys"][place], uuid4()
    traits = {name: person.get(name, "") for name in TRAITS} | {"birth_date": "28/03/1979", "sex": "F"}
    traits |= {"way": "email", "language": "fr", "country": "FRA"}
    shown, proof = draw_code(), secrets.token_bytes(32)
    content = {"v": 1, "traits": traits, "kind": KIND, "answers": {}, "notice": _notice(), "code": shown}
    where = FormPlace(UUID(offer["pharmacy"]), UUID(key["key"]), arrival)
    sealed = seal_form(_bytes(key["public"]), where, json.dumps({**content, "remind": True}).encode())
    nonce = next(tried for tried in count() if is_worked(code, arrival, offer["day"], tried))
    wish = {"poster": code, "id": str(arrival), "key": key["key"], "number": 8100 + number, "sealed": _text(sealed)}
    wish |= {"starts": minute, "secret": _text(proof), "device": _text(secrets.token_bytes(16)), "remind": True}
    return {**wish, "day": offer["day"], "nonce": nonce}, {shown, shown.replace("-", ""), _text(proof), proof.hex()}


def _wait_for_link(sandbox: str, email: str) -> str:
    """Wait for the message about an appointment that was moved; return what follows # in its link."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for mail in ask_sandbox(f"{sandbox}/mailbox.json"):
            if email in mail["to"] and (found := re.findall(r"#(\S{22,})", mail["text"])):
                return max(found, key=len)
        time.sleep(1)
    raise RuntimeError("nobody told the patient that the appointment was moved")


def _order(program: CallingProgram) -> set[str]:
    """Order a test by message, as a practice does."""
    number, record, family, given = f"ORD{secrets.token_hex(5)}", secrets.token_hex(6), word("Nom"), word("Pre")
    lines = [
        rf"MSH|^~\&|CABINET|{word('Emi')}|T|T|{_stamp()}||ORM^O01|{number}-NW|P|2.5",
        f"PID|1||{record}^^^MSS^MR||{family}^{given}^^^^^L||19800229|F",
        f"ORC|NW|{number}",
        f"OBR|1|{number}||{KIND}^TROD^L",
    ]
    _accepted(program.call(f"/api/v1/hl7?notice={_notice()}", "\r".join([*lines, ""]), media=HL7)[0])
    return {number, record, family, given}


def _propose(visitor: Visitor, program: CallingProgram) -> set[str]:
    """Hand a result in whole, put it aside; hand another in, sign it, and refuse what is then proposed of it."""
    lot = program.call(f"/api/v1/kinds/{KIND}/lots")[0]["lots"][0]["id"]
    handed = [_hand_in(program, lot) for _ in range(2)]
    values = {value for _test, passed in handed for value in passed}
    aside, signed = (test for test, _passed in handed)
    boxes = re.findall(r'type="checkbox" name="([a-z_-]+)"\s+value="([^"]*)"', visitor.get("/proposals/")[1])
    for test, act in ((aside, "aside"), (signed, "sign")):
        name, value = next((name, value) for name, value in boxes if value.startswith(test))
        do(visitor, "/proposals/", f"/proposals/{act}/", {name: value})
    reason, word_back = word("Mot"), word("Non")
    _told, version = program.call(f"/api/v1/tests/{signed}")
    correction = {"reason": reason, "outcomes": {"sars-cov-2": "positive"}, "comment": (comment := word("Com"))}
    program.call(f"/api/v1/tests/{signed}/correction", correction, **{"If-Match": version})
    page = visitor.get("/proposals/")[1]
    seen = re.findall(rf'(?s)/proposals/{signed}/refuse/.*?name="seen" value="([^"]+)"', page)[0]
    do(visitor, "/proposals/", f"/proposals/{signed}/refuse/", {"seen": seen, "word": word_back})
    return values | {reason, word_back, comment}


def _hand_in(program: CallingProgram, lot: str) -> tuple[str, set[str]]:
    person, number, comment = draw_person(), f"NUM{secrets.token_hex(5)}", word("Com")
    patient = {**person, "sex": "F", "birth_date": "1979-03-28"}
    result = {"number": number, "patient": patient, "kind": KIND, "notice_version": _notice()}
    result |= {"sample": {"specimen": "nasal-swab", "lot_id": lot, "sampled_at": _ago(17)}}
    result |= {"reading": {"outcomes": OUTCOMES, "comment": comment}}
    verdict = program.call("/api/v1/results", {"results": [result]})[0]["results"][0]
    if not verdict["taken"]:
        raise RuntimeError(f"a result was not taken: {verdict['problems']}")
    return verdict["test_id"], {*person.values(), number, comment}


def _leave_orphan(visitor: Visitor, ready: dict[str, Any]) -> set[str]:
    """Have an instrument tell a result of no sample, with a name that is none of its business; set it aside."""
    family, given, told, reason = word("Nom"), word("Pre"), word("Num"), word("Mot")
    lines = [
        rf"MSH|^~\&|AUTOMATE|LABO|TEMOIN|LAB|{_stamp()}||ORU^R01|{secrets.token_hex(4)}|P|2.5.1",
        f"PID|1||{told}^^^HOSPITAL||{family}^{given}||19850320|F",
        f"OBR|1||{told}|94558-4^SARS-CoV-2 Ag^LN",
        "OBX|1|CE|94558-4^SARS-CoV-2 Ag^LN||260415000^Not detected^SCT||||||F",
        f"NTE|1|L|{(note := word('Not'))}",
    ]
    with socket.create_connection(("127.0.0.1", instrument_port(ready)), timeout=20) as line:
        line.sendall(START + "\r".join([*lines, ""]).encode() + END)
        _accepted(line.recv(65_536).decode())
    orphan = re.findall(r"/orphans/([0-9a-f-]{36})/", visitor.get("/orphans/")[1])[0]
    do(visitor, f"/orphans/{orphan}/", f"/orphans/{orphan}/aside/", {"reason": reason})
    return {family, given, told, note, reason}


def _test_group(visitor: Visitor) -> set[str]:
    """Open a group, fill its roster with people who are typed, and note that one of them is absent."""
    group, name, asker = uuid4(), word("Eco"), word("Dir")
    fields = {"group_id": str(group), "name": name, "asker": asker, "kind": KIND}
    place = f"/groups/{group}/"
    do(visitor, "/groups/", "/groups/open/", fields)
    people = [draw_person() for _ in range(3)]
    typed = [f"{one['birth_family_name']};{one['birth_given_names']};12/04/2015;F;;{one['email']}" for one in people]
    handed = do(visitor, place, f"{place}people/", {"people": "\n".join(typed)})[1]
    _until(lambda: f'action="{handed}take/"' in visitor.get(handed)[1], "the list was not gone through")
    do(visitor, handed, f"{handed}take/", {})
    _until(lambda: people[2]["birth_family_name"].upper() in visitor.get(place)[1].upper(), "the roster stays empty")
    mark = re.findall(r'name="mark"\s+value="(absent [^"]+)"', visitor.get(place)[1])[0]
    do(visitor, place, f"{place}mark/", {"mark": mark})
    do(visitor, place, f"{place}scan/", {"scan": people[1]["birth_family_name"]})
    do(visitor, "/patients/", "/patients/", {"scan": f"{people[0]['birth_family_name']} 2015"}, status=200)
    for page in ("labels/", "attendance/"):
        if visitor.get(f"{place}{page}")[0] != 200:
            raise RuntimeError(f"the {page} of a group do not open")
    passed = {one[field] for one in people for field in ("birth_family_name", "birth_given_names", "email")}
    return {name, asker} | passed


def _have_told(visitor: Visitor, program: CallingProgram) -> set[str]:
    """Have the program told at an address that opens by a word of it; move it, and turn the secret."""
    first, second = word("che"), word("che")
    page = f"/programs/{program.client_id.partition('.')[2]}/webhook/"
    answers = [do(visitor, page, f"{page}register/", {"address": f"https://{ALLOWED_HOST}/{first}"}, status=200)[0]]
    do(visitor, page, f"{page}try/", {})
    do(visitor, page, f"{page}move/", {"address": f"https://{ALLOWED_HOST}/{second}"})
    answers.append(do(visitor, page, f"{page}secret/", {}, status=200)[0])
    shown = {re.findall(r'<code class="secret[^>]*>([^<]+)<', answer)[0] for answer in answers}
    return {first, second} | shown | {secret.removeprefix("whsec_") for secret in shown}


def instrument_port(ready: dict[str, Any]) -> int:
    """Return the port of the instrument's line, beyond those of the demonstration."""
    return int(ready["addresses"]["staff"].rpartition(":")[2]) + 40


def settings_of_rooms(ready: dict[str, Any]) -> str:
    """Return what the settings of a demonstration lack for this: a line of an instrument, and a host to be told."""
    program = ready["program"]["client_id"]
    line = f'\n[hl7.plain.instrument]\nhost = "127.0.0.1"\nport = {instrument_port(ready)}\nnetwork = "127.0.0.0/8"\n'
    line += f'program = "{program}"\nreason = "a drill on one machine"\nsamples = true\n'
    return f'{line}\n[webhooks]\nallowed_hosts = ["{ALLOWED_HOST}"]\n'


def _until(is_so: Callable[[], bool], fault: str) -> None:
    deadline = time.monotonic() + 60
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(fault)
        time.sleep(0.5)


def _accepted(answer: str) -> None:
    if "|AA|" not in answer:
        raise RuntimeError(f"a message was not accepted: {answer!r}")


def ask(address: str, body: object) -> dict[str, Any]:
    """Ask a site in JSON, as a page of it does."""
    return dict(json.loads(_post(address, json.dumps(body).encode(), {"Content-Type": JSON})[0]))


def _post(address: str, body: bytes | None, headers: dict[str, str]) -> tuple[bytes, str]:
    """Return the body of the answer, and its version."""
    request = urllib.request.Request(address, body, headers)  # noqa: S310 our own site
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310 likewise
            return answer.read(), answer.headers.get("ETag", "")
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{address} answered {error.code}: {error.read()[:500]!r}") from None


def _notice() -> str:
    from temoin.patients.notice import CURRENT_NOTICE

    return CURRENT_NOTICE


def _stamp() -> str:
    return f"{_now():%Y%m%d%H%M%S}+0000"


def _ago(minutes: int) -> str:
    return datetime.fromtimestamp(_now().timestamp() - minutes * 60, tz=UTC).isoformat()


def _now() -> datetime:
    from temoin.lib.clock import now

    return now().astimezone(UTC)


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "==")


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
