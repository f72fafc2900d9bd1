"""Verification: a policy of the caller's, and what is verified under it."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

from . import _foldproof as native
from . import _read
from ._block import Block, Codebook, _block, _codebook
from ._errors import InputError
from ._model import Model
from ._progress import Progress, watched
from ._prove import Proof, values_document
from ._read import cache_folder


def _hex(value: Union[str, bytes, int], what: str) -> str:
    """0x and 64 digits."""
    if isinstance(value, (bytes, bytearray)):
        return "0x" + bytes(value).hex()
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
        return f"0x{value:064x}"
    if isinstance(value, str):
        return value
    raise TypeError(f"{what}: expected hexadecimal text, bytes or an int, found {type(value).__name__}")


class Policy:
    """What is asked of a bundle. Nothing in a bundle can loosen it; what is not asked for is shown, and not checked against anything.

    Args:
        models: models whose word is taken: Models (under the name ``model``, or ``model-1``, … if there are several), entries of
            :meth:`Model.entry`, or a registry (dict or path). Of others no proof is taken.
        codebooks: codebooks the block may be under: Codebooks, roots in hex, or what codebooks are made from; ``"any"`` takes any.
            Without them, the codebook that ships.
        block: the block the proof must be about, or several in order.
        block_hash: hash of the block, or several in order: a header beside the proof must have it.
        values: the fingerprint or vector the proof must be about.
        values_commitment: commitment to it, such as the ``fold_commitment`` of a verified block; several of a sequence.
        allow_values: takes proofs about no block whatever they are about.
        secret: opens the salted commitments of ``block`` or ``values``: the secret of the proof.
        context: what the proof must be made for, 0x and 64 digits.
        evidence: commitments that a decision must be made from, by name.
        statements: names of accepted statements; without, all.
        schemes: names of accepted schemes; without, all.
        height: height of the block.
        zone_configs: commitments of accepted configurations of analytics, beside those that have a name.
        require_within_bound: insists that all vectors lie within the codebook's bound.
        require_known_time: insists on a time that the verifier knows, for models that are valid at times.
        at: seconds since 1970 at which models must be valid, where no block has a time; without, now.
        params: file of the trusted setup for kzg and evm; without, the imported one.
        setup: the same as bytes: a setup file, or the 320 bytes of its points.
        setups: identities of trusted setups, in hex: others are rejected.
        allow_insecure_setup: takes setups that were made for tests.
        keys: verifying keys as bytes or paths, for statements whose keys are neither pinned nor to be made.
        max_k: largest circuit, 2^max_k rows, that keys are made for.
        document: a policy as the command line reads it (dict, JSON or path; ``docs/verifying.md``), to which the arguments add. Its
            ``registry`` is a path from the folder of the file.

    Raises:
        InputError: arguments and members that are not as expected.
    """

    def __init__(
        self,
        *,
        models: Any = None,
        codebooks: Any = None,
        block: Any = None,
        block_hash: Union[str, Sequence[str], None] = None,
        values: Any = None,
        values_commitment: Union[str, Sequence[str], None] = None,
        allow_values: bool = False,
        secret: Optional[str] = None,
        context: Optional[str] = None,
        evidence: Optional[Mapping[str, str]] = None,
        statements: Optional[Iterable[str]] = None,
        schemes: Optional[Iterable[str]] = None,
        height: Optional[int] = None,
        zone_configs: Optional[Iterable[str]] = None,
        require_within_bound: bool = False,
        require_known_time: bool = False,
        at: Optional[int] = None,
        params: Optional[_read.PathLike] = None,
        setup: Optional[bytes] = None,
        setups: Optional[Iterable[str]] = None,
        allow_insecure_setup: bool = False,
        keys: Iterable[Union[bytes, _read.PathLike]] = (),
        max_k: int = 16,
        document: Any = None,
    ) -> None:
        asked: dict[str, Any] = {}
        folder = ""
        if document is not None:
            text, name = _read.document(document, "policy")
            folder = os.path.dirname(name) if name != "policy" else ""
            try:
                asked = json.loads(text)
            except ValueError as error:
                raise InputError(name, "a policy in JSON", str(error), "see docs/verifying.md") from error
            if not isinstance(asked, dict):
                raise InputError(name, "an object", type(asked).__name__, "see docs/verifying.md")
        registry = asked.pop("registry", None)
        flags = {
            "values": allow_values,
            "require_within_bound": require_within_bound,
            "require_known_time": require_known_time,
            "allow_insecure_setup": allow_insecure_setup,
        }
        asked.update({name: True for name, flag in flags.items() if flag})
        if block_hash is not None:
            asked.pop("block_hash", None)
            hashes = [block_hash] if isinstance(block_hash, (str, bytes)) else list(block_hash)
            asked["block_hashes"] = [_hex(value, "block_hash") for value in hashes]
        if context is not None:
            asked["context"] = _hex(context, "context")
        if evidence is not None:
            asked["evidence"] = {**asked.get("evidence", {}), **{name: _hex(value, name) for name, value in evidence.items()}}
        lists = {"statements": statements, "schemes": schemes, "setups": setups, "zone_configs": zone_configs}
        asked.update({name: [str(item) for item in items] for name, items in lists.items() if items is not None})
        if height is not None:
            asked["height"] = height
        self._parts: dict[str, Any] = {
            "any_codebook": isinstance(codebooks, str) and codebooks == "any",
            "codebooks": [],
            "registries": [],
            "blocks": [],
            "secret": secret,
            "values": None,
            "values_commitments": [],
            "at": at,
            "params": None if params is None else os.fspath(params),
            "setup": None if setup is None else bytes(setup),
            "keys": [bytes(key) if isinstance(key, (bytes, bytearray)) else _read.file(key) for key in keys],
            "max_k": max_k,
        }
        self._take_codebooks(codebooks, asked)
        self._take_models(models)
        if registry is not None:
            name = os.path.join(folder, registry)
            self._parts["registries"].append((name, _read.file(name)))
        if block is not None:
            several = isinstance(block, (list, tuple))
            self._parts["blocks"] = [_block(item)._native for item in (block if several else [block])]
        if values is not None:
            taken = [model for model in (models if isinstance(models, (list, tuple)) else [models]) if isinstance(model, Model)]
            self._parts["values"] = values_document(values, taken, None if taken else self._is_96(values))[1]
        if values_commitment is not None:
            each = [values_commitment] if isinstance(values_commitment, (str, bytes, int)) else list(values_commitment)
            self._parts["values_commitments"] = [_hex(value, "values_commitment") for value in each]
        self._parts["policy"] = json.dumps(asked).encode()

    @staticmethod
    def _is_96(values: Any) -> Optional[bool]:
        return None if isinstance(values, (dict, str, bytes, os.PathLike)) else len(_read.numbers(values, "values")) == 96

    def _take_codebooks(self, codebooks: Any, asked: dict[str, Any]) -> None:
        if self._parts["any_codebook"]:
            asked.pop("codebook_roots", None)
            return
        if codebooks is None:
            self._parts["codebooks"] = [Codebook()._native]
            return
        several = codebooks if isinstance(codebooks, (list, tuple)) else [codebooks]
        roots = []
        for codebook in several:
            is_root = isinstance(codebook, str) and codebook.startswith("0x")
            roots.append(codebook if is_root else _codebook(codebook).root)
        asked["codebook_roots"] = roots

    def _take_models(self, models: Any) -> None:
        if models is None:
            return
        given = list(models) if isinstance(models, (list, tuple)) else [models]
        of_models = [model for model in given if isinstance(model, Model)]
        entries: list[Any] = []
        for model in given:
            if isinstance(model, Model):
                place = of_models.index(model) + 1
                entries.append(model.entry("model" if len(of_models) == 1 else f"model-{place}"))
            elif isinstance(model, dict) and "models" not in model:
                entries.append(model)
            else:
                document, name = _read.document(model, "models")
                self._parts["registries"].append((name, document))
        if entries:
            self._parts["registries"].append(("models", json.dumps({"models": entries}).encode()))

    @classmethod
    def load(cls, path: _read.PathLike, **arguments: Any) -> "Policy":
        """A policy file of the command line, to which arguments add."""
        return cls(document=os.fspath(path), **arguments)

    def to_dict(self) -> dict[str, Any]:
        """The members that a policy file of the command line has."""
        return json.loads(self._parts["policy"])


class Verified:
    """What is verified. There is no other way to one than :func:`verify`, and no flag to forget about.

    ``to_dict()`` is the object that ``foldproof verify --json`` prints, but for the name of the file.
    """

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    def to_dict(self) -> dict[str, Any]:
        """All of it, under the names of ``docs/verifying.md``."""
        return dict(self._members)

    def to_json(self) -> str:
        """The same as a text."""
        return json.dumps(self._members)

    @property
    def statement(self) -> str:
        """Name of what is proved."""
        return str(self._members["statement"])

    @property
    def scheme(self) -> str:
        """transparent, kzg or evm."""
        return str(self._members["scheme"])

    @property
    def subject(self) -> str:
        """block, blocks, fingerprint, vector, sequence, matrix or decision: those after the first two say nothing about any block."""
        return str(self._members["subject"])

    @property
    def hints(self) -> list[dict[str, Any]]:
        """What registered models say: proved to be their output, and nothing more."""
        return list(self._members.get("hints", []))

    @property
    def blocks(self) -> list[dict[str, Any]]:
        """The facts of each block, in order; of a proof about no block none."""
        if "blocks" in self._members:
            return list(self._members["blocks"])
        return [dict(self._members)] if self.subject == "block" else []

    @property
    def insecure_setup(self) -> bool:
        """Whether it rests on a setup whose secret somebody knows, which the policy allowed."""
        return bool(self._members["insecure_setup"])

    def __getitem__(self, name: str) -> Any:
        return self._members[name]

    def __contains__(self, name: object) -> bool:
        return name in self._members

    def __repr__(self) -> str:
        return f"Verified({self.statement}, {self.scheme}, hints={len(self.hints)})"


def verify(
    bundle: Any,
    policy: Optional[Policy] = None,
    *,
    cache: Optional[_read.PathLike] = None,
    progress: Progress = False,
) -> Verified:
    """Verifies a bundle under a policy.

    Args:
        bundle: a Proof, bytes or a path.
        policy: what is asked; without one, a proof about a block under the codebook that ships, of no model.
        cache: folder of keys that lack; a key is made only for a bundle that would be taken if its proof holds, and kept only if it does.
        progress: as :func:`prove` takes it.

    Returns:
        What is verified.

    Raises:
        Rejected: it is no proof of what the policy asks for.
        Undecided: whether it is one could not be told, since a key or setup is lacking.
        InputError: a policy that is none.
        OSError: a file that cannot be read.
    """
    if isinstance(bundle, Proof):
        data = bundle.to_bytes()
    elif isinstance(bundle, (bytes, bytearray, memoryview)):
        data = bytes(bundle)
    elif isinstance(bundle, (str, os.PathLike)):
        data = _read.file(bundle)
    else:
        raise TypeError(f"bundle: expected a Proof, bytes or a path, found {type(bundle).__name__}")
    policy = Policy() if policy is None else policy
    if not isinstance(policy, Policy):
        raise TypeError(f"policy: expected a Policy, found {type(policy).__name__}")
    parts = {**policy._parts, "cache": cache_folder(cache)}
    with watched(progress) as told:
        return Verified(json.loads(native.verify(data, parts, told)))
