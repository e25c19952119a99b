"""The addresses of the staff site, made from the table and from nothing else."""

from temoin.web import errors
from temoin.web.access import pattern
from temoin.web.routes import ROUTES

urlpatterns = [pattern(route) for route in ROUTES]

handler400 = errors.bad_request
handler403 = errors.denied
handler404 = errors.not_found
handler500 = errors.failed
handler429 = errors.too_many  # the sign-in library asks for it by this name
