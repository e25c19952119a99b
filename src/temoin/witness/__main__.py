"""Runs a witness: `python -m temoin.witness`."""

from temoin.witness.main import main

if __name__ == "__main__":
    raise SystemExit(main())
