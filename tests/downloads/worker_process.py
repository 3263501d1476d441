"""The worker's part of downloads in a process of its own, until nothing is left to do; prints its peak memory in MB.

`python -m tests.downloads.worker_process`
"""

import resource
import sys

import django

if __name__ == "__main__":
    django.setup()
    from downloads import worker

    while worker.work_on_next():
        pass
    sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f}\n")
