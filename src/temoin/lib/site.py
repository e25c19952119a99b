"""The section [site]: the addresses people use, handed to rooms that write one or keep demonstrations at home."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from temoin.lib.section import Switch, Url, encrypted, origin, refuse_setting, section

_Address = Annotated[Url, encrypted("only this machine's own addresses may go without")]


@section
class Site:
    """The addresses people use; `demo` marks every page and keeps results away from any real authority."""

    demo: Switch
    staff_url: _Address
    portal_url: _Address
    sandbox_url: Url | None = None

    @model_validator(mode="after")
    def _keep_apart(self) -> Self:
        if origin(self.staff_url) == origin(self.portal_url):
            refuse_setting("must be another host or port than staff_url", "portal_url")
        return self
