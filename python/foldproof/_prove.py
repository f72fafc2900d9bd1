"""Proving."""

from __future__ import annotations

import json
import os
from typing import Any, Optional, Sequence, Union

from . import _foldproof as native
from . import _read
from ._block import Block, Codebook, Fingerprint, _codebook
from ._errors import FoldproofError, InputError
from ._model import Model
from ._progress import Progress, watched
from ._read import cache_folder

_VALUES = ("fingerprint", "fingerprints", "input", "input_data")


class Proof:
    """A proof with its claims: a bundle, as the command line writes it.

    ``bytes(proof)`` is the bundle, which is what to give away. A proof that :func:`prove` made also has its profile, warnings and, if it
    hides something, the secret that opens it.
    """

    def __init__(self, bundle: bytes, secret: Optional[str] = None, report: Optional[dict[str, Any]] = None) -> None:
        self._bundle = bytes(bundle)
        self._report = report or {}
        self.secret = secret
        """What its salts come from, 0x and 64 digits, if it hides something: whoever has it can open the commitments."""

    @classmethod
    def load(cls, path: _read.PathLike) -> "Proof":
        """Reads a bundle, unverified."""
        return cls(_read.file(path))

    def save(self, path: _read.PathLike) -> None:
        """Writes the bundle; the secret, if there is one, beside it as ``PATH.salt`` for its owner only, where none may be yet."""
        if self.secret is not None:
            beside = os.fspath(path) + ".salt"
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(self.secret)
        _read.write(path, self._bundle)

    def to_bytes(self) -> bytes:
        """The bundle."""
        return self._bundle

    __bytes__ = to_bytes

    def to_dict(self) -> dict[str, Any]:
        """What the bundle says of itself, **unverified**: statement, scheme, key, setup, context, public inputs, and the proof in hex.

        Raises:
            Rejected: bytes that are no bundle.
        """
        return {**json.loads(native.inspect(self._bundle)), "bundle": "0x" + self._bundle.hex()}

    def to_json(self) -> str:
        """The same as a text; :meth:`from_json` reads it."""
        return json.dumps(self.to_dict())

    @classmethod
    def from_json(cls, source: Union[str, bytes, dict[str, Any]]) -> "Proof":
        """From what :meth:`to_json` or :meth:`to_dict` gave: the member ``bundle`` alone is read."""
        members = source if isinstance(source, dict) else json.loads(source)
        text = members.get("bundle") if isinstance(members, dict) else None
        try:
            return cls(bytes.fromhex(str(text).removeprefix("0x")))
        except ValueError as error:
            raise InputError("bundle", "0x and hexadecimal digits", repr(text)[:60], "use what to_json gave") from error

    def _made(self, name: str) -> Any:
        if name not in self._report:
            raise FoldproofError(f"{name}: known of proofs that this process made only; verify the bundle to know what it claims")
        return self._report[name]

    @property
    def profile(self) -> dict[str, float]:
        """Seconds of each phase of the proof, in order, without keys and verification."""
        return {name: seconds for name, seconds in self._made("phases")}

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds: ``keys`` (read or made), ``prove``, and ``total`` with the verification that every proof passes first."""
        return {name: self._made(f"{name}_seconds") for name in ("keys", "prove", "total")}

    @property
    def statement(self) -> str:
        """Name of what is proved."""
        return str(self._made("statement"))

    @property
    def k(self) -> int:
        """Rows of the circuit, as a power of two."""
        return int(self._made("k"))

    @property
    def claims(self) -> dict[str, Any]:
        """What it claims, as its maker verified it: facts, and ``hints`` of models."""
        return dict(self._made("claims"))

    @property
    def warnings(self) -> list[str]:
        """What should make one look twice."""
        return list(self._made("warnings"))

    def __len__(self) -> int:
        return len(self._bundle)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Proof) and self._bundle == other._bundle

    def __hash__(self) -> int:
        return hash(self._bundle)

    def __repr__(self) -> str:
        return f"Proof({self._report.get('statement', 'loaded')}, {len(self._bundle)} bytes)"


def models_of(models: Any) -> list[Model]:
    """Models, or what they are made from; one stands for a list of it."""
    if models is None:
        return []
    if isinstance(models, (Model, str, bytes, os.PathLike)):
        models = [models]
    return [model if isinstance(model, Model) else Model(model) for model in models]


def _is_values(source: Any) -> bool:
    """Whether a document is of values, and no block."""
    if not isinstance(source, (dict, str, bytes, os.PathLike)):
        return False
    document, _ = _read.document(source, "subject")
    try:
        members = json.loads(document)
    except ValueError:
        lines = document.splitlines()
        try:
            members = json.loads(lines[0]) if lines else None
        except ValueError:
            return False
    return isinstance(members, list) or isinstance(members, dict) and any(name in members for name in _VALUES)


def values_document(values: Any, models: Sequence[Model], fingerprint: Optional[bool]) -> tuple[str, bytes]:
    """Values as a document for these models."""
    if isinstance(values, (dict, str, bytes, os.PathLike)):
        document, name = _read.document(values, "input")
        return name, document
    if isinstance(values, Fingerprint):
        return "input", json.dumps({"fingerprint": values.values}).encode()
    if isinstance(values, (list, tuple)) and values and all(isinstance(value, Fingerprint) for value in values):
        return "input", json.dumps({"fingerprints": [value.values for value in values]}).encode()
    numbers = _read.numbers(values, "input")
    positions, channels = models[0].dimensions if models else (1, len(numbers))
    if fingerprint is None:
        fingerprint = channels == 96 and len(numbers) == 96 * positions
    if not fingerprint:
        return "input", json.dumps({"input": numbers}).encode()
    rows = [numbers[place : place + 96] for place in range(0, len(numbers), 96)]
    body = {"fingerprint": rows[0]} if len(rows) == 1 else {"fingerprints": rows}
    return "input", json.dumps(body).encode()


def prove(
    subject: Any,
    models: Any = None,
    *,
    codebook: Optional[Union[Codebook, Any]] = None,
    scheme: str = "transparent",
    params: Optional[_read.PathLike] = None,
    hide: bool = False,
    context: Optional[str] = None,
    analytics: Optional[str] = None,
    cache: Optional[_read.PathLike] = None,
    progress: Progress = None,
    fingerprint: Optional[bool] = None,
) -> Proof:
    """Proves the fingerprint of a block, and what models say of it; or what models say of values, without a block.

    The proof is verified before it is returned. Keys are made when first needed and kept in the cache. Other Python threads run
    meanwhile, and Ctrl-C stops the work at its next step.

    Args:
        subject: a Block, or what one is made from; several Blocks, for one proof of all; or values: a Fingerprint, numbers or an array as
            the models take (shape (inputs,), or (positions, channels)), or a file with ``fingerprint``, ``fingerprints`` or ``input``.
        models: Models or paths; needed for values.
        codebook: for blocks; without one, the codebook that ships.
        scheme: ``transparent`` (no setup), ``kzg``, or ``evm`` (kzg for contracts).
        params: file of the setup for kzg and evm; without it, the imported one.
        hide: salts the commitments; the proof's ``secret`` opens them.
        context: what the proof is made for, 0x and 64 digits; verification may insist on it.
        analytics: what is found in the block by rule: ``code``, ``all``, or names of parts with commas between them.
        cache: folder of keys.
        progress: a callable (stage, done, total), False for silence; without it, see :class:`progress`.
        fingerprint: whether 96 numbers are a fingerprint (2⁻³²) or a vector (2⁻²⁰); without it, they are where the model takes 96.

    Raises:
        InputError: a subject, model or option that is not as expected.
        FoldproofError: blocks that no circuit holds, keys and setups that cannot be had.
        KeyboardInterrupt: Ctrl-C, or what the handler of a signal or the callable raises.
    """
    chosen = models_of(models)
    blocks: list[Block] = []
    documents: list[tuple[str, bytes]] = []
    if isinstance(subject, Block):
        blocks = [subject]
    elif isinstance(subject, (list, tuple)) and subject and all(isinstance(item, Block) for item in subject):
        blocks = list(subject)
    elif isinstance(subject, (dict, str, bytes, bytearray, os.PathLike)) and not _is_values(subject):
        blocks = [Block(subject)]
    else:
        if not chosen:
            raise InputError("models", "at least one, for a proof about values", "none", "give models, or prove a block")
        documents = [values_document(subject, chosen, fingerprint)]
    options = {
        "scheme": scheme,
        "params": None if params is None else os.fspath(params),
        "hide": hide,
        "context": context,
        "cache": cache_folder(cache),
        "analytics": analytics,
    }
    with watched(progress) as told:
        bundle, secret, report = native.prove(
            [block._native for block in blocks],
            documents,
            _codebook(codebook)._native,
            [model._native for model in chosen],
            options,
            told,
        )
    return Proof(bundle, secret, json.loads(report))


def insecure_setup(k: int, path: _read.PathLike) -> None:
    """Makes a setup for tests of circuits of up to 2^k rows, and writes it. **Proofs under it prove nothing to anybody else.**"""
    native.insecure_setup(k, os.fspath(path))
