"""The published pages, as anybody may have them: made again only when something more was published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from temoin.authority.pages import SITE
from temoin.surveillance.dataset import About
from temoin.surveillance.exporting import last_published, publications
from temoin.surveillance.pages import page_files


def published_pages() -> Mapping[str, bytes]:
    """Return pages and style by name, of all that was published by now."""
    return _pages(*last_published())


@lru_cache(maxsize=1)
def _pages(_count: int, _day: date | None) -> Mapping[str, bytes]:
    site = SITE()
    return page_files(publications(), About(site.portal_url, "", site.demo))
