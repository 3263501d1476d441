"""Staff's pages about organisations (organisations/staff/)."""

import oauth2_provider.admin  # noqa: F401  (registers what is taken back here: nobody makes a token by hand)
from django.contrib import admin
from oauth2_provider.models import AccessToken, Grant, IDToken, RefreshToken

from organisations.models import ApiClient, JoinRequest, NameChange, Organisation, ReasonText, Registration
from organisations.staff.join_admin import JoinRequestAdmin
from organisations.staff.name_admin import NameChangeAdmin
from organisations.staff.organisation_admin import OrganisationAdmin
from organisations.staff.registration_admin import RegistrationAdmin
from organisations.staff.texts import ReasonTextAdmin

admin.site.unregister([ApiClient, AccessToken, Grant, IDToken, RefreshToken])
admin.site.register(Registration, RegistrationAdmin)
admin.site.register(JoinRequest, JoinRequestAdmin)
admin.site.register(NameChange, NameChangeAdmin)
admin.site.register(Organisation, OrganisationAdmin)
admin.site.register(ReasonText, ReasonTextAdmin)
