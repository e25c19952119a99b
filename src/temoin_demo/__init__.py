"""The demonstration: all of Témoin on one machine with made-up data, and the PostgreSQL server that it supervises."""
