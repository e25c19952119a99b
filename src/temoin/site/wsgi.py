"""The WSGI application of the staff site or of the patients' site, as TEMOIN_PROCESS says."""

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
