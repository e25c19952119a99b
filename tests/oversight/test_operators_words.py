"""The alarm mail says each code in words: what it means, what mends it, where to look."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import temoin
from temoin.cli.main import build_parser
from temoin.oversight.operators_words import MATTERS, PAGE, PHARMACYS, matter_of
from temoin.settings.channels import CHANNELS
from temoin.transmission.judging import OPERATORS_CODES
from temoin.web.wording import REASON

# Codes with which a parcel ends: nothing of them is late.
ENDED = {
    "reconciled",
    "acknowledged",
    "taken_by_mail_server",
    "taken_by_operator",
    "taken_by_sms_provider",
    "sms_delivered",
    "newer_version",
    "newer_letter",
    "test",
}


def codes_of_couriers() -> set[str]:
    """Return every code that stands as such in an answer of ours."""
    found = set()
    for path in Path(temoin.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Answer" and len(node.args) > 1:
                code = node.args[1]
                found |= {code.value} if isinstance(code, ast.Constant) else set()
    return found


def test_every_code_of_a_courier_and_of_the_pages_has_words_for_the_operator():
    of_channels = {code for channel in CHANNELS for code in channel.reasons}
    codes = (codes_of_couriers() | set(REASON) | of_channels) - ENDED - OPERATORS_CODES

    assert len(codes) > 40
    assert sorted(codes - set(MATTERS)) == []


@pytest.mark.parametrize("code", sorted({*MATTERS, *OPERATORS_CODES, "http_503", "hl7_ae"}))
@pytest.mark.parametrize("is_refused", [True, False])
def test_a_code_is_told_in_both_languages_with_a_remedy_and_a_place(code: str, is_refused: bool):
    matter = matter_of(code, is_refused=is_refused)

    for label in (matter.words, matter.remedy):
        assert label.fr.endswith(".")
        assert label.en.endswith(".")
        assert label.fr != label.en
    assert matter.look == PAGE or build_parser().parse_args(matter.look.split()[1:])


@pytest.mark.parametrize("code", sorted(OPERATORS_CODES))
def test_what_a_service_refuses_of_this_site_is_not_put_to_a_pharmacy(code: str):
    assert matter_of(code, is_refused=False) is matter_of("not_agreed", is_refused=False)
    assert matter_of("hl7_ar", is_refused=True) is PHARMACYS
