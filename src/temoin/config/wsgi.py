"""The WSGI application of the staff site or of the patients' site, as TEMOIN_PROCESS says."""

import os
import signal

from django.core.wsgi import get_wsgi_application

from temoin.config.launch import die_with

if os.environ.pop("TEMOIN_SERVED", None):
    # A server process that outlived a killed `temoin web` would hold the port against the next one.
    die_with(os.getppid(), signal.SIGKILL)

application = get_wsgi_application()
