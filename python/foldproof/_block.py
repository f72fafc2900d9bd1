"""Blocks, codebooks and fingerprints."""

from __future__ import annotations

import json
from typing import Any, Optional, Union

from . import _foldproof as native
from . import _read


class Block:
    """A block: raw JSON, or an answer of a node to ``eth_getBlockByNumber`` with full transactions.

    Args:
        source: bytes, a path, a text of JSON, or a dict.
        mapping: what an answer of a node is made into: ``indexer`` (as the data behind the codebook that ships) or ``full``.
        checks: hashes, roots and senders to recompute: ``what-is-known``, ``off``, or ``all`` (what cannot be is an error).

    Raises:
        InputError: what is no block, with the path of the field.
        OSError: a file that cannot be read.
    """

    def __init__(self, source: Any, *, mapping: str = "indexer", checks: str = "what-is-known") -> None:
        document, name = _read.document(source, "block")
        self._native = native.Block.read(document, name, mapping, checks)

    @property
    def height(self) -> int:
        """Number of the block."""
        return self._native.height

    @property
    def timestamp(self) -> int:
        """Seconds since 1970."""
        return self._native.timestamp

    @property
    def transactions(self) -> int:
        """How many transactions it has."""
        return self._native.transactions

    @property
    def mapping(self) -> Optional[str]:
        """By what it was made into a raw block; None if it was one."""
        return self._native.mapping

    @property
    def block_hash(self) -> Optional[str]:
        """Hash of its header, 0x and 64 digits; None if the document has no whole header."""
        return self._native.block_hash

    @property
    def unchecked(self) -> list[tuple[str, str]]:
        """What of it was not recomputed, and why."""
        return self._native.unchecked

    def __repr__(self) -> str:
        return f"Block(height={self.height}, transactions={self.transactions})"


class Codebook:
    """A codebook of 64 or 256 centroids.

    Args:
        source: bytes, a path, a text of JSON or a dict; without one, the codebook that ships.

    Raises:
        InputError: what is no codebook, with the path of the field.
    """

    def __init__(self, source: Any = None) -> None:
        if source is None:
            self._native = native.Codebook.default()
        else:
            self._native = native.Codebook.read(*_read.document(source, "codebook"))

    @property
    def root(self) -> str:
        """Its commitment, 0x and 64 digits: what a verifier's policy names."""
        return self._native.root

    @property
    def centroids(self) -> int:
        """How many centroids each subspace has."""
        return self._native.centroids

    @property
    def mapping(self) -> Optional[str]:
        """By which mapping the blocks were read that it was trained on, if it tells."""
        return self._native.mapping

    def __repr__(self) -> str:
        return f"Codebook(centroids={self.centroids}, root={self.root[:10]}…)"


class Fingerprint:
    """What a block folds to: 6 vectors (mean, deviation, 4 components) of 16 numbers, and their code.

    ``numpy.asarray(fingerprint)`` has shape (96,) and dtype float64; ``len`` is 96, and items are floats.
    """

    def __init__(self, members: dict[str, Any]) -> None:
        self._members = members

    @property
    def values(self) -> list[float]:
        """The 96 numbers, vector by vector, exact multiples of 2⁻³²."""
        return list(self._members["fingerprint"])

    @property
    def integers(self) -> list[int]:
        """The same in units of 2⁻³²."""
        return [value for row in self._members["folded_int"] for value in row]

    @property
    def folded(self) -> list[list[float]]:
        """The same as 6 rows of 16."""
        return [list(row) for row in self._members["folded"]]

    @property
    def indices(self) -> list[list[int]]:
        """The code: of each of 6 vectors, 4 indices of centroids."""
        return [list(row) for row in self._members["pq"]]

    @property
    def residuals(self) -> list[float]:
        """How far each of 6 vectors lies from its code, in normalised units."""
        return list(self._members["residuals"])

    @property
    def within_bound(self) -> list[bool]:
        """Whether each of 6 vectors lies within the codebook's bound."""
        return list(self._members["within_bound"])

    @property
    def fold_commitment(self) -> str:
        """Commitment to the 96 values, without a salt: 0x and 64 digits."""
        return str(self._members["fold_commitment"])

    @property
    def pq_commitment(self) -> str:
        """Commitment to the code, without a salt: 0x and 64 digits."""
        return str(self._members["pq_commitment"])

    @property
    def block_commitment(self) -> Optional[str]:
        """Commitment to the block at its statement's size, without a salt; None if no statement holds the block."""
        return self._members["block_commitment"]

    @property
    def codebook_root(self) -> str:
        """Commitment to the codebook: 0x and 64 digits."""
        return str(self._members["codebook_root"])

    @property
    def statement(self) -> Optional[str]:
        """Name of the smallest statement that proves it; None if none holds the block."""
        return self._members["statement"]

    def to_dict(self) -> dict[str, Any]:
        """As ``foldproof fingerprint --json`` prints it."""
        return dict(self._members)

    def __len__(self) -> int:
        return 96

    def __getitem__(self, place: Any) -> Any:
        return self._members["fingerprint"][place]

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        import numpy  # whoever asks for an array has it

        return numpy.array(self._members["fingerprint"], dtype=dtype or "float64")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fingerprint) and self._members == other._members

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Fingerprint({self.statement}, pq_commitment={self.pq_commitment[:10]}…)"


def _block(source: Any) -> Block:
    return source if isinstance(source, Block) else Block(source)


def _codebook(source: Any) -> Codebook:
    return source if isinstance(source, Codebook) else Codebook(source)


def fingerprint(block: Any, codebook: Union[Codebook, Any, None] = None) -> Fingerprint:
    """What a block folds to, without a proof.

    Args:
        block: a Block, or what one is made from.
        codebook: a Codebook, or what one is made from; without one, the codebook that ships.
    """
    return Fingerprint(json.loads(native.fingerprint(_block(block)._native, _codebook(codebook)._native)))


def sample_block(
    transactions: int = 150,
    seed: int = 1,
    *,
    repeated_percent: int = 12,
    failed_percent: int = 0,
    style: str = "evm",
) -> Block:
    """A synthetic block, to try things on: the same for the same arguments.

    Args:
        transactions: how many.
        seed: decides everything else, 0 to 2⁶⁴ - 1.
        repeated_percent: share of senders that sent before.
        failed_percent: share of transactions that fail, beyond what is usual.
        style: ``evm`` or ``solana``.
    """
    return Block(native.sample_block(transactions, seed, repeated_percent, failed_percent, style).encode())
