"""What a program needs to come in, and the token that it has got: kept, and renewed before its end."""

from __future__ import annotations

import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from urllib.parse import urlencode, urlsplit

from temoin_client.answers import problem_in
from temoin_client.exchange import ApiCall, ApiReply, ApiRequest
from temoin_client.keys import SignsClaims, claims_for
from temoin_client.problems import ProblemError, TokenNotGivenError, TooMuchError, UnreadableAnswerError

_TOKEN = "/api/token"  # noqa: S105 an address
_JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_FORM = "application/x-www-form-urlencoded"
_AGENT = "temoin-client"
_EARLY = 0.2  # of a token's life is left when it is renewed
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class ClientOptions:
    """How calls are made. `deadline` bounds a whole call with all its tries and pauses, in seconds.

    Nothing is taken from the environment (`trust_env` is off): a proxy or a .netrc that somebody left there would be
    shown the tokens. Name a proxy here. `tls` brings another trust, or the certificate of a site that asks for one.
    """

    scopes: Sequence[str] = ()  # none asks for all that the program was given
    language: str = "fr"
    deadline: float = 60.0
    timeout: float = 30.0  # of one try
    proxy: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = field(default=None, repr=False)


class TokenBook:
    """Who the program is, and its token. Neither the token nor the signer is in its `repr`."""

    def __init__(self, address: str, client_id: str, sign: SignsClaims, options: ClientOptions) -> None:
        parts = urlsplit(address)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
            raise ValueError("Only https, but for this machine: a token is good for whoever reads it.")
        if parts.query or parts.fragment or parts.username or not parts.hostname:
            raise ValueError("Give the address of the staff site, and nothing behind it.")
        self.address, self.client_id, self.options = address.rstrip("/"), client_id, options
        self._sign = sign
        self._token, self._until = "", 0.0

    def __repr__(self) -> str:
        return f"TokenBook({self.address!r}, {self.client_id!r})"

    def good_token(self, refused: str) -> str:
        """Return the token that is kept, unless it ends soon or was refused; then ""."""
        return self._token if self._token != refused and monotonic() < self._until else ""

    def token_request(self, seconds: float) -> ApiRequest:
        """Return the request for a token, with an assertion of its own."""
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": _JWT_BEARER,
            "client_assertion": self._sign(claims_for(self.client_id, self.address + _TOKEN)),
            **({"scope": " ".join(self.options.scopes)} if self.options.scopes else {}),
        }
        headers = {"Content-Type": _FORM, "User-Agent": _AGENT}
        return ApiRequest("POST", _TOKEN, {}, headers, urlencode(form).encode(), self._seconds(seconds))

    def keep(self, reply: ApiReply) -> str:
        if reply.status != 200:
            raise _refused(problem_in(reply))
        try:
            told: Any = json.loads(reply.body)
            token, seconds = str(told["access_token"]), float(told["expires_in"])
        except (ValueError, KeyError, TypeError):
            raise UnreadableAnswerError("An answer without a token.") from None
        self._token, self._until = token, monotonic() + seconds * (1 - _EARLY)
        return token

    def request(self, call: ApiCall[Any], token: str, seconds: float) -> ApiRequest:
        own = {"Authorization": f"Bearer {token}", "Accept-Language": self.options.language, "User-Agent": _AGENT}
        return ApiRequest(
            call.method, call.path, call.query, {**call.headers, **own}, call.body, self._seconds(seconds)
        )

    def _seconds(self, left: float) -> float:
        return min(self.options.timeout, left)


def _refused(problem: ProblemError) -> ProblemError:
    if isinstance(problem, TooMuchError):
        return problem
    return TokenNotGivenError(status=problem.status, error=problem.error, detail=problem.detail)
