"""Every field of every page that takes typed text: what nobody can read is refused there, and nothing of it is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve, reverse
from every_page import every_page
from kept_texts import texts_of
from people import House

from temoin.lib.lengths import LONGEST
from temoin.lib.text import is_clean
from temoin.web.access import GuardedRoute
from temoin.web.routes import ROUTES

POISON = "Zo\u202e\u0451\0\ufffd\u00c3\u00a9"
TEXTS = {"text", "email", "tel", "search", "textarea"}


@dataclass
class Form:
    """A form as a browser sees it: where it is sent, what stands in it, and which fields take typed text."""

    path: str
    values: dict[str, str] = field(default_factory=dict)
    typed: list[str] = field(default_factory=list)
    reads: bool = False  # its fields stand in the address

    @property
    def name(self) -> str:
        return str(resolve(self.path).url_name)


class Forms(HTMLParser):
    """The forms of a page, but for those in a template: a script draws the numbers that they are sent with."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found, self.inside, self.templates = path, [], False, 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = dict(attributes)
        self.templates += tag == "template"
        if self.templates:
            return
        if tag == "form":
            self.inside, reads = True, told.get("method") != "post"
            self.found.append(Form((told.get("action") or self.path).partition("?")[0], reads=reads))
        name = told.get("name")
        if not self.inside or name is None or tag not in {"input", "textarea", "select", "button"}:
            return
        kind = told.get("type", "text") if tag == "input" else tag
        form = self.found[-1]
        form.typed += [name] if kind in TEXTS else []
        form.values.setdefault(name, told.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "form"
        self.templates -= tag == "template"


def forms_of(house: House, owner: Client) -> dict[str, Form]:
    found: dict[str, Form] = {}
    for path in every_page(house).values():
        page = Forms(path)
        page.feed(owner.get(path).content.decode())
        for form in page.found:
            found.setdefault(f"{form.name} {' '.join(sorted(form.values))}", form)
    return found


# Where each typed text goes: to the table of lengths, or to a look-up or a number, which have a check of their own.
PATIENT = (
    *("birth_family_name", "birth_given_names", "birth_date", "birth_place", "nir", "used_family_name"),
    *("used_given_name", "email", "phone", "street", "postcode", "city"),
)
KEPT = {
    **{("new_patient", name): f"Patient.{name}" for name in PATIENT},
    **{("amend_patient", name): f"Patient.{name}" for name in PATIENT},
    **{("accept_arrival", name): f"Patient.{name}" for name in PATIENT},
    **{("invite", name): f"Invitation.{name}" for name in ("family_name", "given_name", "email", "rpps")},
    ("change_member", "rpps"): "Member.rpps",
    ("open_group", "name"): "Group.name",
    ("open_group", "asker"): "Group.asker",
    ("tie_orphan", "comment"): "RecordVersion.comment",
    ("set_aside_orphan", "reason"): "OrphanResult.reason",
    ("receive_lot", "number"): "Lot.number",
    ("name_workstation", "opened_where"): "Lot.opened_where",
    ("recall_lot", "recall_reference"): "Lot.recall_reference",
    ("add_program", "name"): "Program.name",
    ("add_program", "public_key"): "Program.public_key",
    ("allow_laboratory", "number"): "Laboratory.number",
    ("allow_laboratory", "name"): "Laboratory.name",
    ("mfa_add_webauthn", "name"): "Passkey.name",
    ("sign", "comment"): "RecordVersion.comment",
    ("correct", "comment"): "RecordVersion.comment",
    ("correct", "reason"): "RecordVersion.reason",
    ("cancel", "reason"): "RecordVersion.reason",
}
LOOKED_FOR = {
    *((page, name) for page in ("find_patient", "same_person") for name in ("nir", "birth_family_name", "birth_date")),
    *((page, "scan") for page in ("find_patient", "same_person", "new_patient", "receive_lot")),
    *((page, "code") for page in ("mfa_activate_totp", "enrol")),
    *(("enrol", "email"), ("receive_lot", "tests"), ("count_lot", "left"), ("read_shelf", "celsius")),
    *(("scan_in_group", "scan"), ("type_people", "people")),
    *(("journal", "object"), ("results", "lot")),
}
# What the other fields must hold before the text of this one is looked at.
BESIDE = {
    ("sign", "comment"): {"outcome-sars-cov-2": "negative", "reviewed": "yes"},
    ("correct", "comment"): {"outcome-sars-cov-2": "positive", "reason": "essai"},
    ("correct", "reason"): {"outcome-sars-cov-2": "positive"},
    ("open_group", "asker"): {"name": "École", "kind": "covid19-ag"},
    ("open_group", "name"): {"kind": "covid19-ag"},
    ("change_member", "rpps"): {"profession": "adjoint"},
    ("invite", "rpps"): {"profession": "adjoint"},
    ("receive_lot", "number"): {"kit": "abbott-panbio-covid19", "expiry": "2090-01-01"},
    ("add_program", "public_key"): {"name": "LGO"},
    ("allow_laboratory", "name"): {"number": "01D1058442"},
}
LEADS_OUT = {"account_logout", "hand_over", "end_session", "end_other_sessions"}


def send(client: Client, form: Form, **changes: str):
    values = {**form.values, **changes}
    return client.get(form.path, values) if form.reads else client.post(form.path, values)


def test_each_typed_text_is_known_and_refused_at_its_field_when_it_cannot_be_kept(house: House, owner: Client):
    forms = forms_of(house, owner).values()

    assert {(form.name, name) for form in forms for name in form.typed} == set(KEPT) | LOOKED_FOR
    assert set(KEPT.values()) <= set(LONGEST)
    for form, name in [(one, name) for one in forms for name in one.typed if (one.name, name) in KEPT]:
        for text in (POISON, "a" * 9000):
            page = send(owner, form, **BESIDE.get((form.name, name), {}), **{name: text}).content.decode()
            assert re.search(rf'<(input|textarea)[^>]* name="{name}"[^>]*aria-invalid', page), (form.name, name)


def test_what_nobody_can_read_breaks_no_page_and_is_kept_nowhere(house: House, owner: Client):
    for form in forms_of(house, owner).values():
        for name in () if form.name in LEADS_OUT else form.values:
            answer = send(owner, form, **BESIDE.get((form.name, name), {}), **{name: POISON})
            assert answer.status_code < 500, (form.name, name)

    assert [name for name, text in texts_of(house.here.id) if not is_clean(text)] == []


@pytest.mark.parametrize("route", [route for route in ROUTES if route.methods == ("POST",)], ids=lambda one: one.name)
def test_no_word_of_a_closed_list_breaks_an_address_that_only_takes_forms(owner: Client, route: GuardedRoute):
    places = {name: uuid4() for name in re.findall(r"<uuid:(\w+)>", route.path)}
    places |= dict.fromkeys(re.findall(r"<(?:str|int):(\w+)>", route.path), 0)
    words = dict.fromkeys(("destination", "code", "reason", "next", "language", "path", "fields", "dates"), POISON)

    assert owner.post(reverse(route.name, kwargs=places), words).status_code < 500
