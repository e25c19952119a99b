"""The page of files that were tried tells what a run makes of them."""

from __future__ import annotations

from kinds_of_files import GIVEN, PAGE, given_lines, page


def test_the_page_is_what_a_run_gives():
    assert PAGE.read_text("utf-8") == page(given_lines())


def test_every_file_of_other_systems_has_its_line():
    assert len(given_lines()) == len(GIVEN)
