"""Django's PostgreSQL backend, with a look at the socket instead of a query before each request."""
