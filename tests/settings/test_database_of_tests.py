"""The database of the tests itself: the role under test applies, and nothing is left behind."""

import pytest
from django.db import ProgrammingError, connection

from temoin.pharmacies.models import Pharmacy


def current_role() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_tests_run_as_the_app_role():
    assert current_role() == "temoin_app"


def test_a_test_may_take_another_role_for_a_while(as_role):
    with as_role("temoin_worker"):
        inside = current_role()

    assert (inside, current_role()) == ("temoin_worker", "temoin_app")


@pytest.mark.django_db
def test_the_app_role_owns_nothing():
    with pytest.raises(ProgrammingError), connection.cursor() as cursor:
        cursor.execute("DROP TABLE pharmacies_pharmacy")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_what_a_transactional_test_commits_is_flushed(turn):
    assert not Pharmacy.objects.exists()

    Pharmacy.objects.create(finess=f"99000000{turn}", name="Pharmacie d'essai")
