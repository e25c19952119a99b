"""What MkDocs asks us while it builds the site: the language of each page, its words, no heading without any."""

from __future__ import annotations

import posixpath
from typing import Any

WORDS = {"en": "What a word means here: [glossary]({}).", "fr": "Le sens des mots\u00a0: [glossaire]({}) (en anglais)."}
GLOSSARY = "glossary.md"


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:  # noqa: ARG001 - as below
    """Return the page with a link to the glossary at its end: a reader meets our words on any of them."""
    if page.file.src_uri == GLOSSARY:
        return markdown
    words = WORDS[page.meta.get("lang", "en")]
    return f"{markdown}\n\n---\n\n{words.format(posixpath.relpath(GLOSSARY, posixpath.dirname(page.file.src_uri)))}\n"


def on_post_page(output: str, *, page: Any, config: Any) -> str:  # noqa: ARG001 - the names are the tool's
    """Return the page with the language of its front matter on its root (`lang: fr`; WCAG 3.1.1), English unless told.

    Markdown makes a heading of each cell of a table's first row; an empty one is a plain cell.
    """
    said = output.replace('<html lang="en"', f'<html lang="{page.meta.get("lang", "en")}"', 1)
    return said.replace("<th></th>", "<td></td>")
