"""Static files of the manifest and no others, whatever else lies in their folder."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, staticfiles_storage
from whitenoise.middleware import WhiteNoiseMiddleware


class ManifestFiles(WhiteNoiseMiddleware):  # type: ignore[misc] # the library has no types
    """WhiteNoise's middleware, which by itself serves its whole folder: a former release's files, the manifest too."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: Any = None) -> None:
        """Serve a file if the manifest has it, under its hashed name or its own."""
        if url.removeprefix(self.static_prefix) in self._manifest:
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)

    @cached_property
    def _manifest(self) -> frozenset[str]:
        hashed = cast("ManifestStaticFilesStorage", staticfiles_storage).hashed_files
        return frozenset({*hashed, *hashed.values()})
