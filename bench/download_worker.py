"""A worker that makes downloads until it is killed: `python -m bench.download_worker`."""

import sys
import time

import django

if __name__ == "__main__":
    django.setup()
    from downloads import worker

    worker.work_on_next()  # once, so that everything is imported and connected
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        if not worker.work_on_next():
            time.sleep(0.02)
