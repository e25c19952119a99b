"""The last factor stays, even when two removals meet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from django.urls import reverse
from people import open_house, person_of, sign_in


@pytest.mark.django_db(transaction=True)
def test_two_removals_at_once_leave_one_passkey():
    house = open_house()
    person, together = person_of(house.owner), Barrier(2)
    passkeys = [
        Authenticator.objects.create(user=person, type="webauthn", data={"name": name, "credential": {}})
        for name in ("first", "second")
    ]
    clients = [sign_in(Client(), house.owner) for _ in passkeys]

    def remove(client: Client, passkey: Authenticator) -> int:
        try:
            together.wait(10)
            return client.post(reverse("mfa_remove_webauthn", args=[passkey.pk])).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(remove, clients, passkeys))

    assert Authenticator.objects.filter(user=person).count() == 1
