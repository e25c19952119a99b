"""What a program may be allowed to ask: scopes, and the rights that each stands for.

None stands for the right to sign: a result is signed by a named pharmacist, whom a bare program cannot be.
"""

from __future__ import annotations

from enum import StrEnum

from temoin.pharmacies.professions import Right


class Scope(StrEnum):
    """What a program may be allowed to ask."""

    TESTS_READ = "tests:read"
    TESTS_WRITE = "tests:write"
    PATIENTS_READ = "patients:read"
    PATIENTS_WRITE = "patients:write"
    RESULTS_PROPOSE = "results:propose"
    WEBHOOKS_MANAGE = "webhooks:manage"


SCOPE_RIGHTS: dict[Scope, frozenset[Right]] = {
    Scope.TESTS_READ: frozenset({Right.READ_TEST}),
    Scope.TESTS_WRITE: frozenset({Right.REGISTER_TEST, Right.TAKE_SAMPLE}),
    Scope.PATIENTS_READ: frozenset({Right.READ_PATIENT}),
    Scope.PATIENTS_WRITE: frozenset({Right.REGISTER_PATIENT}),
    Scope.RESULTS_PROPOSE: frozenset({Right.PROPOSE_RESULT}),
    Scope.WEBHOOKS_MANAGE: frozenset({Right.MANAGE_WEBHOOKS}),  # its own
}


def read_scopes(text: str) -> tuple[Scope, ...]:
    return tuple(Scope(word) for word in text.split())


def rights_of_scopes(text: str) -> frozenset[Right]:
    """Return the rights that a list of scopes stands for."""
    return frozenset[Right]().union(*(SCOPE_RIGHTS[scope] for scope in read_scopes(text)))
