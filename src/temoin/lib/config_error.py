"""The one error of setting up: a sentence that says what is wrong and what to do."""


class ConfigError(Exception):
    """Témoin cannot start as it is set up; `temoin` prints the sentence and exits with status 2."""
