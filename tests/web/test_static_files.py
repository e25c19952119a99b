"""Static files come from the manifest and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

pytestmark = pytest.mark.django_db
BESIDE = ["left.js", "web/.env", "web/site.js.map", "web/site.css.bak", ".git/config", "web/result.csv"]


@pytest.fixture(params=BESIDE)
def left_file(request: pytest.FixtureRequest) -> Iterator[str]:
    """A file that lies in the served folder, as a former release or an editor leaves one."""
    path = Path(settings.STATIC_ROOT) / request.param
    path.parent.mkdir(exist_ok=True)
    path.write_text("left", encoding="utf-8")
    yield request.param
    path.unlink()


def test_a_file_beside_the_manifest_is_not_served(left_file: str):
    assert Client().get(f"/static/{left_file}").status_code == 404


def test_the_manifest_itself_is_not_served():
    assert (Path(settings.STATIC_ROOT) / "staticfiles.json").exists()

    assert Client().get("/static/staticfiles.json").status_code == 404


def test_every_file_of_the_manifest_is_served_to_this_site_only():
    client = Client()
    for name in staticfiles_storage.hashed_files.values():
        answer = client.get(f"/static/{name}")
        answer.close()
        assert answer.status_code == 200, name
        assert "Access-Control-Allow-Origin" not in answer


def test_no_source_map_nor_hidden_file_is_in_the_manifest():
    names = [*staticfiles_storage.hashed_files, *staticfiles_storage.hashed_files.values()]

    assert [name for name in names if name.endswith(".map") or "/." in f"/{name}"] == []


@pytest.mark.parametrize(
    "up", ["./", "..", "%2e%2e", "..%2f..", "%252e%252e", "web/../..", "..\\", "%5c..", "%c0%ae%c0%ae"]
)
def test_no_path_leads_out_of_the_manifest(up: str):
    for leaf in ("temoin.toml", "etc/passwd", "staticfiles.json"):
        assert Client().get(f"/static/{up}/{leaf}").status_code == 404
