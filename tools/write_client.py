"""Writes what of the client is made from the API's specification: `python tools/write_client.py [--check]`.

Its shapes, and a method for each operation, blocking and awaited. A test compares them with what the site serves.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "temoin.site.settings")

import django
from django.apps import apps

if not apps.ready:
    django.setup()

from temoin.api.openapi import specification
from temoin.api.urls import OPERATIONS

FOLDER = Path(__file__).parents[1] / "src" / "temoin_client"
MADE = "Made by tools/write_client.py from the specification."
# In modules of their own, each on top of the former: one for all would be too long to read.
PARTS = {"webhooks": "/api/v1/webhooks", "fhir": "/api/v1/fhir", "calls": "/api/v1/"}
ABOUT = {"webhooks": " about webhooks", "fhir": " about FHIR", "calls": ""}
FACE = '''"""A method for each operation{about}, {way}. {made}"""

from __future__ import annotations

from collections.abc import {iterator}, Sequence
from functools import partial
from typing import Literal
from uuid import UUID

from temoin_client.answers import BundleOutcome, MessageVerdict
from temoin_client.answers import bundle_outcome, is_locked, message_verdicts, shape_of
from temoin_client.asking import are_under_way, drawn_key, form, given, headers, place
from temoin_client.exchange import ApiCall
from temoin_client.{place} import {base}
{imports}


class {name}({base}):
    """Each operation{about} of the specification, under its name there."""
'''
FORMATS = {"uuid": "UUID", "date": "date", "date-time": "AwareDatetime"}
PLAIN = {"string": "str", "boolean": "bool", "integer": "int", "number": "float", "null": "None"}
# What is told of messages is read by these, by its media type or its shape.
OTHERWISE = {
    "application/hl7-v2": ("list[MessageVerdict]", "message_verdicts", "is_locked"),
    "FhirOutcome": ("BundleOutcome", "bundle_outcome", ""),
}
FORM = "application/x-www-form-urlencoded"
NUMBERS, CURSORS = {"limit", "_count"}, {"cursor", "_cursor"}


def type_of(schema: dict[str, Any]) -> str:
    """Return the Python type of a schema; KeyError for what this API has not used so far."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(type_of(each) for each in schema["anyOf"])
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(each) for each in schema['enum'])}]"
    if schema["type"] == "array":
        return f"list[{type_of(schema['items'])}]"
    if schema["type"] == "object":
        return f"dict[str, {type_of(schema['additionalProperties'])}]"
    return FORMATS[schema["format"]] if "format" in schema else PLAIN[schema["type"]]


def default_of(schema: dict[str, Any]) -> str:
    return "Field(default_factory=list)" if schema["default"] == [] else repr(schema["default"])


def shape_lines(name: str, schema: dict[str, Any]) -> Iterator[str]:
    base = "ApiShape"
    if schema.get("additionalProperties") is True:
        base = "FhirSearchset" if "link" in schema["properties"] else "FhirElement"
    yield f"class {name}({base}):"
    yield f'    """{schema["description"]}"""'
    yield ""
    for field, each in schema["properties"].items():
        if "description" in each:
            yield f"    # {each['description']}"
        default = "" if field in schema.get("required", ()) else f" = {default_of(each)}"
        yield f"    {field}: {type_of(each)}{default}"
    yield ""
    yield ""


def named_in(schema: object) -> set[str]:
    """Return the shapes that a part of the specification names."""
    return set(re.findall(r"#/components/schemas/(\w+)", repr(schema)))


def sent(told: dict[str, Any]) -> set[str]:
    """Return the shapes of what is sent, and those within them."""
    schemas = told["components"]["schemas"]
    found = {
        name for path in told["paths"].values() for one in path.values() for name in named_in(one.get("requestBody"))
    }
    while more := {name for each in found for name in named_in(schemas[each])} - found:
        found |= more
    return found


def shapes(told: dict[str, Any], names: Iterable[str], *, what: str, beside: Iterable[str] = ()) -> str:
    """Return a module of shapes; those of another, `beside`, have their name here too."""
    lines = [f'"""The shapes of {what}. {MADE}"""', "", "from __future__ import annotations", ""]
    lines += ["from datetime import date", "from typing import Literal", "from uuid import UUID", ""]
    lines += ["from pydantic import AwareDatetime, Field", ""]
    lines += [f"from temoin_client.bodies import {name} as {name}" for name in sorted(beside)]
    lines += ["from temoin_client.shape import ApiShape, FhirElement, FhirSearchset", "", ""]
    for name in sorted(names):
        lines += shape_lines(name, told["components"]["schemas"][name])
    return "\n".join(lines)


@dataclass(frozen=True)
class Told:
    """One operation of the specification."""

    path: str
    verb: str
    told: dict[str, Any]
    schemas: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.told["operationId"])

    def named(self, place: str) -> list[str]:
        """Return its parameters of one place."""
        return [one["name"] for one in self.told["parameters"] if one["in"] == place]

    @property
    def takes(self) -> dict[str, Any]:
        """Return its body by media type."""
        return dict(self.told.get("requestBody", {}).get("content", {}))

    @property
    def answers(self) -> tuple[str, dict[str, Any]]:
        """Return media type and schema of its success."""
        ((media, content),) = next(
            one["content"] for status, one in self.told["responses"].items() if status in {"200", "201"}
        ).items()
        return media, content["schema"]

    @property
    def otherwise(self) -> str:
        """Return by what its answer is read as no shape; "" for a shape."""
        media, schema = self.answers
        return media if media in OTHERWISE else next(iter(named_in(schema) & set(OTHERWISE)), "")

    @property
    def shape(self) -> str:
        return "" if self.otherwise else type_of(self.answers[1])

    @property
    def form(self) -> dict[str, Any]:
        """Return the schema of the form that it takes."""
        return dict(self.takes.get(FORM, {"schema": {}})["schema"])

    @property
    def is_followed(self) -> bool:
        return "cursor" in self.named("query") and "has_more" in self.schemas[self.shape]["properties"]

    @property
    def listed(self) -> str:
        """Return the field of a page that holds its items; "" where it is no page, or one that is followed."""
        if self.is_searchset:
            return "entry"
        if "cursor" not in self.named("query") or self.is_followed:
            return ""
        fields = self.schemas[self.shape]["properties"].items()
        (name,) = (field for field, schema in fields if schema.get("type") == "array")
        return str(name)

    @property
    def is_searchset(self) -> bool:
        return self.shape in self.schemas and "link" in self.schemas[self.shape]["properties"]

    @property
    def item(self) -> str:
        told = type_of(self.schemas[self.shape]["properties"][self.listed]["items"])
        return type_of(self.schemas[told]["properties"]["resource"]) if self.is_searchset else told


def operations(told: dict[str, Any]) -> list[Told]:
    schemas = told["components"]["schemas"]
    return [Told(path, verb, each, schemas) for path, verbs in told["paths"].items() for verb, each in verbs.items()]


def python_name(name: str) -> str:
    """Return how a parameter is called in Python: `last_updated` for `_lastUpdated`."""
    return re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", name.lstrip("_"))


def asked_by(one: Told) -> dict[str, str]:
    """Return what may be asked beside the place, by its name there: each as a parameter with its default."""
    told = [(each["name"], each["schema"]) for each in one.told["parameters"] if each["in"] == "query"]
    told += [each for each in one.form.get("properties", {}).items() if each[0] not in one.form.get("required", ())]
    found = {}
    for name, schema in told:
        kind = "int | None = None" if name in NUMBERS else 'str = ""'
        found[name] = f"{python_name(name)}: {'Sequence[str] = ()' if schema['type'] == 'array' else kind}"
    return {name: words for name, words in found.items() if name not in CURSORS}


def parameters(one: Told) -> list[str]:
    kinds = {each["name"]: type_of(each["schema"]) for each in one.told["parameters"] if each["in"] == "path"}
    found = [f"{name}: {f'{kind} | str' if kind == 'UUID' else kind}" for name, kind in kinds.items()]
    found += [f"{python_name(name)}: str" for name in one.form.get("required", ())]
    if one.takes and not one.form:
        found.append(
            "content: bytes" if one.shape == "" else f"body: {type_of(one.takes['application/json']['schema'])}"
        )
    own = sorted(asked_by(one).values(), key=lambda words: "int" in words)
    if one.is_followed:
        own += ['after: str = ""', "pause: float | None = None"]
    if len(one.takes) > 1:
        own.append(f"media: Literal[{', '.join(repr(each) for each in one.takes)}] = {next(iter(one.takes))!r}")
    headers = one.named("header")
    own += [f"known: {one.shape} | None = None"] if "If-None-Match" in headers else []
    own += ['if_match: str = ""'] if "If-Match" in headers else []
    own += ['key: str = ""'] if "Idempotency-Key" in headers else []
    return ["self", *found, *(["*", *own] if own else [])]


def call_of(one: Told) -> str:
    """Return the expression of the call."""
    path = re.sub(r"{(\w+)}", r"{place(\1)}", one.path)
    if one.shape:
        read = f"partial(shape_of, {one.shape}, {'known' if 'If-None-Match' in one.named('header') else 'None'})"
    else:
        read = OTHERWISE[one.otherwise][1]
    words = [repr(one.verb.upper()), f"f{path!r}" if "{" in path else repr(path), read]
    asked = ", ".join(f"{name}={python_name(name)}" for name in [*one.form.get("required", ()), *asked_by(one)])
    words += [f"query=given({asked})"] if asked and not one.form else []
    headers = []
    if one.takes:
        headers.append("media=media" if len(one.takes) > 1 else f"media={next(iter(one.takes))!r}")
        sent = "content" if one.shape == "" else "body.sent()"
        words.append(f"body={f'form({asked})' if one.form else sent}")
    headers += {"If-None-Match": ["known=known"], "If-Match": ["if_match=if_match"]}.get(
        next((name for name in one.named("header") if name.startswith("If-")), ""), []
    )
    headers += ["key=key or drawn_key()"] if "Idempotency-Key" in one.named("header") else []
    words += [f"headers=headers({', '.join(headers)})"] if headers else []
    under_way = "are_under_way" if one.shape == "ResultVerdicts" else ("" if one.shape else OTHERWISE[one.otherwise][2])
    words += [f"is_under_way={under_way}"] if under_way else []
    return f"ApiCall({', '.join(words)})"


def method(one: Told, *, awaited: bool) -> Iterator[str]:
    told = one.shape or OTHERWISE[one.otherwise][0]
    iterator = "AsyncIterator" if awaited else "Iterator"
    listed, call = one.listed, call_of(one)
    items = "[one.resource for one in page.entry]" if one.is_searchset else f"page.{listed}"
    word, answer, body = ("async def", told, f"await self.do({call})") if awaited else ("def", told, f"self.do({call})")
    if one.is_followed:
        word, answer, body = "def", f"{iterator}[{told}]", f"self.follow({call}, after, pause)"
    elif listed:
        word, answer, body = "def", f"{iterator}[{one.item}]", f"self.items({call}, lambda page: {items})"
    yield f"    {word} {one.name}({', '.join(parameters(one))}) -> {answer}:"
    yield f'        """{one.told["summary"]}.'
    yield ""
    yield f"        `{one.verb.upper()} {one.path}`"
    yield '        """'
    yield f"        return {body}"
    yield ""


def part_of(one: Told) -> str:
    """Return in which part its method stands."""
    return next(part for part, path in PARTS.items() if one.path.startswith(path))


def face(told: dict[str, Any], part: str, *, awaited: bool) -> str:
    """Return a module of one face's methods."""
    found = [one for one in operations(told) if part_of(one) == part]
    words = " ".join(word for one in found for word in [*parameters(one), one.shape, one.item if one.listed else ""])
    named = set(re.findall(r"[A-Z]\w+", words)) & set(told["components"]["schemas"])
    places = {"fhir_models": named & fhir_shapes(told), "models": named - fhir_shapes(told)}
    imports = [f"from temoin_client.{place} import {', '.join(names)}" for place, names in places.items() if names]
    way, kind, iterator = ("awaited", "Awaited", "AsyncIterator") if awaited else ("blocking", "Blocking", "Iterator")
    classes = {"faces": "Face", "webhooks": "WebhookCalls", "fhir": "FhirCalls", "calls": "Calls"}
    below = list(classes)[list(PARTS).index(part)]
    head = FACE.format(
        way=way,
        iterator=iterator,
        made=MADE,
        about=ABOUT[part],
        imports="\n".join(imports),
        place=below if below == "faces" else f"{way}_{below}",
        name=kind + classes[part],
        base=kind + classes[below],
    )
    return "\n".join([head, *(line for one in found for line in method(one, awaited=awaited))])


def fhir_shapes(told: dict[str, Any]) -> set[str]:
    return {
        name for name, schema in told["components"]["schemas"].items() if schema.get("additionalProperties") is True
    }


def formatted(text: str) -> str:
    """Return a module as the house formats it."""
    ruff = [str(Path(sys.executable).with_name("ruff"))]
    for words in (["check", "--select=I,F401", "--fix", "--quiet"], ["format", "--quiet"]):
        command = [*ruff, *words, "--stdin-filename", str(FOLDER / "made.py"), "-"]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout
    return text


def pages(told: dict[str, Any]) -> dict[str, str]:
    """Return what is made of a specification, by the name of its file."""
    bodies = sent(told)
    answers = set(told["components"]["schemas"]) - bodies - fhir_shapes(told)
    made = {
        "bodies.py": shapes(told, bodies, what="what is sent to the API"),
        "models.py": shapes(told, answers, what="the API", beside=bodies),
        "fhir_models.py": shapes(told, fhir_shapes(told), what="FHIR that the API tells"),
    }
    for part in PARTS:
        made[f"blocking_{part}.py"] = face(told, part, awaited=False)
        made[f"awaited_{part}.py"] = face(told, part, awaited=True)
    return {name: formatted(text) for name, text in made.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a file differs")
    options = parser.parse_args()
    differing = []
    for name, text in pages(specification(OPERATIONS)).items():
        path = FOLDER / name
        if not path.exists() or path.read_text("utf-8") != text:
            differing.append(name)
            if not options.check:
                path.write_text(text, "utf-8")
    if options.check and differing:
        sys.stderr.write(f"differ from the specification: {', '.join(differing)}: run tools/write_client.py\n")
    return 1 if options.check and differing else 0


if __name__ == "__main__":
    raise SystemExit(main())
