"""Tenant scope: which pharmacy this transaction works for, told to Python and to PostgreSQL at once.

Two lines of defence (law 3): managers refuse a query when no pharmacy is in scope and filter by it; forced
row-level security filters by `temoin.pharmacy`, set for the transaction alone (`SET LOCAL`, `set_config(..., true)`)
because a plain SET survives in a pooled connection and hands the next client another pharmacy's rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Any, ClassVar, NoReturn
from uuid import UUID

from django.db import connection, models, transaction
from psycopg.pq import ExecStatus, TransactionStatus

from temoin.lib.asking import failure_of, tell
from temoin.lib.errors import ScopeError
from temoin.lib.ids import PharmacyId, new_id
from temoin.lib.rows import PlainRow

_TELL = "SELECT set_config('temoin.pharmacy', %s, true)"
_current: ContextVar[PharmacyId | None] = ContextVar("temoin_pharmacy", default=None)
_checks: ContextVar[list[Callable[[], None]] | None] = ContextVar("temoin_checks", default=None)


class Sensitivity(StrEnum):
    """What a column may hold. Only PUBLIC stands in clear; the others live inside a sealed value or a blind index."""

    PUBLIC = "public"
    PERSONAL = "personal"
    HEALTH = "health"


def current_pharmacy() -> PharmacyId:
    """Return the pharmacy in scope, or raise: a query without one is a defect."""
    pharmacy_id = _current.get()
    if pharmacy_id is None:
        raise ScopeError("no pharmacy in scope: open a tenant_scope first")
    return pharmacy_id


class _Opening:
    """Tells the database just before the scope's first statement: a scope that asks nothing costs nothing."""

    def __init__(self, pharmacy_id: UUID) -> None:
        self._pharmacy_id = pharmacy_id
        self.is_done = False

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Run a statement of the scope (the signature is that of Django's `execute_wrapper`)."""
        if not self.is_done:
            self.is_done = True
            _open_scope(self._pharmacy_id)
        return execute(*statement)


@contextmanager
def tenant_scope(pharmacy_id: UUID) -> Iterator[None]:
    """Open the one transaction of a pharmacy; joining the same pharmacy's open scope is allowed, another's is not."""
    already = _current.get()
    if already == pharmacy_id:
        yield
        return
    if already is not None:
        raise ScopeError("one transaction works for one pharmacy")
    token = _current.set(PharmacyId(pharmacy_id))
    opening = _Opening(pharmacy_id)
    is_alone = _checks.get() is None
    try:
        with transaction.atomic(savepoint=is_alone):
            with connection.execute_wrapper(opening):
                yield
            if is_alone and opening.is_done:
                _forget_scope()
    finally:
        _current.reset(token)


@contextmanager
def scopes_together() -> Iterator[None]:
    """Work for several pharmacies, one scope after the other, in one transaction: all of it is kept or nothing.

    Statements leave without waiting for the answers of those before them (the driver's pipeline mode): a batch of
    twenty pharmacies costs one commit and a few waits. No statement runs between two scopes.
    """
    checks: list[Callable[[], None]] = []
    token = _checks.set(checks)
    try:
        with transaction.atomic(), connection.wrap_database_errors:
            with connection.execute_wrapper(_in_some_scope), connection.connection.pipeline():
                yield
                _look_at_all(checks)
            _forget_scope()
    finally:
        _checks.reset(token)


def _look_at_all(checks: list[Callable[[], None]]) -> None:
    for check in checks:
        check()


def answers_come_later() -> bool:
    """Tell whether statements leave without waiting for their answers: in `scopes_together`."""
    return _checks.get() is not None


def check_when_answered(check: Callable[[], None]) -> None:
    """Look at what a statement brought: now, or at the end of `scopes_together`."""
    checks = _checks.get()
    if checks is None:
        check()
    else:
        checks.append(check)


def _in_some_scope(execute: Callable[..., Any], *statement: Any) -> Any:
    current_pharmacy()
    return execute(*statement)


def _open_scope(pharmacy_id: UUID) -> None:
    """Tell the database; where no transaction has begun, in one message with its BEGIN: a round trip saved per act."""
    driver = connection.connection
    if _checks.get() is not None or driver.info.transaction_status != TransactionStatus.IDLE:
        _tell_database(str(pharmacy_id))
        return
    command = b"BEGIN; SET LOCAL temoin.pharmacy = '%s'" % pharmacy_id.hex.encode()  # no query to plan
    begun = driver.pgconn.exec_(command)
    if begun.status != ExecStatus.COMMAND_OK:
        with connection.wrap_database_errors:
            raise failure_of(driver, begun)


def _forget_scope() -> None:
    """Tell the database, where an outer transaction goes on: it must not keep a pharmacy's scope."""
    if len(connection.atomic_blocks) > 1 and not connection.needs_rollback:
        _tell_database("")


def _tell_database(value: str) -> None:
    if connection.connection.pgconn.pipeline_status:
        tell(_TELL, [value])
        return
    with connection.cursor() as cursor:
        # The driver's own cursor: the opening of a scope is itself a wrapper of Django's statements.
        cursor.cursor.execute(_TELL, [value])


class TenantQuerySet(models.QuerySet[Any]):
    """A set of rows that can be read and nothing else: the audited path is the only path (law 2)."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise ScopeError("rows are written by an act, not by a query set")

    create = get_or_create = update_or_create = _refuse
    update = delete = bulk_create = bulk_update = _refuse
    acreate = aget_or_create = aupdate_or_create = _refuse
    aupdate = adelete = abulk_create = abulk_update = _refuse


class TenantManager(models.Manager.from_queryset(TenantQuerySet)):  # type: ignore[misc] # made at run time
    """Reads rows of the pharmacy in scope, and refuses without one."""

    def get_queryset(self) -> models.QuerySet[Any]:
        found: models.QuerySet[Any] = super().get_queryset()
        return found.filter(pharmacy_id=current_pharmacy())


class TenantModel(PlainRow):
    """A row of one pharmacy. It is written by an act (see `lib.commit`), never by save, update or delete."""

    pk = models.CompositePrimaryKey("pharmacy_id", "id")
    pharmacy_id = models.UUIDField()
    id = models.UUIDField(default=new_id)

    objects = TenantManager()

    declares: ClassVar[Mapping[str, Sensitivity]] = {}
    binds: ClassVar[tuple[str, ...]] = ()  # columns that the row's sealed value is bound to: see `crypto.sealed`
    stirs: ClassVar[bool] = False  # whether a counter's list shows it: see `lib.stirring`
    told: ClassVar[bool] = False  # whether events tell how each row was left: see `crypto.told`

    class Meta:
        abstract = True

    def save(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the audited path is the only path (law 2)."""
        raise ScopeError("rows are written by an act, not by save()")

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the audited path is the only path (law 2)."""
        raise ScopeError("rows are removed by an act, not by delete()")

    def told_digest(self) -> str:
        """Return what the event of the act that writes this row tells of it."""
        raise NotImplementedError
