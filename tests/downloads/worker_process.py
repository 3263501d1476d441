"""The worker's part of downloads in a process of its own, until nothing is left to do; prints its peak memory in MB.

`python -m tests.downloads.worker_process`
"""

import sys
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()
    from downloads import worker

    while worker.work_on_next():
        pass
    # Not getrusage: its peak is also that of the process that started this one.
    (peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    sys.stdout.write(f"{int(peak.split()[1]) / 1024:.0f}\n")
