"""Payloads of letters as delivery seals them, for the tests of the patient site."""

from __future__ import annotations

import json
from typing import Any

from temoin.crypto.letter import (
    SECRET_BYTES,
    LetterKeys,
    SealedLetter,
    derive,
    draw_link,
    draw_salt,
    seal_letter,
    stretch,
)

LABELS = {
    "positive": {"fr": "Positif", "en": "Positive"},
    "negative": {"fr": "Négatif", "en": "Negative"},
    "indeterminate": {"fr": "Indéterminé", "en": "Indeterminate"},
    "unsatisfactory": {"fr": "Échantillon insatisfaisant", "en": "Unsatisfactory sample"},
    "trace": {"fr": "Trace", "en": "Trace"},
    "plus-2": {"fr": "++ sur +++", "en": "++ out of +++"},
}
MEANS = {"plus-2": "positive"}
NAME = "Zéphyrine D’AUBIGNÉ-LACROIX"


def finding(
    outcome: str, french: str = "SARS-CoV-2 (COVID-19)", english: str = "SARS-CoV-2 (COVID-19)"
) -> dict[str, Any]:
    """Return one finding of a payload."""
    return {
        "target": {"fr": french, "en": english},
        "outcome": outcome,
        "means": MEANS.get(outcome),
        "label": LABELS[outcome],
    }


def payload(**changes: Any) -> dict[str, Any]:
    """Return a whole payload, changed where a test says so."""
    return {
        "v": 1,
        "lang": None,
        "demo": False,
        "status": "final",
        "version": 1,
        "kind": {
            "fr": "Test triple COVID-19, grippe et VRS",
            "en": "COVID-19, influenza and RSV triple test",
        },
        "patient": {"name": NAME, "birth_date": "1979-03-28"},
        "sampled_at": "2026-01-15T14:05:00+01:00",
        "signed_at": "2026-01-15T14:32:10+01:00",
        "pharmacy": {
            "name": "Pharmacie du Marché",
            "phone": "+33199001234",
            "phone_said": "01 99 00 12 34",
            "address": ["12 place du Marché", "51100 Reims"],
        },
        "signer": "Dr Camille FONTAINE, pharmacienne",
        "device": {
            "name": "TriRapid Ag",
            "manufacturer": "Essai Diagnostics",
            "reference": "TR-AG-25",
            "lot": "L2511A",
            "expiry": "2027-06-30",
        },
        "findings": [
            finding("positive"),
            finding("negative", "Grippe A et B", "Influenza A and B"),
            finding("indeterminate", "VRS", "RSV"),
        ],
        "comment": "",
        "reason": "",
        "before": [],
        "advice": ["covid-positive"],
        "certificate": None,
        "headline": {"fr": "Votre test est positif : COVID-19", "en": "Your test is positive: COVID-19"},
        **changes,
    }


def sealed_bytes(**changes: Any) -> bytes:
    """Return the payload as delivery gives it to the seal."""
    return json.dumps(payload(**changes), ensure_ascii=False).encode()


def any_link() -> bytes:
    """Return what the link of a letter carries, with the salt of its record."""
    return draw_link(draw_salt())


def sealed_under(link: bytes, code: str, payload: bytes) -> SealedLetter:
    """Seal a payload under a link and the code of its record's ticket."""
    return seal_letter(link, stretch(code, link[SECRET_BYTES:]), payload)


def keys_of(link: bytes, code: str) -> LetterKeys:
    """Derive what the patient's browser derives."""
    return derive(link, stretch(code, link[SECRET_BYTES:]))
