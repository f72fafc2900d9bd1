"""Runs a command and writes down what it took: `launch.py REPORT SECONDS MIB COMMAND...`. Started by measure.py.

A command that takes longer than SECONDS or more memory than MIB is stopped, and the report says which: "time" or "memory".

A child has the memory of its parent until it becomes the command, and Linux counts that in its peak. This process stays
small, so that peaks of small commands are their own.
"""

import json
import os
import signal
import sys
import time

# Seconds between two looks at the command.
PERIOD = 0.1


def main(report: str, seconds: str, mib: str, *command: str) -> int:
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        try:
            os.execvp(command[0], command)
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr, flush=True)
            os._exit(127)
    stopped = None

    def look(_signal: int, _frame: object) -> None:
        nonlocal stopped
        if time.monotonic() - start > float(seconds):
            stopped = stopped or "time"
        elif resident_mib(child) > float(mib):
            stopped = stopped or "memory"
        if stopped:
            os.kill(child, signal.SIGKILL)

    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, PERIOD, PERIOD)
    _, status, usage = os.wait4(child, 0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    wall = time.monotonic() - start
    # Linux counts in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    taken = {
        "status": os.waitstatus_to_exitcode(status),
        "stopped": stopped,
        "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * unit,
    }
    with open(report, "w") as file:
        json.dump(taken, file)
    return 0


def resident_mib(child: int) -> float:
    """Memory the command has now; 0 where the system does not tell, and once it has ended."""
    try:
        with open(f"/proc/{child}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
    except (OSError, ValueError, IndexError):
        return 0.0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
