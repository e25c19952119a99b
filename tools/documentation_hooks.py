"""What MkDocs asks us while it builds the documentation: the language of each page, no heading without words."""

from __future__ import annotations

from typing import Any


def on_post_page(output: str, *, page: Any, config: Any) -> str:  # noqa: ARG001 - the names are the tool's
    """Return the page with the language of its front matter on its root (`lang: fr`; WCAG 3.1.1), English unless told.

    Markdown makes a heading of each cell of a table's first row; an empty one is a plain cell.
    """
    said = output.replace('<html lang="en"', f'<html lang="{page.meta.get("lang", "en")}"', 1)
    return said.replace("<th></th>", "<td></td>")
