"""Runs the stand-in authority: `python -m temoin_sandbox`."""

from temoin_sandbox.main import main

if __name__ == "__main__":
    raise SystemExit(main())
