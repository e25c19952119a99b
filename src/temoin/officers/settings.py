"""The section [authority]: the site for an authority's people, which a site may do without."""

from __future__ import annotations

from typing import Annotated

from temoin.lib.section import Place, Url, encrypted, section

_Address = Annotated[Url, encrypted("only this machine's own addresses may go without")]


@section
class AuthoritySettings:
    """The address that the authority's people type, and the file with the key that their accounts are sealed with."""

    url: _Address
    key: Place
