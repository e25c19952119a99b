"""The API of Témoin for Python: typed, blocking and awaited, and done once however often it is sent.

    from temoin_client import KeyFile, Temoin

    with Temoin("https://staff.example.org", client_id="…", sign=KeyFile("program.pem")) as temoin:
        print(temoin.whoami().program)

Shapes are in `temoin_client.models`, exceptions in `temoin_client.problems`. It imports nothing of the product.
"""

from temoin_client.answers import BundleOutcome, MessageVerdict
from temoin_client.clients import AsyncTemoin, Temoin
from temoin_client.keys import KeyFile, SignsClaims
from temoin_client.problems import CallError, FieldProblem, ProblemError, UnansweredError
from temoin_client.tokens import ClientOptions

__all__ = [
    "AsyncTemoin",
    "BundleOutcome",
    "CallError",
    "ClientOptions",
    "FieldProblem",
    "KeyFile",
    "MessageVerdict",
    "ProblemError",
    "SignsClaims",
    "Temoin",
    "UnansweredError",
]
