"""Staff's pages about organisations (organisations/staff/)."""

from django.contrib import admin

from organisations.models import JoinRequest, NameChange, Organisation, ReasonText, Registration
from organisations.staff.join_admin import JoinRequestAdmin
from organisations.staff.name_admin import NameChangeAdmin
from organisations.staff.organisation_admin import OrganisationAdmin
from organisations.staff.registration_admin import RegistrationAdmin
from organisations.staff.texts import ReasonTextAdmin

admin.site.register(Registration, RegistrationAdmin)
admin.site.register(JoinRequest, JoinRequestAdmin)
admin.site.register(NameChange, NameChangeAdmin)
admin.site.register(Organisation, OrganisationAdmin)
admin.site.register(ReasonText, ReasonTextAdmin)
