"""The steps of zkML as EZKL has them, over this package: settings, calibration, circuit, setup, witness, proof, verification.

Files take the places that they have there, and each step returns True or raises. What differs:

* a model is **private and committed to**: the verifier knows its commitment, which :func:`compile_circuit` writes to the settings;
* inputs are private and committed to, and outputs are public as the head says: a class, tags, a flag, or the values themselves;
* the default scheme has no setup: :func:`get_srs` has nothing to fetch, and for ``kzg`` and ``evm`` it checks the file that is there;
* proving keys stay in the cache folder, by the digest of all they are made from: ``pk_path`` is a note of which that is;
* :func:`verify` raises :class:`foldproof.Rejected` for what is no proof, and returns True for nothing else.
"""

from __future__ import annotations

import json
import os
from typing import Any, Optional

from . import _read
from ._errors import FoldproofError, InputError
from ._model import Model
from ._prove import Proof, prove as _prove
from ._verify import Policy, verify as _verify

_Path = _read.PathLike


def _load(path: _Path, what: str) -> dict[str, Any]:
    try:
        members = json.loads(_read.file(path))
    except ValueError as error:
        raise InputError(os.fspath(path), f"{what} in JSON", str(error), "make it again") from error
    if not isinstance(members, dict):
        raise InputError(os.fspath(path), f"{what}, an object", type(members).__name__, "make it again")
    return members


def _store(path: _Path, members: dict[str, Any]) -> bool:
    _read.write(path, json.dumps(members, indent=2).encode())
    return True


def gen_settings(
    model: _Path = "network.onnx",
    output: _Path = "settings.json",
    *,
    head: str = "values",
    scheme: str = "transparent",
    weights: int = 8,
    activations: Optional[int] = None,
) -> bool:
    """Writes settings: what outputs are taken for, the scheme, and bits."""
    _read.file(model)  # that it is there is found out now
    return _store(output, {"head": head, "scheme": scheme, "weights": weights, "activations": activations})


def _imported(model: _Path, settings: dict[str, Any]) -> Model:
    if "data" not in settings:
        raise FoldproofError("the settings have no samples: call calibrate_settings first")
    choices = {name: settings[name] for name in ("head", "weights", "activations")}
    return Model.import_onnx(model, settings["data"], **choices)


def calibrate_settings(data: _Path, model: _Path = "network.onnx", settings: _Path = "settings.json") -> bool:
    """Notes the samples, a few hundred, and how the model of integers agrees with the float model on a fifth of them."""
    members = {**_load(settings, "settings"), "data": os.fspath(data)}
    agreement = _imported(model, members).agreement
    assert agreement is not None  # of a model that was imported just now
    return _store(settings, {**members, "agreement": agreement.to_dict()})


def compile_circuit(model: _Path = "network.onnx", compiled: _Path = "network.fpm", settings: _Path = "settings.json") -> bool:
    """Writes the model of integers, and its commitment with all that a verifier needs of it to the settings."""
    members = _load(settings, "settings")
    made = _imported(model, members)
    made.save(compiled)
    return _store(settings, {**members, "model": made.entry("model")})


def get_srs(settings: _Path = "settings.json", srs_path: Optional[_Path] = None) -> bool:
    """Finds out whether the setup is there, if the scheme has one: nothing is fetched, ``docs/setup.md`` says where ceremonies are."""
    if _load(settings, "settings")["scheme"] != "transparent":
        _read.file(srs_path if srs_path is not None else os.path.join(_read.cache_folder(None), "setup.kzg"))
    return True


def setup(
    compiled: _Path = "network.fpm",
    vk_path: _Path = "vk.key",
    pk_path: _Path = "pk.key",
    srs_path: Optional[_Path] = None,
    settings: _Path = "settings.json",
) -> bool:
    """Makes the keys: writes the verifying one, keeps the proving one in the cache."""
    model = Model.load(compiled)
    vk = model.make_keys(scheme=_load(settings, "settings")["scheme"], params=srs_path)
    _read.write(vk_path, vk)
    return _store(pk_path, {"kept_in": _read.cache_folder(None), "shape": model.shape})


def gen_witness(data: Any, compiled: _Path = "network.fpm", output: Optional[_Path] = None) -> dict[str, Any]:
    """One sample with what the model of integers says of it: numbers, or a file with ``input_data``, ``input`` or ``fingerprint``."""
    if isinstance(data, (str, os.PathLike)):
        data = _load(data, "one sample")
    if isinstance(data, dict):
        found = [data[name] for name in ("input_data", "input", "fingerprint") if name in data]
        if not found:
            raise InputError("data", "input_data, input or fingerprint", str(sorted(data))[:80], "name the numbers so")
        data = found[0]
    numbers = _read.numbers(data, "data")
    witness = {"input": numbers, "output": Model.load(compiled).evaluate([numbers])[0]}
    if output is not None:
        _store(output, witness)
    return witness


def prove(
    witness: Any = "witness.json",
    compiled: _Path = "network.fpm",
    pk_path: _Path = "pk.key",
    proof_path: Optional[_Path] = "proof.json",
    srs_path: Optional[_Path] = None,
    settings: _Path = "settings.json",
) -> dict[str, Any]:
    """The proof as a dict, and as JSON in a file; ``bytes.fromhex(proof["bundle"][2:])`` is the bundle of the command line."""
    _load(pk_path, "the note of setup")
    members = witness if isinstance(witness, dict) else _load(witness, "a witness")
    scheme = _load(settings, "settings")["scheme"]
    made = _prove(members["input"], models=[Model.load(compiled)], scheme=scheme, params=srs_path).to_dict()
    if proof_path is not None:
        _store(proof_path, made)
    return made


def verify(
    proof: Any = "proof.json",
    settings: _Path = "settings.json",
    vk_path: Optional[_Path] = "vk.key",
    srs_path: Optional[_Path] = None,
    *,
    allow_insecure_setup: bool = False,
) -> bool:
    """True if it is a proof of what the model of the settings says of some committed input.

    Raises:
        Rejected: it is none. Whatever else keeps it from being judged is another error.
    """
    members = _load(settings, "settings")
    policy = Policy(
        models=[members["model"]],
        allow_values=True,
        schemes=[members["scheme"]],
        params=srs_path,
        allow_insecure_setup=allow_insecure_setup,
        keys=[] if vk_path is None else [vk_path],
    )
    _verify(Proof.from_json(proof if isinstance(proof, dict) else _load(proof, "a proof")), policy)
    return True
