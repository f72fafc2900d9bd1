"""What goes wrong. The native module raises these, by name."""

from __future__ import annotations


class FoldproofError(Exception):
    """Anything that foldproof refuses or cannot do."""


class InputError(FoldproofError, ValueError):
    """What was given is not what was expected.

    Attributes:
        path: the file or argument, and the field in it.
        expected: what would have been accepted.
        found: what is there.
        advice: what to do next.
    """

    def __init__(self, path: str, expected: str, found: str, advice: str) -> None:
        super().__init__(path, expected, found, advice)
        self.path, self.expected, self.found, self.advice = path, expected, found, advice

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, found {self.found}; {self.advice}"


class _Unverified(FoldproofError):
    """A verdict other than *verified*.

    Attributes:
        cause: why, in words.
        kind: the verifier's name for it, or an empty text.
    """

    _verdict: str

    def __init__(self, cause: str, kind: str = "") -> None:
        super().__init__(cause, kind)
        self.cause, self.kind = cause, kind

    def __str__(self) -> str:
        return self.cause

    def to_dict(self) -> dict:
        """As ``foldproof verify --json`` prints it."""
        return {"verdict": self._verdict, "verified": False, "error": self.cause}


class Rejected(_Unverified):
    """The bundle is no proof of what the policy asks for.

    Raised for that only: whatever keeps a bundle from being judged is :class:`Undecided` or another error.

    Attributes:
        cause: why, in words.
        kind: the verifier's name for it, such as ``ProofRejected`` or ``CodebookRoot``.
    """

    _verdict = "rejected"


class Undecided(_Unverified):
    """Whether the bundle is a proof could not be told: a key or setup is lacking, or the policy contradicts itself.

    Neither a rejection nor a success: give what is lacking and verify again.

    Attributes:
        cause: why, in words.
        kind: the verifier's name for it, or an empty text.
    """

    _verdict = "unknown"


class Cancelled(FoldproofError):
    """Work was cancelled before it had a result."""
