"""Words in each language of the product, kept beside the thing that they name."""

from __future__ import annotations

from dataclasses import dataclass

PATIENT_LANGUAGES = ("fr", "en", "es", "pt", "ar", "uk")  # in which patients are written to, in the order of a choice


@dataclass(frozen=True, slots=True)
class Label:
    """The same words in each language of the product."""

    fr: str
    en: str

    def text(self, lang: str) -> str:
        """Return the words in this language (`fr`, `fr-fr`…), English for a language we do not speak."""
        return self.fr if lang.lower().startswith("fr") else self.en
