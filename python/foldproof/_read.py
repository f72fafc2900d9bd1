"""Files, texts, objects and arrays, as the bytes that the native module reads."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable, Optional, Union

from . import _foldproof as native
from ._errors import FoldproofError, InputError

PathLike = Union[str, "os.PathLike[str]"]
_MOST = 1 << 30


def file(path: PathLike) -> bytes:
    """The bytes of a file. Errors of the system are Python's own, such as FileNotFoundError."""
    with open(path, "rb") as opened:
        read = opened.read(_MOST + 1)
    if len(read) > _MOST:
        raise InputError(os.fspath(path), f"at most {_MOST} bytes", "more", "use another file")
    return read


def write(path: PathLike, data: bytes, mode: int = 0o666) -> None:
    """Writes a file whole or not at all."""
    target = os.path.realpath(os.fspath(path))
    partial = f"{target}.{os.getpid()}.part"
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, target)
    except BaseException:
        os.unlink(partial)
        raise


def document(source: Any, what: str) -> tuple[bytes, str]:
    """A JSON document from bytes, a path, or an object, with a name for messages."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source), what
    if isinstance(source, str) and source.lstrip()[:1] in ("{", "["):
        return source.encode(), what
    if isinstance(source, (str, os.PathLike)):
        return file(source), os.fspath(source)
    if isinstance(source, (dict, list, tuple)):
        return json.dumps(source, allow_nan=False).encode(), what
    raise TypeError(f"{what}: expected bytes, a path, JSON or a dict, found {type(source).__name__}")


def plain(values: Any) -> Any:
    """Arrays as lists: whatever has `tolist` (numpy and others) or a buffer of numbers. A float keeps its value exactly."""
    if hasattr(values, "tolist"):
        return values.tolist()
    if hasattr(values, "__array__"):
        return values.__array__().tolist()
    if isinstance(values, (list, tuple)):
        return [plain(value) for value in values]
    if isinstance(values, (str, bytes, bytearray, dict)) or not hasattr(values, "__iter__"):
        return values
    try:
        return memoryview(values).tolist()
    except TypeError:
        return [plain(value) for value in values]


def numbers(values: Any, what: str) -> list:
    """A flat list of finite numbers."""
    flat = plain(values)
    if not isinstance(flat, list):
        raise TypeError(f"{what}: expected an array or a sequence of numbers, found {type(values).__name__}")
    for place, value in enumerate(flat):
        if isinstance(value, list):
            flat = [number for row in flat for number in (row if isinstance(row, list) else [row])]
            return numbers(flat, what)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(f"{what}[{place}]: expected a number, found {type(value).__name__}")
        if value != value or value in (float("inf"), float("-inf")):
            raise InputError(f"{what}[{place}]", "a finite number", str(value), "remove such samples")
    return flat


def samples(source: Any, fingerprints: Any = None) -> tuple[bytes, str]:
    """Lines of JSON of samples: a file as the command line takes it, or rows of numbers.

    Rows of 96 numbers are fingerprints unless `fingerprints` is False.
    """
    if isinstance(source, (str, os.PathLike)) and not (isinstance(source, str) and "\n" in source):
        return file(source), os.fspath(source)
    if isinstance(source, (bytes, bytearray)):
        return bytes(source), "samples"
    rows: Iterable[Any] = plain(source) if not isinstance(source, (list, tuple)) else source
    if not isinstance(rows, (list, tuple)):
        raise TypeError(f"samples: expected a path, or rows of numbers, found {type(source).__name__}")
    flat = [numbers(getattr(row, "values", row) if not isinstance(row, dict) else row, f"samples[{place}]")
            for place, row in enumerate(rows)]
    widths = {len(row) for row in flat}
    if len(widths) > 1:
        raise InputError("samples", "rows of one length", f"rows of {sorted(widths)}", "give each sample the same numbers")
    if fingerprints is None:
        fingerprints = widths == {96}
    key = "fingerprint" if fingerprints else "input"
    return "".join(json.dumps({key: row}) + "\n" for row in flat).encode(), "samples"


def cache_folder(given: Optional[PathLike]) -> str:
    """The folder of keys: the one given, ``$FOLDPROOF_CACHE``, or the user's."""
    folder = given if given is not None else native.default_cache()
    if folder is None:
        raise FoldproofError("no cache folder is known: give one with cache=, or set $FOLDPROOF_CACHE")
    return os.fspath(folder)
