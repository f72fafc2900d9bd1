"""Progress of long work: of keys, and of the phases of a proof."""

from __future__ import annotations

import sys
import time
from typing import Any, Callable, Optional, Union

Progress = Union[Callable[[str, int, int], object], bool, None]


class progress:
    """Shows stages: on a line of its own on a terminal, in the display of a notebook, elsewhere nowhere.

    It is called as ``progress(stage, done, total)``, where a total of 0 is unknown; so is any callable given in its place. An exception
    that a callable raises cancels the work.
    """

    def __init__(self, stream: Any = None) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._display: Any = None
        self._width = 0
        self._since = time.monotonic()
        if "IPython" in sys.modules and stream is None:
            ipython = sys.modules["IPython"]
            shell = getattr(ipython, "get_ipython", lambda: None)()
            # Of a shell on a terminal, lines are enough.
            if shell is not None and "Terminal" not in type(shell).__name__:
                self._display = ipython.display.display("foldproof", display_id=True, clear=False)

    def __call__(self, stage: str, done: int, total: int) -> None:
        share = f" {100 * done // total} %" if total else ""
        text = f"{stage}{share}, {time.monotonic() - self._since:.0f} s"
        if self._display is not None:
            self._display.update(text)
        elif self._stream.isatty():
            self._stream.write("\r" + text.ljust(self._width))
            self._stream.flush()
            self._width = len(text)

    def close(self) -> None:
        """Clears the line."""
        if self._display is None and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._stream.flush()
            self._width = 0


class watched:
    """A callable for the native module while work goes on, or None."""

    def __init__(self, asked: Progress) -> None:
        self._own: Optional[progress] = progress() if asked is None or asked is True else None
        self._given = asked if callable(asked) else None

    def __enter__(self) -> Optional[Callable[[str, int, int], object]]:
        return self._own if self._own is not None else self._given

    def __exit__(self, *_: Any) -> None:
        if self._own is not None:
            self._own.close()
