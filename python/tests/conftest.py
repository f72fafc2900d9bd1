"""What several tests use: the repository's data, and one proof of each kind."""

import os
import pathlib

import pytest

import foldproof as fp

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("FOLDPROOF_CACHE", str(ROOT / "target" / "python-cache"))


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def block():
    return fp.Block(ROOT / "prover/tests/vectors/blocks/mock-1tx.json")


@pytest.fixture(scope="session")
def learned():
    return fp.Codebook(ROOT / "prover/tests/vectors/learned-64.json")


@pytest.fixture(scope="session")
def demo():
    return fp.Model.load(ROOT / "prover/artifacts/demo-tags.fpm")


@pytest.fixture(scope="session")
def values(block):
    return fp.fingerprint(block)


@pytest.fixture(scope="session")
def proof(values, demo):
    """What the demo model says of a fingerprint."""
    return fp.prove(values, models=[demo], progress=False)


@pytest.fixture(scope="session")
def policy(values, demo):
    return fp.Policy(models=[demo], values=values)
