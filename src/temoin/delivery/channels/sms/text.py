"""The words of a short message: at most 160 characters with the link, and no health word."""

from __future__ import annotations

import string
import unicodedata

from temoin.catalogue.patient_languages import PatientLanguage, patient_languages
from temoin.crypto.letter import FRAGMENT_LENGTH

LONGEST = 160
SHORTEST_NAME = 12  # characters of the pharmacy's name that a message has room for
# 3GPP TS 23.038, 6.2.1: a message of these letters alone has 160 in one part; any other letter makes it 70.
GSM = frozenset(
    string.ascii_letters
    + string.digits
    + " \n\r_"
    + "\"#%&'()*+,-./<=>@!?:;"
    + "£$¥¤§¡¿"
    + "èéùìòàÇØøÅåÆæßÉÄÖÑÜäöñü"
    + "ΔΦΓΛΩΠΨΣΘΞ"
)


# What Unicode does not take apart into a letter and its accent, as people without that key write it.
_WRITTEN = str.maketrans({"’": "'", "‘": "'", "«": '"', "»": '"', "–": "-", "—": "-", "œ": "oe", "Œ": "OE"})


def text_of_message(*, link: str, language: str, place: str, is_demo: bool) -> str:
    """Return the message in the patient's language; the pharmacy's name has the room that the link leaves."""
    known = patient_languages()
    words = _words(known.get(language, known["fr"]), is_demo=is_demo)
    named = _in_gsm(place) if is_gsm(words.format(place="", link="")) else place
    room = max(LONGEST - len(words.format(place="", link=link)), 0)
    return words.format(place=_cut(named, room), link=link)


def longest_portal() -> int:
    """Return how many characters the address of the patients' site may have for a message to hold a link to it."""
    texts = (_words(one, is_demo=True).format(place="", link="/#") for one in patient_languages().values())
    return LONGEST - SHORTEST_NAME - FRAGMENT_LENGTH - max(map(len, texts))


def is_gsm(text: str) -> bool:
    """Tell whether a message travels in the letters of GSM, seven bits each."""
    return GSM.issuperset(text)


def _words(language: PatientLanguage, *, is_demo: bool) -> str:
    """Return a language's words: without the accents that GSM lacks, where it is written in Latin letters."""
    text = f"DEMO. {language.message['sms']}" if is_demo else language.message["sms"]
    is_latin = is_gsm(_unaccented(text.format(place="", link="")))
    return _unaccented(text) if is_latin else text


def _in_gsm(name: str) -> str:
    """Return a name in letters of GSM; one that has no place there is left out."""
    return "".join(letter for letter in _unaccented(name) if letter in GSM and letter.isprintable())


def _unaccented(text: str) -> str:
    written = text.translate(_WRITTEN)
    return "".join(letter if letter in GSM else unicodedata.normalize("NFKD", letter)[0] for letter in written)


def _cut(name: str, most: int) -> str:
    """Return a name, or as many whole words of it as there is room for."""
    if len(name) <= most:
        return name
    return name[: most + 1].rpartition(" ")[0] or name[:most]
