"""Django as this house uses it: settings, middleware, WSGI, grants; and the handing down of settings to the rooms."""
