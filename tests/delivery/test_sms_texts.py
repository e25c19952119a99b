"""The words of a short message: with the link whole, 160 characters at most, in letters that one part carries."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from temoin.catalogue.kinds import load_kinds
from temoin.catalogue.patient_languages import patient_languages
from temoin.crypto.letter import FRAGMENT_LENGTH, draw_link, link_fragment
from temoin.delivery.channels.sms.text import LONGEST, SHORTEST_NAME, is_gsm, longest_portal, text_of_message
from temoin.lib.phones import is_mobile

LATIN = ["fr", "en", "es", "pt"]
LONGEST_LINK = "https://" + "p" * (longest_portal() - 8) + "/#" + "x" * FRAGMENT_LENGTH
SHORT_LINK = "https://p.example/#" + "x" * FRAGMENT_LENGTH


@given(
    place=st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=120),
    language=st.sampled_from([*patient_languages(), ""]),
    link=st.sampled_from([LONGEST_LINK, SHORT_LINK]),
    is_demo=st.booleans(),
)
@example(place="{link}", language="fr", link=SHORT_LINK, is_demo=False)
def test_every_message_has_its_link_and_160_characters_at_most(place: str, language: str, link: str, is_demo: bool):
    text = text_of_message(link=link, language=language, place=place, is_demo=is_demo)

    assert len(text) <= LONGEST
    assert text.endswith(f" {link}")
    assert is_gsm(text) or language in {"ar", "uk"}


@pytest.mark.parametrize("language", patient_languages())
def test_the_longest_address_of_a_site_leaves_room_for_a_name(language: str):
    text = text_of_message(link=LONGEST_LINK, language=language, place="P" * 40, is_demo=True)

    assert text.count("P") >= SHORTEST_NAME


@pytest.mark.parametrize("language", patient_languages())
def test_no_message_has_a_word_of_health(language: str):
    text = text_of_message(link=SHORT_LINK, language=language, place="", is_demo=False).lower()

    words = {"test", "result", "résultat", "resultado", "результат", "تحليل", "نتيجة"}
    words |= {kind.words.fr.lower() for kind in load_kinds().values()}
    assert [word for word in words if word in text] == []


def test_a_name_is_written_as_telephones_write_it_and_cut_between_words():
    place = "Pharmacie de l’Église — Œuvres françaises du fbg Saint-Honoré à Paris"

    text = text_of_message(link=SHORT_LINK, language="fr", place=place, is_demo=False)

    assert text.startswith("Pharmacie de l'Église - OEuvres francaises du fbg. Document disponible, code")


def test_the_fragment_has_the_length_that_room_is_kept_for():
    assert len(link_fragment(draw_link(b"s" * 16))) == FRAGMENT_LENGTH


@pytest.mark.parametrize(
    ("number", "may_be"),
    [
        ("+33612345678", True),
        ("+33767123456", True),
        ("+33639980000", True),  # kept free for demonstrations
        ("+262692123456", True),
        ("+447911123456", True),
        ("+12125551234", True),  # North America tells nobody
        ("+33145678901", False),
        ("+33199001234", False),
        ("+33978123456", False),
        ("", False),
        ("x", False),
    ],
)
def test_a_message_goes_to_mobiles_alone(number: str, may_be: bool):
    assert is_mobile(number) is may_be
