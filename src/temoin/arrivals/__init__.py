"""Patients who fill in their own form: the poster, the key it is sealed to, and the wait until somebody looks."""
