from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from rvs import staff_groups


class RvsConfig(AppConfig):
    name = "rvs"
    verbose_name = _("Results Verification Service")

    def ready(self) -> None:
        # Permissions of our apps exist by then: their apps come before this one in INSTALLED_APPS.
        post_migrate.connect(staff_groups.after_migrate, sender=apps.get_app_config("auth"))


class StaffAdminConfig(AdminConfig):
    default_site = "rvs.admin_site.StaffSite"
