"""Couriers of checkpoints: each shows the journal's growth to one witness."""
