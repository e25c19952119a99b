"""The section [api]: whether programs must show a TLS certificate and who vouches for it; how much they may write."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import model_validator

from temoin.lib.handed import Handed
from temoin.lib.section import Number, Text, fitting, refuse_setting, section, within
from temoin.lib.site import Site

_HEADER = fitting(re.compile(r"[A-Za-z0-9-]+").fullmatch, "must be the name of a header: letters, digits and dashes")

WRITES = range(60, 60_001)  # less stops a counter that hands in its day at once


@section
class Api:
    """Certificates of programs: the header in which the proxy hands them on, and the proxy's address; None is off."""

    certificate_header: Annotated[Text, _HEADER] | None = None
    proxy: Text | None = None
    # Of one program: see `api.write_pace` for what a write counts. A counter writes some ten in a minute. A night's
    # 10,000 results are handed in within ten, and leave most of a site of two cores to its counters meanwhile.
    writes_per_minute: Annotated[Number, within(WRITES)] = 600

    @model_validator(mode="after")
    def _go_together(self) -> Self:
        if (self.certificate_header is None) != (self.proxy is None):
            refuse_setting("and proxy go together: give both or neither", "certificate_header")
        return self


API: Handed[Api] = Handed("settings of the API")
SITE: Handed[Site] = Handed("addresses of the site")
