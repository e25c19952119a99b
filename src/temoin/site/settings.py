"""Django's settings: what `temoin.toml` says, for the one process that TEMOIN_PROCESS names.

Each process gets only what it needs: its own database role, its own pages, its own secrets. Without
TEMOIN_CONFIG the module still imports, for type checking and for collecting tests; nothing can be signed or
opened with it.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from temoin.delivery.channels.email.settings import EmailSecurity
from temoin.lib.config_error import ConfigError
from temoin.lib.section import by_each_name
from temoin.lib.zones import HOUSE
from temoin.settings.channels import all_channels
from temoin.settings.checks import check_setup
from temoin.settings.file import Config, Process, read_named_config
from temoin.settings.secrets import read_secret
from temoin.settings.unset import unset_config
from temoin.site.logs import logging_settings

try:
    PROCESS = Process(os.environ.get("TEMOIN_PROCESS", Process.STAFF))
except ValueError:
    raise ConfigError(f"TEMOIN_PROCESS must be one of {', '.join(Process)}.") from None

_named = read_named_config()
if _named is not None:
    check_setup(_named, PROCESS)
TEMOIN: Config = _named or unset_config()

_with_accounts = PROCESS in {Process.STAFF, Process.OWNER}
_addresses = {Process.PORTAL: TEMOIN.site.portal_url}
if TEMOIN.authority is not None:
    _addresses[Process.AUTHORITY] = TEMOIN.authority.url
_url = urlsplit(_addresses.get(PROCESS, TEMOIN.site.staff_url))
_https = _url.scheme == "https"

TEMOIN_PROCESS = PROCESS.value
DEBUG = False
ALLOWED_HOSTS = [urlsplit(each).hostname or "localhost" for each in by_each_name(_url.geturl())]
TOLD_NAME, *OTHER_NAMES = ALLOWED_HOSTS  # pages of the others lead to the one that is set
ROOT_URLCONF = {
    Process.STAFF: "temoin.web.urls",
    Process.PORTAL: "temoin.portal.urls",
    Process.AUTHORITY: "temoin.authority.urls",
}.get(PROCESS, "temoin.site.no_urls")

# Only the staff site signs anything (sessions, links to reset a password); no other process could forge it.
SECRET_KEY = (
    read_secret(TEMOIN.keys.django, "session key").hex()
    if _named is not None and PROCESS is Process.STAFF
    else secrets.token_hex(32)
)

# Applications ---------------------------------------------------------------------------------------------

_ROOMS = [
    "temoin.crypto",
    "temoin.journal",
    "temoin.outbox",
    "temoin.pharmacies",
    "temoin.signin",
    "temoin.officers",
    "temoin.patients",
    "temoin.catalogue",
    "temoin.testing",
    "temoin.arrivals",
    "temoin.certificates",
    "temoin.delivery",
    "temoin.transmission",
    "temoin.oversight",
    "temoin.intake",
    "temoin.retention",
    "temoin.surveillance",
    "temoin.webhooks",
]
_ACCOUNTS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
]
INSTALLED_APPS = {
    Process.STAFF: [*_ACCOUNTS, "django.contrib.staticfiles", *_ROOMS, "temoin.web"],
    Process.OWNER: [*_ACCOUNTS, *_ROOMS],
    Process.WORKER: _ROOMS,
    Process.KEEPER: _ROOMS,
    Process.LISTENER: _ROOMS,
    Process.PORTAL: ["django.contrib.staticfiles", "temoin.journal", "temoin.delivery", "temoin.portal"],
    Process.AUTHORITY: ["django.contrib.staticfiles", "temoin.journal", "temoin.officers", "temoin.authority"],
    Process.SEALER: _ROOMS,  # whose models say what a sealed row is: it verifies them, and has no key to open one
}[PROCESS] + ["temoin.site"]  # last: it hands the settings down to those before

_STAFF_MIDDLEWARE = [
    "temoin.site.headers.StaffHeaders",
    "temoin.site.signs_of_life.SignsOfLife",
    "temoin.site.measuring.Measured",
    "temoin.web.middleware.MethodMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "temoin.api.door.ApiDoor",
    "temoin.site.static_files.ManifestFiles",
    "temoin.site.one_address.OneAddress",
    "temoin.web.middleware.SessionOfPage",
    "temoin.web.middleware.LanguageOfPerson",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "temoin.web.middleware.PersonOfSession",
    "temoin.signin.session_limits.SessionLimits",
    "temoin.web.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "temoin.web.middleware.SecondFactorMiddleware",
    "temoin.web.kept_forms.KeptForms",
    "temoin.signin.devices.KnownDevices",
]
_PORTAL_MIDDLEWARE = [
    "temoin.portal.headers.PortalHeaders",
    "temoin.site.signs_of_life.SignsOfLife",
    "temoin.site.measuring.Measured",
    "django.middleware.security.SecurityMiddleware",
    "temoin.site.static_files.ManifestFiles",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
]
_AUTHORITY_MIDDLEWARE = [
    "temoin.site.headers.StaffHeaders",
    "temoin.site.signs_of_life.SignsOfLife",
    "temoin.site.measuring.Measured",
    "django.middleware.security.SecurityMiddleware",
    "temoin.site.static_files.ManifestFiles",
    "temoin.site.one_address.OneAddress",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "temoin.authority.gate.OfficersOnly",
]
MIDDLEWARE = {
    Process.STAFF: _STAFF_MIDDLEWARE,
    Process.AUTHORITY: _AUTHORITY_MIDDLEWARE,
    Process.PORTAL: _PORTAL_MIDDLEWARE,
    Process.OWNER: ["allauth.account.middleware.AccountMiddleware"],  # the library checks for it at every start
}.get(PROCESS, [])

_CONTEXT = ["django.template.context_processors.request", "django.template.context_processors.i18n"]
if _with_accounts:
    _CONTEXT += [
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # Ours before the libraries': the sign-in pages are drawn by our templates under the libraries' names.
        "DIRS": [Path(__file__).parents[1] / "web" / "templates"] if PROCESS is Process.STAFF else [],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": _CONTEXT},
    }
]

# Database -------------------------------------------------------------------------------------------------

_way = TEMOIN.database.way
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "temoin.site.postgresql",
        "HOST": _way.pop("host"),
        "PORT": _way.pop("port"),
        "NAME": TEMOIN.database.name,
        "USER": f"temoin_{PROCESS.role}",
        "PASSWORD": TEMOIN.database.password(PROCESS.role) if _named is not None else "",
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "application_name": f"temoin-{PROCESS.value}",
            **_way,
            # Statements that come back are planned once: planning was half of PostgreSQL's work for a signature.
            # A pooler hands each transaction to another server process, which does not know them.
            "server_side_binding": True,
            "prepare_threshold": None if TEMOIN.database.pooled else 5,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Words and time -------------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [Path(__file__).parents[1] / "web" / "locale"]
TIME_ZONE = HOUSE.key  # of pages without a pharmacy; those of a pharmacy follow its own clock
USE_TZ = True

# Static files: hashed names from a manifest, gathered when a site starts; never a folder ------------------

STATIC_URL = "/static/"
STATIC_ROOT = TEMOIN.served / PROCESS.value
STORAGES = {
    "default": {"BACKEND": "temoin.site.storage.NoFiles"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

WHITENOISE_ALLOW_ALL_ORIGINS = False  # no other site has a use for them

# Sign-in --------------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "signin.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["temoin.signin.passwords.SlowHasher"]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "temoin.signin.passwords.EntropyValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email"]},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"

ACCOUNT_ADAPTER = "temoin.signin.adapters.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # the owner of the pharmacy made the account and knows the person
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGIN_TIMEOUT = 300
# CNIL 2022-100: a password of 50 bits goes with a restriction of access after failures. The windows make the
# pause grow: a minute after three wrong tries, a quarter of an hour after six, two hours after ten. They count per
# account, known or not, and per caller. Whoever knows an address can fill that counter, so a browser where the person
# signed in before has one of its own, which nobody else can fill; no passkey passes through either. What is too long
# to be guessed (codes of enrolment and invitation) counts per caller only.
_GROWING = "3/m/key,6/15m/key,10/2h/key"
ACCOUNT_RATE_LIMITS = {
    "login": "",  # counted below, with what fails
    "login_failed": f"20/m/ip,100/h/ip,{_GROWING}",
    "known_login_failed": _GROWING,
    "enrolment": "20/m/ip,100/h/ip",
    "invitation": "20/m/ip,100/h/ip",
    "reauthenticate": "10/m/user",
    "signup": "1/h/ip",
}
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_ADAPTER = "temoin.signin.adapters.HouseMFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Témoin"
# The code of the half minute before, for whoever types slowly, and of the one after, for a clock that is ahead
# (RFC 6238 section 5.2). Each is taken once: the library remembers it for as long as it would be accepted.
MFA_TOTP_TOLERANCE = 1
MFA_TRUST_ENABLED = False
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "authenticate": "temoin.signin.code_forms.CodeForm",
    "reauthenticate": "temoin.signin.code_forms.ConfirmCodeForm",
    "activate_totp": "temoin.signin.code_forms.SetUpForm",
    "authenticate_webauthn": "temoin.signin.passkey_forms.SecondStepForm",
    "reauthenticate_webauthn": "temoin.signin.passkey_forms.ConfirmByPasskeyForm",
    "add_webauthn": "temoin.signin.passkey_forms.AddPasskeyForm",
    "edit_webauthn": "temoin.signin.passkey_forms.RenamePasskeyForm",
}
SOCIALACCOUNT_ADAPTER = "temoin.web.pro_sante_connect.MatchingAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
PRO_SANTE_CONNECT_SECRET = (
    read_secret(TEMOIN.pro_sante_connect.secret_file, "Pro Santé Connect secret").decode().strip()
    if TEMOIN.pro_sante_connect is not None and PROCESS is Process.STAFF
    else ""
)
SOCIALACCOUNT_REQUESTS_TIMEOUT = 3  # seconds: a slow provider must not hold a server thread for long

SESSION_ENGINE = "temoin.signin.sessions"
SESSION_COOKIE_AGE = TEMOIN.sessions.idle_minutes * 60  # seconds without a request: see `signin.session_limits`
SESSION_ABSOLUTE_AGE = TEMOIN.sessions.absolute_hours * 60 * 60  # seconds since the sign-in
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = (
    "temoin.authority.views.form_expired" if PROCESS is Process.AUTHORITY else "temoin.web.views.session.form_expired"
)
MESSAGE_STORAGE = "temoin.web.banners.BannerCookie"
# Two processes on one host share cookies whatever their port: the names carry the port so that demos live
# side by side.
_suffix = "" if _url.port is None else f"_{_url.port}"
SESSION_COOKIE_NAME = "__Host-session" if _https else f"temoin_session{_suffix}"
CSRF_COOKIE_NAME = "__Host-csrf" if _https else f"temoin_csrf{_suffix}"
LANGUAGE_COOKIE_NAME = "__Host-language" if _https else f"temoin_language{_suffix}"
BANNER_COOKIE_NAME = "__Host-banner" if _https else f"temoin_banner{_suffix}"
DEVICE_COOKIE_NAME = "__Host-device" if _https else f"temoin_device{_suffix}"
WORKSTATION_COOKIE_NAME = "__Host-workstation" if _https else f"temoin_workstation{_suffix}"
HABITS_COOKIE_NAME = "__Host-habits" if _https else f"temoin_habits{_suffix}"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# The way in -----------------------------------------------------------------------------------------------

if _https:  # a proxy on this machine ends TLS, and says so
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 63_072_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    ALLAUTH_TRUSTED_PROXY_COUNT = 1
SECURE_CONTENT_TYPE_NOSNIFF = False  # these three are set, with the others, by the headers of each site
SECURE_REFERRER_POLICY = None
SECURE_CROSS_ORIGIN_OPENER_POLICY = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
# No file of a person's is ever spooled to disk (law 7): what does not fit in memory is refused.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = 16_100_000  # of a request with a file: `temoin web` takes that much at one address alone

EMAIL_HOST = TEMOIN.email.host
EMAIL_PORT = TEMOIN.email.port
EMAIL_USE_TLS = TEMOIN.email.security is EmailSecurity.STARTTLS
EMAIL_USE_SSL = TEMOIN.email.security is EmailSecurity.TLS
EMAIL_HOST_USER = TEMOIN.email.user or ""
EMAIL_HOST_PASSWORD = (
    read_secret(TEMOIN.email.password_file, "mail password").decode().strip()
    if TEMOIN.email.password_file is not None and PROCESS in {Process.STAFF, Process.WORKER}
    else ""
)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = TEMOIN.email.sender

# The staff site counts tries and remembers used codes in the database: its server processes share them. So does the
# door of open lines, which counts refused programs with it.
CACHES = {
    "default": {
        "BACKEND": "temoin.signin.memory.SharedMemory"
        if PROCESS in {Process.STAFF, Process.LISTENER}
        else "django.core.cache.backends.locmem.LocMemCache"
    }
}
LOGGING = logging_settings(PROCESS.value, all_channels(), form=TEMOIN.logs.format)
SILENCED_SYSTEM_CHECKS: list[str] = []
