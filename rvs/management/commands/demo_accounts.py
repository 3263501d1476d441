"""`manage.py demo_accounts`: the demonstration's log-ins."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from rvs import demo_data


class Command(BaseCommand):
    help = "Prints the log-ins of the demonstration."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("There are demonstration log-ins only in a demonstration: start one with make demo.")
        if options["json"]:
            self.stdout.write(json.dumps(demo_data.accounts(), indent=2))
        else:
            self.stdout.write(demo_data.table())
