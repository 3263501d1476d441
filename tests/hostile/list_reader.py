"""Reads a list for a batch check from its input, and says as JSON what came of it, in which time and memory.

`python -m tests.hostile.list_reader`: a process of its own, so that its peak is that of nothing else.
"""

import io
import json
import sys
import time
from pathlib import Path

import django

if __name__ == "__main__":
    django.setup()
    from django.core.files.base import File

    from downloads.batch.reading import read_table
    from downloads.batch.table import UnusableFileError

    content = sys.stdin.buffer.read()
    began = time.process_time()
    try:
        said = f"read {len(read_table(File(io.BytesIO(content))).rows)}"
    except UnusableFileError as refusal:
        said = f"refused: {refusal}"
    except Exception as fault:  # noqa: BLE001  (whatever it is, the test is told)
        said = f"fault: {fault!r}"
    (peak,) = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    seconds = time.process_time() - began
    sys.stdout.write(json.dumps({"said": said, "seconds": seconds, "megabytes": int(peak.split()[1]) // 1024}))
