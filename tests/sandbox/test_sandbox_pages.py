"""The pages: readable, bilingual, escaped, pseudonymous by default, and strict in their headers."""

import re
import smtplib
from html.parser import HTMLParser

import pytest
from patience import PATIENCE
from sandbox_documents import document, resource_of

from temoin_sandbox.pages import with_links
from temoin_sandbox.words import WORDS

ATTACK = "<script>alert('x')</script>"


class Outline(HTMLParser):
    """Checks that tags close in order and gathers ids, labels and inline code."""

    VOID = frozenset({"meta", "link", "br", "input", "html"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.labelled: set[str] = set()
        self.fields: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids += [named["id"]] if "id" in named else []
        self.labelled |= {named["for"]} if "for" in named else set()
        self.fields += [named["id"]] if tag in {"select", "input"} and "id" in named else []
        self.inline += [tag] if tag in {"script", "style"} else []
        self.inline += [name for name in named if name == "style" or name.startswith("on")]

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag


def filled(sandbox) -> str:
    sent = document()
    resource_of(sent, "Patient")["name"][0]["family"] = f"SECRETNAME {ATTACK}"
    resource_of(sent, "Observation")["code"]["coding"][0]["display"] = ATTACK
    made = sandbox.post(sent).json["id"]
    sandbox.post(document(replaces=sent["identifier"]["value"], outcome="10828004"))
    with smtplib.SMTP("127.0.0.1", sandbox.smtp_port, timeout=PATIENCE) as client:
        client.sendmail("a@example.fr", ["b@example.fr"], f"Subject: {ATTACK}\r\n\r\n{ATTACK}")
    return str(made)


def test_every_page_is_well_formed_and_holds_no_code(sandbox):
    made = filled(sandbox)

    for path in (
        "/",
        "/?refresh=5",
        "/?lang=en",
        "/?page=1",
        f"/documents/{made}",
        "/mailbox",
        "/mailbox/1",
        "/conformance",
        "/none",
    ):
        text = sandbox.get(path).text
        outline = Outline(text)
        assert outline.open == []
        assert outline.inline == []
        assert len(outline.ids) == len(set(outline.ids))
        assert set(outline.fields) <= outline.labelled
        assert "alert('x')</script>" not in text
        assert "Démonstration" in text or "Demonstration" in text


def test_the_list_is_pseudonymous_and_the_detail_is_whole(sandbox):
    made = filled(sandbox)

    listed, detailed = sandbox.get("/").text, sandbox.get(f"/documents/{made}").text

    assert "SECRETNAME" not in listed
    assert "1979" not in listed
    assert "SECRETNAME" in detailed
    for shown in ("750712184", "Négatif", "Positif", "Remplacé", "Corrigé"):
        assert shown in listed
    assert "Remplacé par" in detailed


def test_the_versions_are_counted_along_the_chain(sandbox):
    first, second = document(), None
    sandbox.post(first)
    second = document(replaces=first["identifier"]["value"])
    sandbox.post(second)
    sandbox.post(document(replaces=second["identifier"]["value"]))

    versions = re.findall(r"<td>([0-9])</td>", sandbox.get("/").text)

    assert versions == ["3", "2", "1"]
    assert sandbox.stats["replaced"] == 2


def test_the_list_says_what_is_missing_before_anything_came(sandbox):
    assert "Aucun document reçu" in sandbox.get("/").text
    assert "Aucun e-mail reçu" in sandbox.get("/mailbox").text


def test_the_language_switch_is_remembered(sandbox):
    switched = sandbox.get("/?lang=en")
    cookie = switched.headers["Set-Cookie"].partition(";")[0]

    assert '<html lang="en">' in switched.text
    assert "Faults on demand" in sandbox.get("/", Cookie=cookie).text
    assert "Pannes à la demande" in sandbox.get("/?lang=xx").text


def test_the_page_refreshes_only_when_asked(sandbox):
    assert 'http-equiv="refresh"' not in sandbox.get("/").text
    assert 'http-equiv="refresh"' in sandbox.get("/?refresh=5").text


def test_warnings_are_shown_with_their_document(sandbox):
    made = sandbox.post(document(replaces="unknown")).json["id"]

    page = sandbox.get(f"/documents/{made}").text

    assert "Le document remplacé n’est pas encore connu." in page
    assert "The replaced document is not known yet." in sandbox.get(f"/documents/{made}?lang=en").text


def test_a_withdrawn_document_and_a_quantity_are_shown(sandbox):
    gone, measured = document(replaces="x"), document()
    resource_of(gone, "DiagnosticReport")["status"] = "cancelled"
    resource_of(gone, "Observation").pop("valueCodeableConcept")
    resource_of(gone, "Observation")["status"] = "cancelled"
    resource_of(measured, "Observation").pop("valueCodeableConcept")
    quantity = {"value": 5.5, "unit": "mmol/L", "system": "http://unitsofmeasure.org", "code": "mmol/L"}
    resource_of(measured, "Observation")["valueQuantity"] = quantity
    sandbox.post(gone)
    sandbox.post(measured)

    page = sandbox.get("/").text

    assert "Annulé" in page
    assert "5.5 mmol/L" in page


def test_a_panel_and_a_pharmacy_known_by_its_national_number_are_shown(sandbox):
    sent = document()
    observation = resource_of(sent, "Observation")
    parts = [{"code": observation["code"], "valueCodeableConcept": observation.pop("valueCodeableConcept")}]
    observation["component"] = parts
    numbers = [{"system": "urn:oid:1.2.250.1.71.4.2.2", "value": value} for value in ("3" + "1" * 14, "1750712184")]
    resource_of(sent, "Organization")["identifier"] = numbers
    assert sandbox.post(sent).status == 201

    page = sandbox.get("/").text

    assert "<td>750712184</td>" in page
    assert page.count("Négatif") == 1


def test_an_unknown_document_is_not_found(sandbox):
    assert sandbox.get("/documents/none").status == 404


def test_a_long_list_has_pages(sandbox):
    for _ in range(51):
        sandbox.post(document())

    first, second = sandbox.get("/").text, sandbox.get("/?page=1").text

    assert (first.count("/documents/"), second.count("/documents/")) == (50, 1)
    assert 'href="/?page=1"' in first
    assert 'href="/?page=0"' in second


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/stats",
        "/keys",
        "/faults",
        "/mailbox",
        "/mailbox.json",
        "/sandbox.css",
        "/sandbox.svg",
        "/none",
        "/fhir/metadata",
        "/fhir/none",
    ],
)
def test_every_answer_has_the_strict_headers(sandbox, path):
    headers = sandbox.get(path).headers

    assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Server"] == "sandbox"


@pytest.mark.parametrize(("method", "path"), [("POST", "/"), ("DELETE", "/mailbox"), ("PUT", "/faults")])
def test_other_methods_are_not_allowed(sandbox, method, path):
    answer = sandbox.ask(method, path)

    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


def test_every_word_has_both_languages():
    assert all(french and english for french, english in WORDS.values())


def test_a_link_keeps_its_fragment_and_leaves_the_full_stop():
    assert with_links("a https://x.example/#s. b") == (
        'a <a href="https://x.example/#s" rel="noopener noreferrer">https://x.example/#s</a>. b'
    )
