"""The section [pro_sante_connect]: the identity provider of health professionals, where the operator uses it."""

from __future__ import annotations

from typing import Annotated

from temoin.lib.section import Place, Text, Url, encrypted, section


@section
class ProSanteConnect:
    """Where the provider describes itself, and who we are to it.

    Its document of discovery is not at OpenID's usual address, so its own is asked for.
    """

    discovery_url: Annotated[Url, encrypted("who signs in is decided there")]
    client_id: Text
    secret_file: Place
    scope: Text = "openid scope_all"
