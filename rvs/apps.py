from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RvsConfig(AppConfig):
    name = "rvs"
    verbose_name = _("Results Verification Service")
