"""The scripts of the form, run by Node: Python opens what they seal, and they hold nobody up whom the counter takes."""

from __future__ import annotations

import json
import subprocess
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from programs import need

from temoin.arrivals.filled import read_filled
from temoin.crypto.arrival import FormBrokenError, FormPlace, draw_pair, open_form
from temoin.crypto.letter import normalise_code
from temoin.lib.clock import frozen_at
from temoin.lib.errors import InvalidError
from temoin.patients.traits import check_traits
from temoin.portal.forms import WORK_BITS, is_worked

SCRIPTS = Path(__file__).parents[2] / "src" / "temoin" / "portal" / "static" / "portal"
PLACE = FormPlace(UUID(int=1), UUID(int=2), UUID(int=3))
PAIR = draw_pair()
TODAY = date(2026, 11, 30)


ASKED = """
import { readFileSync } from "node:fs";
await import(process.argv[1]);
const given = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(%s));
"""


def run(script: str, code: str, given: Any) -> Any:
    node = need("node", "/usr/bin/node")
    command = [node, "--input-type=module", "--eval", ASKED % code, str(SCRIPTS / script)]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_what_the_browser_seals_opens_in_python_and_each_byte_that_is_altered_is_refused():
    content = {"v": 1, "traits": {"birth_family_name": "LÉGER", "city": "القاهرة"}, "kind": "k", "answers": {}}
    content |= {"notice": "2026-11", "code": "7K2QF-XM04CP"}
    offer = {"public": text(PAIR.public), "pharmacy": str(PLACE.pharmacy_id), "key": str(PLACE.key_id)}
    given = {"offer": offer, "id": str(PLACE.arrival_id), "content": content}

    code = "await globalThis.temoinForms.seal(given.offer, given.id, given.content)"
    sealed = urlsafe_b64decode(run("form_seal.js", code, given) + "==")

    assert read_filled(open_form(PAIR.private, PLACE, sealed)).traits["city"] == "القاهرة"
    for at in (0, 1, 2, 40, 65, 66, 67, 2000, len(sealed) - 17, len(sealed) - 1):
        altered = bytearray(sealed)
        altered[at] ^= 1
        with pytest.raises(FormBrokenError):
            open_form(PAIR.private, PLACE, bytes(altered))


def test_the_browser_draws_codes_and_numbers_as_the_counter_takes_them():
    code = "Array.from({ length: 300 }, () => [globalThis.temoinForms.drawCode(), globalThis.temoinForms.drawNumber()])"
    drawn = run("form_seal.js", code, None)

    assert all(normalise_code(each) and 100 <= number <= 999 for each, number in drawn)
    assert len({each for each, _ in drawn}) == 300


def test_the_work_of_the_browser_is_what_the_site_asks_for():
    given = {"poster": "p" * 22, "id": str(PLACE.arrival_id), "day": TODAY.isoformat(), "bits": WORK_BITS}
    code = "await globalThis.temoinForms.work(given.poster, given.id, given.day, given.bits)"
    nonce = run("form_seal.js", code, given)

    assert is_worked(given["poster"], PLACE.arrival_id, given["day"], nonce)
    assert not is_worked(given["poster"], UUID(int=9), given["day"], nonce)
    assert not is_worked(given["poster"], PLACE.arrival_id, "2026-11-20", nonce)


WHOLE = {
    "birth_family_name": "LÉGER",
    "birth_given_names": "Anne",
    "birth_date": "28/03/1979",
    "sex": "F",
    "email": "",
    "phone": "",
    "way": "paper",
}
# What the counter takes: nobody is held up by these.
TAKEN = [
    *({"birth_date": day} for day in ("28031979", "28-03-1979", "28 3 1979", "1979-03-28", "29.02.2024", "01/01/1900")),
    *({"birth_family_name": name} for name in ("Ó", "李", "D’Aubigné-Le Roux", "محمد", "Іваненко")),
    *({"email": one, "way": "email"} for one in ("a@b.fr", "a.b+c@sous.exemple.fr", " x@é.fr ")),
    *({"phone": one} for one in ("06 12 34 56 78", "+33612345678", "0033 6 12 34 56 78", "01.23.45.67.89")),
    {"birth_given_names": "", "single_name": "yes"},
]
# What both refuse, and which field is told.
REFUSED = [
    *(({"birth_date": day}, "birth_date") for day in ("", "280379", "31/02/2020", "28/13/1979", "x", "٢٨/٠٣/١٩٧٩")),
    *(({"birth_date": day}, "birth_date") for day in ("03/12/2026", "01/01/1880", "29/02/2023")),
    *(({"birth_family_name": name}, "birth_family_name") for name in ("", " ", "123", "-")),
    ({"birth_given_names": ""}, "birth_given_names"),
    ({"sex": ""}, "sex"),
    *(({"email": one}, "email") for one in ("a", "a@b", "a@.fr", "é@b.fr", "a b@c.fr", "a@b..fr", "a@b.1")),
    *(({"phone": one}, "phone") for one in ("12", "abc", "06 12 34 56 7x")),
    ({"way": "email"}, "email"),
    ({"way": "sms"}, "phone"),
]


def told_by_python(values: dict[str, str]) -> set[str]:
    try:
        with frozen_at(datetime(2026, 11, 30, 12, tzinfo=UTC)):
            check_traits(values)
    except InvalidError as error:
        return {problem.field for problem in error.problems}
    return set()


def test_the_page_tells_what_the_counter_would_and_holds_nobody_up_whom_it_takes():
    cases = [WHOLE | change for change in TAKEN] + [WHOLE | change for change, _field in REFUSED]
    extra = {"kind": "covid19-ag", "consent": True}
    code = (
        "given.map((typed) => Object.keys(globalThis.temoinFormChecks.problemsOf(typed, new Date(2026, 10, 30, 12))))"
    )
    told = run("form_checks.js", code, [case | extra for case in cases])

    wanted = [[] for _ in TAKEN] + [[field] for _change, field in REFUSED]
    assert told == wanted
    assert [sorted(told_by_python(case)) for case in cases] == wanted


def test_the_page_asks_for_way_kind_and_consent_which_the_counter_asks_for_elsewhere():
    typed = WHOLE | {"way": "", "kind": "", "consent": False, "days": {"symptoms-onset": "31/02/2026"}}
    told = run(
        "form_checks.js", "Object.keys(globalThis.temoinFormChecks.problemsOf(given, new Date(2026, 10, 30)))", typed
    )

    assert told == ["way", "kind", "consent", "question-symptoms-onset"]
