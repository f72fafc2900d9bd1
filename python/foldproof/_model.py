"""Models: imported from ONNX, as files, evaluated."""

from __future__ import annotations

import json
import os
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

from . import _foldproof as native
from . import _read
from ._progress import Progress, watched
from ._read import cache_folder


class Agreement:
    """How an imported model of integers agrees with the float model, on the fifth of the samples that was held out.

    ``to_dict()`` is the object that ``foldproof model import --json`` prints as ``agreement``.
    """

    def __init__(self, members: dict[str, Any], notes: list[str], warnings: list[str]) -> None:
        self._members = members
        self.notes = notes
        """What was assumed or dropped."""
        self.warnings = warnings
        """Where the model falls short of what one should reach."""

    def _heads(self, name: str) -> Any:
        if name in self._members:
            return self._members[name]
        found = [head[name] for head in self._members["heads"] if head[name] is not None]
        return found

    @property
    def decisions(self) -> Optional[float]:
        """Share of decisions (tags, classes, flags) that are the same, 0 to 1; of several heads the least; None if there are none."""
        found = self._heads("decisions")
        return min(found, default=None) if isinstance(found, list) else found

    @property
    def max_error(self) -> Optional[float]:
        """Largest error of an output, in its own unit; of several heads the largest."""
        found = self._heads("max_error")
        return max(found, default=None) if isinstance(found, list) else found

    @property
    def mean_error(self) -> Optional[float]:
        """Mean error of outputs, in their own unit; of several heads the largest."""
        found = self._heads("mean_error")
        return max(found, default=None) if isinstance(found, list) else found

    @property
    def samples(self) -> int:
        """Samples that were held out."""
        return int(self._members["held_out_samples"])

    def to_dict(self) -> dict[str, Any]:
        """All of it: labels, scores and heads, too."""
        return dict(self._members)

    def __repr__(self) -> str:
        return (
            f"Agreement(decisions={self.decisions}, max_error={self.max_error}, samples={self.samples}, "
            f"warnings={len(self.warnings)})"
        )


class Model:
    """A model of integers, as proofs take it. Made by :meth:`import_onnx` or :meth:`load`."""

    def __init__(self, source: Any) -> None:
        """From the bytes of a model file, its path, or its text."""
        document, name = _read.document(source, "model")
        self._native = native.Model.read(document, name)
        self.agreement: Optional[Agreement] = None
        """How it agrees with the float model; of models that were imported in this process only."""

    @classmethod
    def _of(cls, made: native.Model, agreement: Agreement) -> "Model":
        model = cls.__new__(cls)
        model._native = made
        model.agreement = agreement
        return model

    @classmethod
    def import_onnx(
        cls,
        onnx: Any,
        samples: Any,
        head: Union[str, Sequence[str]] = "class",
        *,
        labels: Optional[Sequence[str]] = None,
        thresholds: Union[Mapping[str, float], float, Iterable[str], None] = None,
        output: Optional[str] = None,
        weights: int = 8,
        activations: Optional[int] = None,
        hide: bool = False,
        mapping: Optional[str] = None,
        fingerprints: Optional[bool] = None,
    ) -> "Model":
        """Quantises a float ONNX model, calibrated on four fifths of the samples and measured on the rest.

        Args:
            onnx: a path, bytes, or an object with ``SerializeToString`` (what skl2onnx and onnx make).
            samples: rows of numbers, an array of shape (samples, inputs), or a file as the command line takes it; a few hundred.
            head: what outputs are taken for: tags, class, anomaly, values; of recurrent layers and trees also top, top-K, score, flag,
                commitment; several as ``["OUTPUT=HEAD", …]``.
            labels: names of the outputs.
            thresholds: of tags ``{name: logit}`` (a probability if the graph ends with Sigmoid), of an anomaly head a number.
            output: the output of the graph to take.
            weights: bits of weights, 8, 12 or 16.
            activations: bits of activations: 8 or 16 of a dense network, 12 to 14 of graphs.
            hide: blinds the commitment with a random salt, which the model's file keeps.
            mapping: by which mapping the blocks of the fingerprints were read.
            fingerprints: whether rows are fingerprints; without it, rows of 96 numbers are.

        Raises:
            InputError: graphs that are not supported, and options and samples that do not suit, with what would.
        """
        if hasattr(onnx, "SerializeToString"):
            onnx = onnx.SerializeToString()
        folder = None
        if isinstance(onnx, (bytes, bytearray, memoryview)):
            onnx, name = bytes(onnx), "onnx"
        else:
            name, folder = os.fspath(onnx), os.path.dirname(os.fspath(onnx))
            onnx = _read.file(name)
        lines, samples_name = _read.samples(samples, fingerprints)
        if thresholds is None:
            thresholds = []
        elif isinstance(thresholds, Mapping):
            thresholds = [f"{label}={float(value)!r}" for label, value in thresholds.items()]
        elif isinstance(thresholds, (int, float)):
            thresholds = [repr(float(thresholds))]
        options = {
            "name": name,
            "folder": folder,
            "samples_name": samples_name,
            "heads": [head] if isinstance(head, str) else list(head),
            "weights": weights,
            "activations": activations,
            "output": output,
            "labels": None if labels is None else [str(label) for label in labels],
            "thresholds": [str(threshold) for threshold in thresholds],
            "hide": hide,
            "mapping": mapping,
        }
        made, agreement, notes, warnings = native.import_onnx(onnx, lines, options)
        return cls._of(made, Agreement(json.loads(agreement), notes, warnings))

    @classmethod
    def load(cls, path: _read.PathLike) -> "Model":
        """Reads a model file (``.fpm``).

        Raises:
            InputError: what is no model, with the path of the field.
            OSError: a file that cannot be read.
        """
        return cls(_read.file(path)) if not isinstance(path, (str, os.PathLike)) else cls(os.fspath(path))

    def save(self, path: _read.PathLike) -> None:
        """Writes the model file, for its owner only if its commitment is blinded."""
        _read.write(path, self.to_bytes(), 0o600 if self._native.salted else 0o666)

    def to_bytes(self) -> bytes:
        """The model file."""
        return self._native.to_text().encode()

    @property
    def commitment(self) -> str:
        """Commitment to the model: 0x and 64 digits."""
        return self._native.commitment

    @property
    def shape(self) -> str:
        """Name of its shape, as statements have it."""
        return self._native.shape

    @property
    def dimensions(self) -> tuple[int, int]:
        """Positions, and numbers at each: (1, 96) takes a fingerprint."""
        return self._native.dimensions

    def entry(self, name: str, version: str = "1") -> dict[str, Any]:
        """Its entry in a registry of models, under this name and version: what a verifier's policy takes."""
        return json.loads(self._native.entry(name, version))

    def inspect(self) -> dict[str, Any]:
        """Shape, weights, labels, threshold, bounds and commitment, as ``foldproof model inspect --json`` prints them."""
        return json.loads(self._native.inspect())

    def evaluate(self, samples: Any, *, fingerprints: Optional[bool] = None) -> list[dict[str, Any]]:
        """What the model of integers says of samples, without a proof.

        Args:
            samples: as :meth:`import_onnx` takes them; a single row is one sample. Of a model over several positions a sample a row, with
                the numbers of all positions.

        Returns:
            Of each sample a dict: ``outputs`` (floats) and ``decision`` of a dense network, ``heads`` of a graph.
        """
        flat = _read.plain(samples)
        if isinstance(flat, list) and flat and not isinstance(flat[0], (list, tuple)) and not hasattr(flat[0], "__len__"):
            samples = [flat]
        if fingerprints is None and self.dimensions[0] > 1:
            fingerprints = False
        return json.loads(self._native.evaluate(*_read.samples(samples, fingerprints)))

    def make_keys(
        self,
        *,
        scheme: str = "transparent",
        params: Optional[_read.PathLike] = None,
        cache: Optional[_read.PathLike] = None,
        progress: Progress = None,
    ) -> bytes:
        """Makes the keys of what this model alone says of values, which :func:`prove` would make when it needs them.

        Returns:
            The verifying key, for :class:`Policy` (``keys``).
        """
        options = {
            "scheme": scheme,
            "params": None if params is None else os.fspath(params),
            "hide": False,
            "context": None,
            "cache": cache_folder(cache),
            "analytics": None,
        }
        with watched(progress) as told:
            return native.make_keys(self._native, options, told)[1]

    def __repr__(self) -> str:
        return f"Model({self.shape}, commitment={self.commitment[:10]}…)"
