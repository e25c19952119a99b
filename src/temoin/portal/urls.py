"""The addresses of the patient site; none of them names a letter, a certificate or a person."""

from django.urls import path

from temoin.portal import verifier, views

app_name = "portal"

urlpatterns = [
    path("", views.page, name="page"),
    path("letter", views.letter, name="letter"),
    path("verify/", verifier.page, name="verifier"),
    path("verify/worker.js", verifier.worker, name="worker"),
    path("verify/keys", verifier.keys, name="keys"),
    path("verify/revoked", verifier.revoked, name="revoked"),
    path(".well-known/jwks.json", verifier.own_keys, name="own_keys"),
]

handler404 = views.not_found
handler500 = views.failed
