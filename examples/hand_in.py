"""Hand in a result to Témoin as a pharmacy's program does: the whole road, with joserfc and the standard library.

    python examples/hand_in.py --staff http://localhost:8600 --key program.pem --client-id ID [--number N]

The patient is invented. What is handed in waits under *Proposed results* until a pharmacist signs it.
"""

import argparse
import json
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import OKPKey

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KIND = "covid19-ag"
PATIENT = {
    "birth_family_name": "EXEMPLE",
    "birth_given_names": "CAMILLE ANDREE",
    "sex": "F",
    "birth_date": "1984-02-29",
    "email": "camille@patient.example",
}


class Temoin:
    """One pharmacy's Témoin, as its program sees it."""

    def __init__(self, staff: str, client_id: str, key: str) -> None:
        self._staff, self._client_id = staff.rstrip("/"), client_id
        self._key = OKPKey.import_key(key)

    def token(self) -> str:
        """Prove the key, and get a token for five minutes."""
        audience, moment = f"{self._staff}/api/token", int(time.time())
        claims = {"iss": self._client_id, "sub": self._client_id, "aud": audience}
        claims |= {"jti": secrets.token_hex(16), "iat": moment, "exp": moment + 120}
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": JWT_BEARER,
            "client_assertion": jwt.encode({"alg": "Ed25519"}, claims, self._key, algorithms=["Ed25519"]),
        }
        request = urllib.request.Request(audience, urllib.parse.urlencode(form).encode())
        return str(self._answer(request)["access_token"])

    def call(self, path: str, body: dict | None = None, key: str = "") -> dict:
        """Call an address. Keep the key of what does something: if no answer comes, send again with the same one."""
        headers = {"Authorization": f"Bearer {self.token()}", "Accept-Language": "en"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        data = None if body is None else json.dumps(body).encode()
        return self._answer(urllib.request.Request(f"{self._staff}{path}", data, headers))

    def _answer(self, request: urllib.request.Request) -> dict:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as problem:
            raise SystemExit(f"{problem.code}: {problem.read().decode()}") from None


def main() -> None:
    """Choose a lot, hand in one result, and show what became of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("--staff", "--client-id"):
        parser.add_argument(name, required=True)
    parser.add_argument("--key", required=True, type=Path)
    parser.add_argument("--key-of-call", default=secrets.token_hex(16), help="of a call to which no answer came")
    parser.add_argument("--number", default=f"EXAMPLE-{secrets.token_hex(4)}", help="the program's own number of it")
    options = parser.parse_args()
    temoin = Temoin(options.staff, options.client_id, options.key.read_text("ascii"))

    notice = temoin.call("/api/v1/kinds")["notice"]
    lot = temoin.call(f"/api/v1/kinds/{KIND}/lots")["lots"][0]
    sampled_at = datetime.now(UTC) - timedelta(minutes=16)
    result = {
        "number": options.number,
        "patient": PATIENT,
        "kind": KIND,
        "notice_version": notice,
        "sample": {"specimen": "nasopharyngeal-swab", "lot_id": lot["id"], "sampled_at": sampled_at.isoformat()},
        "reading": {"outcomes": {"sars-cov-2": "negative"}},
    }
    (verdict,) = temoin.call("/api/v1/results", {"results": [result]}, key=options.key_of_call)["results"]
    print(json.dumps(verdict, indent=1))
    if verdict["taken"]:
        print(json.dumps(temoin.call(f"/api/v1/tests/{verdict['test_id']}"), indent=1))


if __name__ == "__main__":
    main()
