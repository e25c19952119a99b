"""What reading a certificate may raise, and nothing else: `judging` turns it into a verdict."""


class NotACertificateError(ValueError):
    """A text is not a certificate of any kind we read; the reason is for tests and developers."""
