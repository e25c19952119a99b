"""The delivery room as a Django application; its channels are announced by the outbox, from their list."""

from django.apps import AppConfig
from django.conf import settings


class DeliveryConfig(AppConfig):
    """Holds the letters."""

    name = "temoin.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Announce the duties, except on the patients' site, which has no key and posts nothing."""
        if settings.TEMOIN_PROCESS == "portal":
            return
        from temoin.delivery.alarms import alarm_duty  # models load after ready() begins
        from temoin.delivery.alerts import alert_duty
        from temoin.delivery.staff_notices import staff_notice_duty
        from temoin.delivery.ticket_codes import ticket_code_duty
        from temoin.outbox.duties import register_duty

        register_duty(alarm_duty())
        register_duty(staff_notice_duty())
        register_duty(alert_duty())
        register_duty(ticket_code_duty())
        if settings.TEMOIN.register is not None:
            from temoin.delivery.register_duty import register_check_duty

            register_duty(register_check_duty(settings.TEMOIN.register))
