"""What every shape of the API has in common: read leniently, written as it was given, never shown."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, PrivateAttr


class ApiShape(BaseModel):
    """A JSON object of the API. A field that a newer server adds is passed over.

    Neither `repr` nor an error tells a value: shapes hold patients and results, and both end up in logs.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    _etag: str = PrivateAttr(default="")

    @property
    def etag(self) -> str:
        """The version that the server told, for `if_match`; "" for what it did not tell."""
        return self._etag

    def tagged(self, etag: str) -> Self:
        """Return the same, with the version that came along."""
        self._etag = etag
        return self

    def sent(self) -> bytes:
        """Return what is sent: the fields that were given, and no default of ours in the place of the server's."""
        return self.model_dump_json(exclude_unset=True).encode()

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [(name, value) for name, value in self if name in {"id", "test_id"}]


class FhirElement(ApiShape):
    """A resource or an element of FHIR R4: what it does not name is kept, for `model_dump(mode="json")`."""

    model_config = ConfigDict(extra="allow")


class FhirSearchset(FhirElement):
    """A page of what a search found."""

    link: list[dict[str, str]]

    @property
    def next(self) -> str:
        """The address of the next page on the site that was asked; "" on the last one."""
        url = next((one.get("url", "") for one in self.link if one.get("relation") == "next"), "")
        _host, found, rest = url.partition("/api/")
        return found + rest
