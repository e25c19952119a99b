"""Runs the stand-in authority: `python -m temoin.sandbox`."""

from temoin.sandbox.main import main

if __name__ == "__main__":
    raise SystemExit(main())
