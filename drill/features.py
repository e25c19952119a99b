"""Uses the features of a demonstration over HTTP, as people and programs do, with values that may not be seen again."""

from __future__ import annotations

import html
import json
import re
import secrets
import subprocess
import sys
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zlib import decompress

from producers import Visitor, sign_in
from rooms import CallingProgram, ask, do, draw_person, use_rooms, word
from trouble import ask_sandbox

PEOPLE = 6  # registered by page: enough for every step of a test's life
PATIENCE = 60.0  # seconds for a letter to arrive


def use_everything(ready: dict[str, Any]) -> set[str]:
    """Use the sites; return the names, words and secrets that passed. Django is loaded."""
    account = next(one for one in ready["accounts"] if one["profession"] == "titulaire")
    port = int(ready["addresses"]["staff"].rpartition(":")[2])
    visitor = sign_in(port, account["email"], account["password"], account["totp_secret"])
    values = {account["password"], account["totp_secret"], *_session_secrets(visitor)}
    lot = f"BOITE{secrets.token_hex(3).upper()}"
    box = {"kit": "abbott-panbio-covid19", "number": lot, "expiry": "2099-01-01"}
    do(visitor, "/lots/", "/lots/receive/", box)
    for number in range(PEOPLE):
        values |= _live_through(visitor, ready, number)
    _oversee(visitor)
    _back_up_keys(Path(ready["data"]))
    values |= _invite(visitor)
    return values | use_rooms(visitor, ready, _let_program_in(visitor, ready))


def _oversee(visitor: Visitor) -> None:
    """Read the journal, its review, its export, and the owner's sessions."""
    for page in ("/journal/", "/journal/review/", "/journal/export.csv", "/account/sessions/", "/team/"):
        if (status := visitor.get(page)[0]) != 200:
            raise RuntimeError(f"{page} answered {status}")


def _back_up_keys(data: Path) -> None:
    """Write the root keys in shares, beside the settings so that the search reads them too."""
    import pyrage

    words = [sys.executable, "-m", "temoin.cli.main", "keys", "backup", "--data", str(data), str(data / "shares")]
    for _ in range(3):
        words += ["--recipient", str(pyrage.x25519.Identity.generate().to_public())]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)


def _session_secrets(visitor: Visitor) -> set[str]:
    return {value for name, value in visitor.cookies.items() if "session" in name}


def _live_through(visitor: Visitor, ready: dict[str, Any], number: int) -> set[str]:
    """Register a person, test, sign; then open the letter, correct or cancel, as the number says."""
    person, comment, reason = draw_person(), word("Com"), word("Mot")
    test, code = _register(visitor, person)
    reading = _test(visitor, test, comment)
    values = {*person.values(), comment, code}
    if number % 3 == 0:
        values |= _open_letter(ready, person["email"], code)
        do(visitor, test, f"{test}ticket/renew/", {"version": "1"})
        values.add(_code(visitor.get(f"{test}ticket/")[1]))
    else:
        other = {**reading, "outcome-sars-cov-2": "negative"}  # what changes nothing is no correction
        step, fields = ("correct/", other) if number % 3 == 1 else ("cancel/", {})
        do(visitor, f"{test}{step}", f"{test}{step}", {**fields, "version": "1", "reason": reason})
        values.add(reason)
    _look(visitor, test, person)
    return values


def _register(visitor: Visitor, person: dict[str, str]) -> tuple[str, str]:
    """Return the address of the test, and the code of the counter ticket."""
    record = uuid4()
    form = {**person, "birth_date": "28/03/1979", "sex": "F", "identity_status": "PROV", "postcode": "51000"}
    form |= {"patient_id": str(uuid4()), "record_id": str(record), "kind": "covid19-ag", "consent": _notice()}
    do(visitor, "/patients/new/", "/patients/new/", form)
    return f"/tests/{record}/", _code(visitor.get(f"/tests/{record}/ticket/")[1])


def _test(visitor: Visitor, test: str, comment: str) -> dict[str, str]:
    """Take the sample and sign; return the result as it was typed."""
    lot = re.findall(r'<option value="([0-9a-f-]{36})"', visitor.get(test)[1])[0]
    sample = {"lot": lot, "specimen": "nasal-swab", "sampled_at": _local(minutes_ago=16)}
    do(visitor, test, f"{test}sample/", sample)
    reading = {"outcome-sars-cov-2": "positive", "read_at": _local(minutes_ago=0), "comment": comment}
    do(visitor, test, f"{test}sign/", {**reading, "reviewed": "yes"})
    return reading


def _look(visitor: Visitor, test: str, person: dict[str, str]) -> None:
    """Look at a signed test in every way, and search for the person."""
    found = {visitor.get(f"{test}{page}")[0] for page in ("", "parcels/", "print/", "looks/")}
    if found != {200}:
        raise RuntimeError(f"the pages of a signed test answered {found}")
    search = {"birth_family_name": person["birth_family_name"], "birth_date": "28/03/1979"}
    do(visitor, "/patients/", "/patients/", search, status=200)


def _notice() -> str:
    from temoin.patients.actions import CURRENT_NOTICE

    return CURRENT_NOTICE


def _local(*, minutes_ago: int) -> str:
    from django.utils import timezone

    from temoin.lib.clock import now

    return timezone.localtime(now() - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M")


def _code(page: str) -> str:
    return re.findall(r'class="code"[^>]*>([^<]+)<', page)[0]


def _open_letter(ready: dict[str, Any], email: str, code: str) -> set[str]:
    """Open a letter as the patient's browser does; return the secret of its link, and the certificate and its card."""
    from temoin.crypto.letter import SECRET_BYTES, derive, open_letter, stretch

    fragment = _fragment(ready["addresses"]["sandbox"], email)
    link = urlsafe_b64decode(f"{fragment}=")
    keys = derive(link, stretch(code, link[SECRET_BYTES:]))
    halves = {"lookup": _base64(keys.lookup), "auth": _base64(keys.auth)}
    answer = ask(f"{ready['addresses']['portal']}/letter", halves)
    certificate = json.loads(open_letter(link, code, urlsafe_b64decode(answer["ciphertext"])))["certificate"]
    return {fragment, certificate["text"], certificate["card"]["jws"], _number_of(certificate["card"]["jws"])}


def _number_of(card: str) -> str:
    """Return the random number by which a card is revoked."""
    told = json.loads(decompress(urlsafe_b64decode(f"{card.split('.')[1]}=="), wbits=-15))
    return str(told["vc"]["rid"])


def _base64(half: bytes) -> str:
    return urlsafe_b64encode(half).decode().rstrip("=")


def _fragment(sandbox: str, email: str) -> str:
    """Wait for the message to this address, and return what follows # in its link."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for mail in ask_sandbox(f"{sandbox}/mailbox.json"):
            if email in mail["to"] and (found := re.search(r"#([A-Za-z0-9_-]{43})", mail["text"])):
                return found[1]
        time.sleep(0.5)
    raise RuntimeError("a signed test gave no message")


def _invite(visitor: Visitor) -> set[str]:
    """Invite a colleague, and return the code that is shown once."""
    name = {"given_name": "Claire", "family_name": "Colin", "email": f"{secrets.token_hex(6)}@exemple.fr"}
    body, _ = do(visitor, "/team/invite/", "/team/invite/", {**name, "profession": "preparateur"}, status=200)
    return {html.unescape(re.findall(r'<code class="secret"[^>]*>([^<]+)<', body)[0])}


def _let_program_in(visitor: Visitor, ready: dict[str, Any]) -> CallingProgram:
    """Add a program that may ask everything, and come in as it does."""
    from joserfc.jwk import ECKey

    from temoin.pharmacies.scopes import Scope

    key = ECKey.generate_key("P-256")
    program = {"name": "Logiciel", "public_key": key.as_pem(private=False).decode()}
    program |= {f"scope-{scope.value.replace(':', '-')}": "yes" for scope in Scope}
    do(visitor, "/programs/", "/programs/add/", program)
    for name in re.findall(r"<code[^>]*>([^<]{8,})</code>", visitor.get("/programs/")[1]):
        found = CallingProgram(ready["addresses"]["staff"], name, key, "ES256")
        try:
            found.call("/api/v1/whoami")
        except RuntimeError:
            continue  # another code of the page
        return found
    raise RuntimeError("the program that was added could not come in")
