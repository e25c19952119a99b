"""The settings file: read into typed values, checked, told about. Imports nothing of Django and no work of a room."""
