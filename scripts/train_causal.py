#!/usr/bin/env python3
"""Trains the causal transformer that `foldproof` is measured with, and writes it as ONNX.

    python3 -m venv venv && venv/bin/pip install jax numpy onnx onnxruntime
    venv/bin/python scripts/train_causal.py examples/causal

Text: the licences in /usr/share/common-licenses of a Debian system, which are public. Tokens are their 63 most frequent characters, all
others are one more. The model sees 64 tokens, one-hot and with a learnt position, and says at every one of them what comes next: two
pre-norm layers of width 96, four heads, feed-forward 384 with GELU (tanh form), final norm, logits: 0.23 million weights. The last tenth of each text is held
out: its windows are the samples.

Writes causal.onnx (opset 18, in the operators that PyTorch emits), causal.samples.jsonl (windows of tokens, and what onnxruntime says comes
next at each), characters.json, and calibration.jsonl, the same windows as the model takes them."""

import json
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

T, V, D, H, L, F = 64, 64, 96, 4, 2, 384
STEPS, BATCH, RATE = 1500, 24, 3e-3


def corpus():
    texts = []
    for path in sorted(pathlib.Path("/usr/share/common-licenses").iterdir()):
        if path.is_file() and not path.is_symlink():
            texts.append(" ".join(path.read_text(encoding="utf-8", errors="replace").split()))
    counts = {}
    for text in texts:
        for c in text:
            counts[c] = counts.get(c, 0) + 1
    known = sorted(counts, key=lambda c: (-counts[c], c))[: V - 1]
    index = {c: i for i, c in enumerate(sorted(known))}
    tokens = [np.array([index.get(c, V - 1) for c in text], dtype=np.int32) for text in texts]
    cut = [len(t) * 9 // 10 for t in tokens]
    return sorted(known), np.concatenate([t[:c] for t, c in zip(tokens, cut)]), [t[c:] for t, c in zip(tokens, cut)]


def init(key):
    keys = iter(jax.random.split(key, 64))
    normal = lambda *shape: jax.random.normal(next(keys), shape) * shape[0] ** -0.5
    layers = []
    for _ in range(L):
        layer = {name: jnp.ones(D) for name in ("g1", "g2")} | {name: jnp.zeros(D) for name in ("b1", "b2")}
        layer |= {"qkv": normal(D, 3 * D), "bqkv": jnp.zeros(3 * D), "out": normal(D, D) * 0.5, "bout": jnp.zeros(D)}
        layer |= {"up": normal(D, F), "bup": jnp.zeros(F), "down": normal(F, D) * 0.5, "bdown": jnp.zeros(D)}
        layers.append(layer)
    return {
        "tokens": normal(V, D) * 3, "positions": normal(T, D) * 2, "layers": layers,
        "g": jnp.ones(D), "b": jnp.zeros(D), "head": normal(D, V), "bhead": jnp.zeros(V),
    }


def norm(x, g, b):
    m = x.mean(-1, keepdims=True)
    return (x - m) / jnp.sqrt(((x - m) ** 2).mean(-1, keepdims=True) + 1e-5) * g + b


MASK = np.triu(np.full((T, T), -1e9, dtype=np.float32), 1)


def logits(p, onehot):
    x = onehot @ p["tokens"] + p["positions"]
    for l in p["layers"]:
        qkv = norm(x, l["g1"], l["b1"]) @ l["qkv"] + l["bqkv"]
        q, k, v = (t.reshape(T, H, D // H).transpose(1, 0, 2) for t in jnp.split(qkv, 3, -1))
        s = q @ k.transpose(0, 2, 1) / (D // H) ** 0.5 + MASK
        x = x + (jax.nn.softmax(s) @ v).transpose(1, 0, 2).reshape(T, D) @ l["out"] + l["bout"]
        h = norm(x, l["g2"], l["b2"])
        x = x + jax.nn.gelu(h @ l["up"] + l["bup"], approximate=True) @ l["down"] + l["bdown"]
    return norm(x, p["g"], p["b"]) @ p["head"] + p["bhead"]


def loss(p, batch):
    x, y = jax.nn.one_hot(batch[:, :-1], V), batch[:, 1:]
    found = jax.nn.log_softmax(jax.vmap(lambda x: logits(p, x))(x))
    return -jnp.take_along_axis(found, y[..., None], -1).mean()


@jax.jit
def step(p, m, v, n, batch):
    value, grad = jax.value_and_grad(loss)(p, batch)
    rate = RATE * jnp.minimum(1, n / 100) * 0.5 * (1 + jnp.cos(jnp.pi * n / STEPS))
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, grad)
    v = jax.tree.map(lambda v, g: 0.99 * v + 0.01 * g * g, v, grad)
    new = lambda p, m, v: p - rate * (m / (1 - 0.9**n) / (jnp.sqrt(v / (1 - 0.99**n)) + 1e-8) + 0.01 * p)
    return jax.tree.map(new, p, m, v), m, v, value


def to_onnx(p):
    nodes, weights = [], []

    def w(name, x):
        weights.append(numpy_helper.from_array(np.asarray(x), name))
        return name

    def op(kind, inputs, count=1, **attributes):
        outputs = [f"{kind}_{len(nodes)}_{i}" for i in range(count)]
        nodes.append(helper.make_node(kind, inputs, outputs, **attributes))
        return outputs[0] if count == 1 else outputs

    f32, i64 = np.float32, np.int64
    linear = lambda x, n, a, b: op("Add", [op("MatMul", [x, w(f"{n}.weight", f32(a))]), w(f"{n}.bias", f32(b))])
    layer_norm = lambda x, n, g, b: op(
        "LayerNormalization", [x, w(f"{n}.weight", f32(g)), w(f"{n}.bias", f32(b))], axis=-1, epsilon=1e-5
    )
    heads = w("heads", np.array([1, T, H, D // H], i64))
    joined = w("joined", np.array([1, T, D], i64))
    scale, mask = w("scale", np.array((D // H) ** 0.5, f32)), w("mask", MASK[None, None])
    half, one = w("half", np.array(0.5, f32)), w("one", np.array(1, f32))
    three, c1 = w("three", np.array(3, f32)), w("c1", np.array(0.044715, f32))
    c2 = w("c2", np.array((2 / np.pi) ** 0.5, f32))
    x = op("MatMul", ["tokens", w("embedding", f32(p["tokens"]))])
    x = op("Add", [x, w("positions", f32(p["positions"])[None])])
    for i, l in enumerate(p["layers"]):
        h = layer_norm(x, f"{i}.norm1", l["g1"], l["b1"])
        split = op("Split", [linear(h, f"{i}.qkv", l["qkv"], l["bqkv"]), w(f"{i}.thirds", np.array([D] * 3, i64))], 3, axis=2)
        q, k, v = (op("Reshape", [t, heads]) for t in split)
        q, v = (op("Transpose", [t], perm=[0, 2, 1, 3]) for t in (q, v))
        k = op("Transpose", [k], perm=[0, 2, 3, 1])
        s = op("Softmax", [op("Add", [op("Div", [op("MatMul", [q, k]), scale]), mask])], axis=-1)
        c = op("Reshape", [op("Transpose", [op("MatMul", [s, v])], perm=[0, 2, 1, 3]), joined])
        x = op("Add", [x, linear(c, f"{i}.out", l["out"], l["bout"])])
        u = linear(layer_norm(x, f"{i}.norm2", l["g2"], l["b2"]), f"{i}.up", l["up"], l["bup"])
        cubic = op("Add", [u, op("Mul", [op("Pow", [u, three]), c1])])
        gate = op("Add", [op("Tanh", [op("Mul", [cubic, c2])]), one])
        u = op("Mul", [op("Mul", [u, half]), gate])
        x = op("Add", [x, linear(u, f"{i}.down", l["down"], l["bdown"])])
    y = linear(layer_norm(x, "norm", p["g"], p["b"]), "head", p["head"], p["bhead"])
    nodes.append(helper.make_node("Identity", [y], ["logits"]))
    info = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, T, V])
    graph = helper.make_graph(nodes, "causal", [info("tokens")], [info("logits")], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model, full_check=True)
    return model


def main(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    known, train, held_out = corpus()
    rng = np.random.default_rng(7)
    p = init(jax.random.key(7))
    m = v = jax.tree.map(jnp.zeros_like, p)
    for n in range(1, STEPS + 1):
        starts = rng.integers(0, len(train) - T - 1, BATCH)
        p, m, v, value = step(p, m, v, n, np.stack([train[s : s + T + 1] for s in starts]))
        if n % 100 == 0:
            print(n, float(value), flush=True)
    windows = [t[s : s + T + 1] for t in held_out for s in range(0, len(t) - T - 1, T)]
    right = [np.asarray(logits(p, jax.nn.one_hot(w[:-1], V))).argmax(-1) == w[1:] for w in windows]
    print(f"held out: {len(windows)} windows, next token right {np.mean(right):.3f}")
    weights = sum(x.size for x in jax.tree.leaves(p))
    print(f"{weights} weights")
    onnx.save(to_onnx(p), folder / "causal.onnx")
    session = onnxruntime.InferenceSession(folder / "causal.onnx")
    with open(folder / "causal.samples.jsonl", "w") as out, open(folder / "calibration.jsonl", "w") as calibration:
        for window in windows[:: max(1, len(windows) // 200)][:200]:
            onehot = np.eye(V, dtype=np.float32)[window[:-1]]
            following = session.run(None, {"tokens": onehot[None]})[0][0].argmax(-1)
            out.write(json.dumps({"tokens": window[:-1].tolist(), "next": following.tolist()}) + "\n")
            calibration.write(json.dumps({"input": onehot.astype(int).ravel().tolist()}) + "\n")
    (folder / "characters.json").write_text(json.dumps("".join(known), ensure_ascii=False) + "\n")


main(sys.argv[1])
