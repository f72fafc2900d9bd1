"""Fingerprints of blocks, and zero-knowledge proofs of them and of what models say.

A model of one's own, from scikit-learn to a verified proof::

    import foldproof as fp

    model = fp.Model.import_onnx("tags.onnx", samples, head="tags")
    proof = fp.prove(samples[0], models=[model])
    verified = fp.verify(proof, fp.Policy(models=[model], values=samples[0]))
    print(verified.hints)

``docs`` beside the source have what the numbers mean; ``python/README.md`` has this package.
"""

from ._block import Block, Codebook, Fingerprint, fingerprint, sample_block
from ._errors import Cancelled, FoldproofError, InputError, Rejected, Undecided
from ._model import Agreement, Model
from ._progress import progress
from ._prove import Proof, insecure_setup, prove
from ._verify import Policy, Verified, verify

__all__ = [
    "Agreement",
    "Block",
    "Cancelled",
    "Codebook",
    "Fingerprint",
    "FoldproofError",
    "InputError",
    "Model",
    "Policy",
    "Proof",
    "Rejected",
    "Undecided",
    "Verified",
    "fingerprint",
    "insecure_setup",
    "progress",
    "prove",
    "sample_block",
    "verify",
]
