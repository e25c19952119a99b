"""The poster of a pharmacy: the code that leads to the form of its patients, and what to do, in their languages."""

from __future__ import annotations

import io
from datetime import datetime
from typing import Final

import segno

from temoin.formats.pdf.letters import written
from temoin.formats.pdf.typesetting import typeset

TITLE: Final = "Un test ? Inscrivez-vous ici avec votre téléphone"
STEPS: Final = (
    "Lisez ce code avec l’appareil photo du téléphone.",
    "Remplissez le formulaire : seule la pharmacie peut le lire.",
    "Attendez que votre numéro soit appelé, avec une pièce d’identité.",
)
# Each with its language, and whether it is written from right to left.
OTHERS: Final = (
    ("en", False, "A test? Sign up here with your phone."),
    ("es", False, "¿Una prueba? Inscríbase aquí con su teléfono."),
    ("pt", False, "Um teste? Inscreva-se aqui com o seu telefone."),
    ("ar", True, "اختبار؟ سجّل هنا بهاتفك."),
    ("uk", False, "Потрібен тест? Запишіться тут телефоном."),
)
WITHOUT_PHONE: Final = "Sans téléphone : inscrivez-vous au comptoir. Adresse du site : {site}"
CODE_WORDS: Final = "Code QR qui ouvre, sur {site}, le formulaire d’inscription de {place}"


def poster_file(*, place: str, address: str, site: str, at: datetime) -> bytes:
    """Return the poster of a place, whose code opens an address; `at` is when that address was drawn."""
    drawing = io.BytesIO()
    segno.make(address, error="m", micro=False).save(drawing, kind="svg", border=2)
    told = {
        "title": written(TITLE),
        "place": written(place),
        "code": drawing.getvalue().decode(),
        "code_words": CODE_WORDS.format(site=site, place=place),
        "steps": STEPS,
        "others": [{"lang": lang, "right_to_left": turned, "words": words} for lang, turned, words in OTHERS],
        "foot": WITHOUT_PHONE.format(site=site),
    }
    return typeset("poster", told, at=at)
