"""`{% load accounts %}`: what the pages of the own account need."""

import json

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: object) -> str:
    """For a data attribute, where the template escapes it: an inline script would need a hole in the policy."""
    return json.dumps(value, cls=DjangoJSONEncoder)
