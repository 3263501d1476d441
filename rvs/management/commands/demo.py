"""`manage.py demo`: the demonstration, from the point where its servers are up."""

from typing import Any

from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection

from rvs import demo_data
from rvs.demonstration import Address, say, serve
from rvs.embedded import Running


class Command(BaseCommand):
    help = "Starts the demonstration: embedded servers, demonstration data, web, worker and beat, until Ctrl-C."
    # Objects that manage.py hands over, not options of the command line.
    stealth_options = ("ready", "address")
    requires_system_checks = ()

    def handle(
        self, *args: object, ready: Running | None = None, address: Address | None = None, **options: Any
    ) -> None:
        if ready is None or address is None:
            raise CommandError("Start it with: manage.py demo (it takes no options; HOST and PORT choose the address)")
        say("Preparing the database")
        call_command("migrate", interactive=False, verbosity=0)
        say("Collecting static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        say("Loading the demonstration data")
        demo_data.load()
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]
        say("Starting web, worker and beat")
        serve(ready, address)
