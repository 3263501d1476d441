"""`manage.py staff_account EMAIL`: who is staff, and in which groups."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.forms import ValidationError

from accounts import audit
from accounts.models import Action, User
from rvs.staff_groups import GROUPS


class Command(BaseCommand):
    help = (
        "Makes somebody staff in the groups named and in no others; they set their password with “forgotten password”."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", help="first name and family name, for a new account")
        parser.add_argument("--group", action="append", choices=sorted(GROUPS), default=[], dest="groups")
        parser.add_argument("--leave", action="store_true", help="take all rights of staff away")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        groups, leave = options["groups"], options["leave"]
        if leave == bool(groups):
            raise CommandError("Name the groups with --group, or use --leave.", returncode=2)
        person = self._person(options["email"].lower(), options["name"], leave=leave)
        person.is_staff, person.is_superuser = not leave, False
        person.save(update_fields=["is_staff", "is_superuser"])
        person.groups.set(Group.objects.filter(name__in=groups))
        audit.record(
            actor=audit.system_actor("staff_account"),
            action=Action.STAFF_CHANGED,
            target=audit.user_actor(person),
            detail={"groups": sorted(groups)},
        )
        self.stdout.write(f"{person.email}: {', '.join(sorted(groups)) or 'no longer staff'}")

    def _person(self, email: str, name: str | None, *, leave: bool) -> User:
        person = User.objects.select_for_update().filter(email=email).first()
        if person:
            return person
        if leave or not name:
            raise CommandError("There is no such account; give --name to make one.", returncode=2)
        try:
            validate_email(email)
        except ValidationError as error:
            raise CommandError(f"{email} is not an e-mail address.", returncode=2) from error
        given_name, _space, family_name = name.partition(" ")
        return User.objects.create_user(email, given_name=given_name, family_name=family_name)
