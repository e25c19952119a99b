"""Couriers of the certificates room: what asks others to sign, outside of any transaction."""
