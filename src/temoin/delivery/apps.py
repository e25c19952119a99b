"""The delivery room as a Django application; its couriers announce themselves to the outbox."""

from django.apps import AppConfig
from django.conf import settings


class DeliveryConfig(AppConfig):
    """Holds the letters."""

    name = "temoin.delivery"
    label = "delivery"

    def ready(self) -> None:
        """Announce the couriers and the duty, except on the patients' site, which has no key and posts nothing."""
        if settings.TEMOIN_PROCESS == "portal":
            return
        from temoin.delivery.alarms import alarm_duty  # models load after ready() begins
        from temoin.delivery.alerts import alert_duty
        from temoin.delivery.couriers.email import EmailCourier
        from temoin.delivery.staff_notices import staff_notice_duty
        from temoin.outbox.courier import register_courier
        from temoin.outbox.duties import register_duty

        register_courier(EmailCourier())
        register_duty(alarm_duty())
        register_duty(staff_notice_duty())
        register_duty(alert_duty())
        if settings.TEMOIN.mail.returned is not None:
            from temoin.delivery.couriers.returned_mail import returned_mail_duties

            for duty in returned_mail_duties(settings.TEMOIN.mail.returned):
                register_duty(duty)
