"""Runs a witness: `python -m temoin_witness`."""

from temoin_witness.main import main

if __name__ == "__main__":
    raise SystemExit(main())
