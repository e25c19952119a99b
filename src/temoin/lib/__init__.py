"""What every room stands on: clock, identifiers, errors, tenant scope, commit, state tables."""
