"""Runs a command and writes down what it took: `launch.py REPORT TIMEOUT COMMAND...`. Started by measure.py.

A child has the memory of its parent until it becomes the command, and Linux counts that in its peak. This process stays
small, so that peaks of small commands are their own.
"""

import json
import os
import signal
import sys
import time


def main(report: str, timeout: str, *command: str) -> int:
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
            os._exit(127)
    late = False

    def kill(_signal: int, _frame: object) -> None:
        nonlocal late
        late = True
        os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, kill)
    signal.setitimer(signal.ITIMER_REAL, float(timeout))
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    taken = {
        "status": os.waitstatus_to_exitcode(status),
        "late": late,
        "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * unit,
    }
    with open(report, "w") as file:
        json.dump(taken, file)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
