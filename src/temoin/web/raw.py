"""What was sent or came back, as a person can read it: JSON and XML set out, HL7 by lines, the rest told apart."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

import orjson
from lxml import etree

_READABLE = {"\t", "\n", "\r"}


@dataclass(frozen=True)
class Raw:
    """Some bytes as a page shows them: text, or where they are none, their size and digest."""

    text: str
    size: int
    digest: str


def show_bytes(data: bytes) -> Raw:
    """Return bytes for reading; whatever they are, they never fail."""
    return Raw(_text(data), len(data), sha256(data).hexdigest())


def _text(data: bytes) -> str:
    with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):  # it reads deeper than it writes
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2).decode()
    if data.lstrip().startswith(b"<"):
        with suppress(etree.XMLSyntaxError, ValueError):
            return etree.tostring(etree.fromstring(data, _parser()), pretty_print=True, encoding="unicode")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return ""
    if data.startswith(b"MSH"):
        text = text.replace("\r", "\n")  # segments end with a carriage return
    return text if all(sign.isprintable() or sign in _READABLE for sign in text) else ""


def _parser() -> etree.XMLParser[etree._Element]:
    """Fetch nothing and open no entity: what came back is a stranger's."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_blank_text=True
    )
