"""The content of our own certificate, for any kind of test; `docs/certificates.md` describes it field by field."""

from __future__ import annotations

from typing import Any

from temoin.formats.hcert.errors import NotACertificateError

VERSION = 1
_TEXTS = ("dob", "kind", "sampled", "signed")


def check_own(content: dict[Any, Any]) -> None:
    """Refuse what is not the content of our certificate, with NotACertificateError."""
    match content:
        case {"v": 1, "name": {"fn": str(), "gn": str(), "fnt": str(), "gnt": str()}, "place": [str(), str()]}:
            found = content.get("found")
        case _:
            raise NotACertificateError("not the content of one of our certificates")
    is_told = all(isinstance(content.get(name), str) for name in _TEXTS)
    if not is_told or not isinstance(found, list) or not found or not all(map(_is_finding, found)):
        raise NotACertificateError("it does not say what was found")


def _is_finding(value: Any) -> bool:
    match value:
        case [str(), str()]:
            return True
    return False
