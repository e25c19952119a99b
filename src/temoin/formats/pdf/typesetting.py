"""Typesetting: a layout of ours and what it is to say become a tagged PDF, in memory.

Each file is PDF/A-1a, which secure health messaging asks for, and PDF/UA-1, which screen readers need: Typst refuses to
write what either forbids. The same words at the same time give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import orjson
import typst

MEDIA_TYPE: Final = "application/pdf"
_STANDARDS: Final[list[Literal["a-1a", "ua-1"]]] = ["a-1a", "ua-1"]
_LAYOUTS: Final = files("temoin.formats.pdf") / "layouts"
_FONT_PACKAGES: Final = ("fontpkg_atkinson_hyperlegible", "fontpkg_almarai")


def typeset(layout: str, told: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of a layout; ValueError when it cannot be laid out, with nothing of what it was to say."""
    try:
        # The layout's path, not its text: of each text that it is handed, the library keeps a copy for good.
        made = typst.compile(
            str(_LAYOUTS / f"{layout}.typ"),
            root=str(_LAYOUTS),
            font_paths=_fonts(),
            sys_inputs={"told": orjson.dumps(told).decode()},
            pdf_standards=[*_STANDARDS],
            timestamp=at.astimezone(UTC).replace(microsecond=0),
        )
    except typst.TypstError as error:
        raise ValueError(f"the page cannot be made ({type(error).__name__})") from None
    return bytes(made)


@cache
def _fonts() -> typst.Fonts:
    """Return the typefaces that come with packages, and Typst's own: never those of the machine."""
    return typst.Fonts(
        include_system_fonts=False,
        font_paths=[str(files(package) / "files") for package in _FONT_PACKAGES],
    )
