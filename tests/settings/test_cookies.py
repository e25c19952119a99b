"""Over https every cookie is the host's own: `__Host-`, secure, of one host, out of reach of scripts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from temoin.settings.secrets import make_password, make_root_key, private_folder

EXAMPLE = Path(__file__).parents[2] / "docs" / "temoin.example.toml"
LOOK = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
answer = Client(headers={"host": "temoin.example.fr", "x-forwarded-proto": "https"}).get("/account/sign-in/")
plain = Client(headers={"host": "temoin.example.fr"}).get("/account/sign-in/")
print(json.dumps({
    "cookies": {name: dict(cookie.items()) for name, cookie in answer.cookies.items()},
    "hsts": answer.headers.get("Strict-Transport-Security"),
    "plain": [plain.status_code, plain.headers.get("Location")],
    "settings": {name: getattr(settings, name) for name in dir(settings) if "COOKIE" in name},
}, default=str))
"""


def look_over_https(folder: Path) -> dict:
    keys = private_folder(folder / "keys")
    make_root_key(keys / "root.key")
    for name in ("django.key", "mail.password", "app.password", "pro-sante-connect.secret"):
        make_password(keys / name)
    shutil.copy(EXAMPLE, folder / "temoin.toml")
    environment = {
        **os.environ,
        "TEMOIN_CONFIG": str(folder / "temoin.toml"),
        "TEMOIN_PROCESS": "staff",
        "DJANGO_SETTINGS_MODULE": "temoin.site.settings",
    }
    gather = "import django; django.setup(); from django.core.management import call_command; "
    gather += "call_command('collectstatic', interactive=False, verbosity=0)"
    for code in (gather, LOOK):
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_cookies_over_https(tmp_path: Path):
    seen = look_over_https(tmp_path)

    cookie = seen["cookies"]["__Host-csrf"]
    assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Strict")
    assert (cookie["path"], cookie["domain"]) == ("/", "")
    chosen = seen["settings"]
    assert chosen["SESSION_COOKIE_NAME"] == "__Host-session"
    assert chosen["LANGUAGE_COOKIE_NAME"] == "__Host-language"
    assert chosen["BANNER_COOKIE_NAME"] == "__Host-banner"
    for kind in ("SESSION", "CSRF", "LANGUAGE"):
        assert chosen[f"{kind}_COOKIE_SECURE"] is True
        assert chosen[f"{kind}_COOKIE_HTTPONLY"] is True
        assert chosen[f"{kind}_COOKIE_DOMAIN"] is None
        assert chosen[f"{kind}_COOKIE_PATH"] == "/"
    assert seen["hsts"] == "max-age=63072000; includeSubDomains"
    assert seen["plain"] == [301, "https://temoin.example.fr/account/sign-in/"]
