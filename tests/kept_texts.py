"""Every text that is kept of a pharmacy, sealed ones opened: for tests of what nobody could read, or nobody typed."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.apps import apps
from django.db import connection, models

from temoin.crypto.sealed import SealedModel
from temoin.lib.tenant import TenantModel, tenant_scope


def texts_of(pharmacy_id: UUID) -> Iterator[tuple[str, str]]:
    """Yield model and field, and the text, of each row that the staff site may read: it writes no others."""
    with tenant_scope(pharmacy_id):
        for model in filter(_is_read_here, apps.get_models()):
            plain = [one.name for one in model._meta.get_fields() if isinstance(one, models.TextField)]
            for row in model.objects.all():
                held = {name: getattr(row, name) for name in plain}
                held |= row.unseal() if issubclass(model, SealedModel) and row.sealed else {}
                yield from ((f"{model.__name__}.{name}", text) for name, text in held.items() if isinstance(text, str))


def _is_read_here(model: type[models.Model]) -> bool:
    if not issubclass(model, TenantModel):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('temoin_app', %s, 'SELECT')", [model._meta.db_table])
        return bool(cursor.fetchone()[0])
