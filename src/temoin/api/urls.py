"""The table of every address of the API, and the addresses made from it and from nothing else."""

from temoin.api import answers, views
from temoin.api.guard import Open, Resource, pattern
from temoin.pharmacies.professions import Right

RESOURCES: tuple[Resource, ...] = (
    Resource(name="token", path="api/token", view=views.token, asks=Open.NOTHING, methods=("POST",)),
    Resource(name="whoami", path="api/v1/whoami", view=views.whoami, asks=Open.TOKEN),
    Resource(name="parcels", path="api/v1/tests/<uuid:record_id>/parcels", view=views.parcels, asks=Right.READ_TEST),
)

urlpatterns = [pattern(resource) for resource in RESOURCES]

handler400 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.failed
