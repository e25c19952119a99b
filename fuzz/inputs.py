"""What parsers are given: real inputs, changed as a stranger or a broken line would, and built ones."""

from __future__ import annotations

import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random

from hypothesis import strategies as st

TESTS = Path(__file__).resolve().parents[1] / "tests"
sys.path.append(str(TESTS))

LARGEST = 65_536  # bytes of one input: a parser's own bounds for what is larger are held by its tests
_SUFFIXES = {"fhir": "json", "dcm": "text", "txt": "text", "pem": "pem"}

# What parsers stumble over, whatever the format.
_WORDS = (
    *(
        b"\0",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\x1d",
        b"\x0b",
        b"\x1c\r",
        b"\r\n",
        b"\n\n",
        b"\t",
        b"\xc2\xa0",
    ),
    *(
        b"-1",
        b"0",
        b"9" * 30,
        b"9" * 5000,
        b"1e999",
        b"NaN",
        b"\xd9\xa1\xd9\xa2",
        b"0000-00-00",
        b"9999-12-31",
        b"+99:99",
    ),
    *(
        b"[" * 300,
        b"{" * 300,
        b'{"a":' * 200,
        b"<a>" * 200,
        b"&a;",
        b"<!DOCTYPE a [",
        b"]]>",
        b"\\X0\\",
        b"\\.br\\",
        b"|~^&",
    ),
    *(
        b"A" * 3000,
        b'"',
        b"'",
        b";",
        b",",
        b"=",
        b"%00",
        b"../",
        b"null",
        b"true",
        b"\\ud800",
        b"\\u0000",
        b"MSH|^~\\&|",
        b"HC1:",
    ),
)
_TEXTS = (
    *("2026-11-24T10:00:00+01:00", "24/11/2026", "11/24/26 8:05 PM", "20261124100000+0100", "45984.5", "Europe/Paris"),
    *("120", "Wed, 21 Oct 2026 07:28:00 GMT", "+33 6 12 34 56 78", "06 12 34 56 78", "tests:read results:propose"),
    *("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhLmIifQ.c2ln", "W10.AAAAAAAAAAAAAAAAAAAAAA", "4f9c2e7d8a1b4c3d"),
)
_ASTM = (
    b"H|\\^&|||Reader^^1||||||||P|1|20261124141235\rP|1||P7||DOE^JANE||19800229|F\rO|1|S7||^^^COV|R\r"
    b"R|1|^^^COV|POS||||F||||20261124141200\rL|1|N\r"
)
_REPLIES = (
    "5.1.1 User unknown",
    "4.2.2 mailbox full",
    "<dupont@example.org>: Relay access denied",
    "OK queued as 12AB",
)


@cache
def seeds() -> dict[str, tuple[bytes, ...]]:
    """Return real inputs by their kind: those of the tests, and files that stand beside them."""
    from handed_messages import FHIR_BUNDLE, HL7_MESSAGE, as_xml
    from hcert_cases import eu, own, raw_eu
    from hcert_lists import LISTS
    from hcert_makers import card, card_claims, signer

    from temoin.formats.csv.template import template, template_of_patients

    bundle = json.dumps(FHIR_BUNDLE).encode()
    found: dict[str, list[bytes]] = {
        "csv": [template("fr"), template_of_patients("fr"), *_given_files()],
        "hl7": [HL7_MESSAGE.replace("\n", "\r").encode(), f"BHS|^~\\&|A\r{HL7_MESSAGE}BTS|1".encode()],
        "astm": [_ASTM],
        "ack": [b"MSH|^~\\&|A|B|C|D|20261124||ACK|1|P|2.5.1\rMSA|AE|77|no\rERR||PID^1^5|101^x^HL70357|E||||words\r"],
        "json": [bundle, b'{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"value"}]}'],
        "xml": [as_xml(FHIR_BUNDLE)],
        "ndjson": [b"\n".join(json.dumps(entry["resource"]).encode() for entry in FHIR_BUNDLE["entry"])],
        "hcert": [eu().encode(), own().encode(), card(signer(), card_claims()).encode()],
        "cbor": [raw_eu()],
        "deflated": [b"\xff" + zlib.compress(bundle), b"\0" + zlib.compress(bundle, wbits=-15)],
        "jws": [each.encode() for each in LISTS],
        "der": [signer().certificate, signer("RSA").certificate],
        "pem": [_pem()],
        "scan": _scans(),
        "text": [text.encode() for text in _TEXTS],
        "reply": [text.encode() for text in _REPLIES],
        "toml": [path.read_bytes() for path in sorted(TESTS.parent.glob("src/temoin/catalogue/data/[klq]*.toml"))],
        "xlsx": [_workbook()],
        "body": [_body()],
        "form": [b'{"version":1,"texts":{"birth_family_name":"DUPONT"}}'],
    }
    for path in sorted(TESTS.glob("*/golden/*.*")):
        found.setdefault(path.suffix[1:], []).append(path.read_bytes())
    return {kind: tuple(each) for kind, each in found.items()}


def seeds_in(folder: Path) -> dict[str, tuple[bytes, ...]]:
    """Return the files of a folder by their kind, which is their suffix."""
    found: dict[str, list[bytes]] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size <= LARGEST):
        suffix = path.suffix[1:].lower()
        found.setdefault(_SUFFIXES.get(suffix, suffix), []).append(path.read_bytes())
    return {kind: tuple(each) for kind, each in found.items()}


def changed(real: Sequence[bytes], random: Random) -> bytes:
    """Return a real input after one to six changes."""
    data = bytearray(random.choice(real))
    for _ in range(random.randint(1, 6)):
        at = random.randint(0, len(data))
        to = min(len(data), at + random.choice((1, 1, 2, 8, 64, 1024)))
        match random.randint(0, 6):
            case 0 if data:
                data[min(at, len(data) - 1)] ^= 1 << random.randint(0, 7)
            case 1:
                del data[at:to]
            case 2:
                data[at:at] = random.choice(_WORDS)
            case 3:
                data[at:to] = random.choice(_WORDS)
            case 4:
                data[at:at] = data[at:to] * random.choice((1, 2, 50))
            case 5:
                other = random.choice(real)
                data[at:] = other[random.randint(0, len(other)) :]
            case _:
                data[at:to] = random.randbytes(to - at)
    return bytes(data[:LARGEST])


def built(real: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy for inputs from nothing: bytes, texts, and the words of real inputs in another order."""
    pieces = sorted({piece for data in real for piece in _pieces(data)})[:400]
    words = st.sampled_from([*pieces, *_WORDS]) if pieces else st.sampled_from(_WORDS)
    joined = st.lists(words | st.binary(max_size=8), max_size=24).map(b"".join)
    return st.binary(max_size=400) | st.text(max_size=200).map(str.encode) | joined


def _pieces(data: bytes) -> Iterator[bytes]:
    for line in data[:8192].splitlines(keepends=True)[:60]:
        yield line[:200]
        yield from (line[at : at + 12] for at in range(0, min(len(line), 120), 12))


def of_kinds(kinds: Sequence[str], folder: Mapping[str, tuple[bytes, ...]]) -> list[bytes]:
    """Return the real inputs of some kinds; of none, some of each."""
    known = seeds()
    found = [data for kind in kinds for source in (known, folder) for data in source.get(kind, ())]
    return found or [each[0] for each in known.values()]


def _given_files() -> list[bytes]:
    from import_files import VALUES

    head, row = (";".join(each).encode() for each in (VALUES, VALUES.values()))
    return [head + b"\n" + row + b"\n", head.replace(b";", b",") + b"\n" + row.replace(b";", b",") + b"\n"]


def _scans() -> list[bytes]:
    sys.path.append(str(TESTS / "scanning"))
    import test_real_scans as real

    texts = [
        *real.BOXES,
        *real.DOCUMENTS,
        real.INS,
        "2790351215189 89",
        "https://id.gs1.org/01/09506000134352?17=261231",
    ]
    return [text.encode() for text in texts]


def _workbook() -> bytes:
    from openpyxl import Workbook

    from temoin.formats.csv.profiles import OWN_COLUMNS

    book, stream = Workbook(), io.BytesIO()
    book.active.append([column.french for column in OWN_COLUMNS])
    book.active.append([column.example for column in OWN_COLUMNS])
    book.save(stream)
    return stream.getvalue()


def _body() -> bytes:
    patient = {"birth_family_name": "A", "birth_given_names": "B", "sex": "F", "birth_date": "1984-02-29"}
    sample = {
        "specimen": "nasal-swab",
        "lot_id": "018f0000-0000-7000-8000-000000000000",
        "sampled_at": "2026-11-29T09:30:00Z",
    }
    one = {"number": "1", "patient": patient, "kind": "covid19-ag", "notice_version": "1", "sample": sample}
    return json.dumps({"results": [{**one, "reading": {"outcomes": {"sars-cov-2": "negative"}}}]}).encode()


def _pem() -> bytes:
    from joserfc.jwk import ECKey

    return ECKey.generate_key("P-256").as_pem(private=False)
