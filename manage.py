"""Django's command line; `demo` starts its own servers first, because settings need a database."""

import os
import sys

from django.core.management import execute_from_command_line

from rvs import demonstration


def main() -> None:
    if sys.argv[1:] == ["demo"]:
        sys.exit(demonstration.main())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rvs.settings")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
