"""Couriers of the room: the one register of professionals that is asked today."""
