"""The verifier page's own reader, run by Node: it gives every certificate the verdict that Python gives it."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

from hcert_cases import CASES, NO_CERTIFICATES, REVOKED, keys_of_all, own
from hcert_lists import LIST_KEYS, LISTS, MARKS
from hcert_makers import AT, NUMBER, jws, packed, signer
from programs import need

from temoin.crypto.signatures import public_members
from temoin.formats.hcert.claims import mark_of
from temoin.formats.hcert.errors import NotACertificateError
from temoin.formats.hcert.judging import judge_certificate
from temoin.formats.hcert.revoking import read_revocations
from temoin.formats.hcert.smart import write_digits
from temoin.formats.hcert.trusted import TrustedKey, certified

SCRIPT = Path(__file__).parents[2] / "src" / "temoin" / "portal" / "static" / "portal" / "certificate.js"
GIVEN_FILES = Path(__file__).parents[3] / "shared" / "data" / "hcert"
JUDGE = """
import { readFileSync } from "node:fs";
await import(process.argv[1]);
const told = [];
for (const { text, keys, at, revoked } of JSON.parse(readFileSync(0, "utf8"))) {
  told.push((await globalThis.temoinCertificates.judge(text, keys, at, new Set(revoked))).verdict);
}
console.log(JSON.stringify(told));
"""


READ_LISTS = """
import { readFileSync } from "node:fs";
await import(process.argv[1]);
const told = [];
for (const { text, keys } of JSON.parse(readFileSync(0, "utf8"))) {
  const found = await globalThis.temoinCertificates.revocations(text, keys);
  told.push(found && [found.issuedAt, [...found.marks].sort()]);
}
console.log(JSON.stringify(told));
"""


def shown(key: TrustedKey) -> dict[str, Any]:
    names = [name.hex() for name in key.names]
    uses = [use.value for use in key.uses]
    return {"names": names, "jwk": public_members(key.key), "issuer": key.issuer, "uses": uses}


def asked(text: str, keys: list[TrustedKey], at: datetime = AT, revoked: tuple[bytes, ...] = ()) -> dict[str, Any]:
    marks = [mark.hex() for mark in revoked]
    return {"text": text, "keys": [shown(key) for key in keys], "at": at.timestamp(), "revoked": marks}


def judged_by_the_page(questions: list[dict[str, Any]], program: str = JUDGE) -> list[Any]:
    node = need("node", "/usr/bin/node")
    words = [node, "--input-type=module", "--eval", program, str(SCRIPT)]
    run = subprocess.run(words, input=json.dumps(questions), capture_output=True, text=True, check=True)
    told: list[Any] = json.loads(run.stdout)
    return told


def test_the_page_gives_every_case_its_verdict():
    made = [make() for make, _ in CASES] + [make() for make in NO_CERTIFICATES]

    told = judged_by_the_page([asked(text, keys_of_all()) for text in made])

    assert told == [judge_certificate(text, keys_of_all(), at=AT).verdict.value for text in made]
    assert told[: len(CASES)] == [expected.value for _, expected in CASES]


def test_the_page_gives_the_given_certificates_their_verdict():
    questions, expected = [], []
    for path in sorted(GIVEN_FILES.glob("*.json")):
        told = json.loads(path.read_text("utf-8"))
        keys = [certified(base64.b64decode(told["TESTCTX"]["CERTIFICATE"]))]
        at = datetime.fromisoformat(told["TESTCTX"]["VALIDATIONCLOCK"].replace("Z", "+00:00"))
        questions.append(asked(told["PREFIX"], keys, at))
        expected.append(judge_certificate(told["PREFIX"], keys, at=at).verdict.value)

    assert judged_by_the_page(questions) == expected


def test_the_page_refuses_bombs_and_knows_what_is_revoked():
    bombs = [packed(bytes(50_000_000)), write_digits(jws(signer(), {"more": "0" * 1_000_000}))]
    revoked = asked(own(), keys_of_all(), revoked=(mark_of(NUMBER),))

    told = judged_by_the_page([*(asked(bomb, keys_of_all()) for bomb in bombs), revoked])

    assert told == ["not_a_certificate", "not_a_certificate", REVOKED.value]


def test_the_page_reads_every_list_of_revoked_certificates_as_python_does():
    told = judged_by_the_page([{"text": text, "keys": [shown(key) for key in LIST_KEYS]} for text in LISTS], READ_LISTS)

    assert told == [read_by_python(text) for text in LISTS]
    assert told[:2] == [[int(AT.timestamp()), sorted(mark.hex() for mark in MARKS)], [int(AT.timestamp()), []]]
    assert told[2:] == [None] * (len(LISTS) - 2)


def read_by_python(text: str) -> list[Any] | None:
    try:
        found = read_revocations(text, LIST_KEYS)
    except NotACertificateError:
        return None
    return [int(found.issued_at.timestamp()), sorted(mark.hex() for mark in found.marks)]
