"""The embedded PostgreSQL: programs from a wheel under a supervisor of our own."""
