#!/usr/bin/env python3
"""Writes the small files of real exporters that `prover/tests/lower/exporters.rs` imports, with what onnxruntime says of their samples.

    python3 -m venv torch && torch/bin/pip install torch onnx onnxscript onnxruntime
    torch/bin/python scripts/export_models.py torch prover/tests/lower/files/exporters
    python3 -m venv keras && keras/bin/pip install tensorflow-cpu==2.15.1 tf2onnx onnx==1.16.2 onnxruntime 'numpy<2'
    keras/bin/python scripts/export_models.py keras prover/tests/lower/files/exporters
    python3 -m venv jax && jax/bin/pip install flax jax jax2onnx onnxruntime
    jax/bin/python scripts/export_models.py jax prover/tests/lower/files/exporters

The files that are kept were made by torch 2.15.0 (onnxscript 0.7.2; its exporter by TorchScript and the one by torch.export), Keras 2.15.0 with
tf2onnx 1.16.1, and flax 0.12.8 on jax 0.10.2 with jax2onnx 0.17.1. Weights are random, of fixed seeds. A line of samples is
{"input": numbers, "output": what onnxruntime says}."""

import json
import pathlib
import sys
import warnings

import numpy as np

warnings.filterwarnings("ignore")
SAMPLES = 40


def samples(shape, tokens=None, positive=False):
    """Samples of a fixed seed: integers below `tokens`, numbers of the unit cube, or normal ones, all of few digits."""
    draw = np.random.default_rng(5)
    if tokens:
        return draw.integers(0, tokens, (SAMPLES, *shape)).astype(np.int64)
    x = draw.random((SAMPLES, *shape)) if positive else draw.standard_normal((SAMPLES, *shape))
    return np.round(x, 3).astype(np.float32)


def write(folder, name, x):
    """Runs the file by onnxruntime, sample by sample, and writes what it says."""
    import onnxruntime

    session = onnxruntime.InferenceSession(folder / f"{name}.onnx", providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as lines:
        for one in x:
            y = session.run(None, {given.name: one[None]})[0].reshape(-1)
            number = int if x.dtype.kind == "i" else lambda v: round(float(v), 3)
            sample = {"input": [number(v) for v in one.reshape(-1)], "output": [round(float(v), 5) for v in y]}
            lines.write(json.dumps(sample, separators=(",", ":")) + "\n")
    print(name)


def torch_models():
    """Name: (module, shape of a sample, tokens, whether in the unit cube)."""
    import math

    import torch
    from torch import nn
    from torch.nn import functional as F

    class Encoder(nn.Module):
        def __init__(self, first, activation, mask, batch_first=True):
            super().__init__()
            layer = nn.TransformerEncoderLayer(8, 2, 16, 0.1, activation, norm_first=first, batch_first=batch_first)
            self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
            self.enter, self.leave, self.batch_first = nn.Linear(4, 8), nn.Linear(8, 3), batch_first
            self.mask = mask
            if mask:
                self.register_buffer("m", nn.Transformer.generate_square_subsequent_mask(5))

        def forward(self, x):
            x = self.enter(x)
            x = x if self.batch_first else x.transpose(0, 1)
            x = self.encoder(x, mask=self.m, is_causal=True) if self.mask else self.encoder(x)
            x = x if self.batch_first else x.transpose(0, 1)
            return self.leave(x[:, -1])

    class Block(nn.Module):
        def __init__(self, norm, activation):
            super().__init__()
            self.n1, self.n2 = norm(8), norm(8)
            self.qkv, self.out, self.up, self.down = (
                nn.Linear(8, 24), nn.Linear(8, 8), nn.Linear(8, 16), nn.Linear(16, 8))
            self.activation = activation

        def forward(self, x):
            batch, steps, width = x.shape
            q, k, v = self.qkv(self.n1(x)).split(width, dim=2)
            q, k, v = (t.view(batch, steps, 2, width // 2).transpose(1, 2) for t in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.out(y.transpose(1, 2).contiguous().view(batch, steps, width))
            return x + self.down(self.activation(self.up(self.n2(x))))

    class Language(nn.Module):
        def __init__(self, norm=nn.LayerNorm, activation=F.gelu):
            super().__init__()
            self.tokens, self.positions = nn.Embedding(12, 8), nn.Embedding(6, 8)
            self.block, self.norm, self.head = Block(norm, activation), norm(8), nn.Linear(8, 12, bias=False)
            self.tokens.weight = self.head.weight

        def forward(self, t):
            positions = torch.arange(0, t.size(1), dtype=torch.long, device=t.device)
            return self.head(self.norm(self.block(self.tokens(t) + self.positions(positions)))[:, -1])

    class Vision(nn.Module):
        def __init__(self):
            super().__init__()
            self.patches = nn.Conv2d(1, 8, 4, stride=4)
            self.token, self.positions = nn.Parameter(torch.randn(1, 1, 8) * 0.2), nn.Parameter(torch.randn(1, 5, 8) * 0.2)
            layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True)
            self.encoder, self.norm, self.head = (
                nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), nn.LayerNorm(8), nn.Linear(8, 4))

        def forward(self, x):
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1) + self.positions
            return self.head(self.norm(self.encoder(x))[:, 0])

    class Residual(nn.Module):
        def __init__(self, act, norm):
            super().__init__()
            self.a, self.b = nn.Conv2d(4, 4, 3, 1, 1, bias=False), nn.Conv2d(4, 4, 3, 1, 1, bias=False)
            self.na, self.nb, self.act = norm(4), norm(4), act

        def forward(self, x):
            return self.act(x + self.nb(self.b(self.act(self.na(self.a(x))))))

    def images(act, norm):
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding="same"), act, nn.MaxPool2d(2), Residual(act, norm),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))

    class Near(nn.Module):
        """A graph network over points: edges between those that are near."""

        def __init__(self, how):
            super().__init__()
            self.how, self.a, self.b, self.out = how, nn.Linear(3, 8), nn.Linear(8, 8), nn.Linear(8, 3)
            self.register_buffer("loops", torch.eye(6))

        def forward(self, x):
            if self.how == "gram":
                square = (x * x).sum(-1, keepdim=True)
                near = square + square.transpose(-1, -2) - 2 * x @ x.transpose(-1, -2) < 0.36
                edges = near.float() * (1 - self.loops)
                degree = edges.sum(-1)
                root = torch.where(degree > 0, degree.pow(-0.5), torch.zeros_like(degree))
                edges = root.unsqueeze(-1) * edges * root.unsqueeze(-2)
            else:
                edges = (torch.cdist(x, x) < 0.6).float() * (1 - self.loops)
                edges = edges / edges.sum(-1, keepdim=True).clamp(min=1)
            h = F.relu(edges @ self.a(x))
            return self.out(F.relu(edges @ self.b(h)).amax(1))

    class Fixed(nn.Module):
        """The same over edges that are given."""

        def __init__(self):
            super().__init__()
            edges = (torch.rand(6, 6) < 0.4).float()
            edges = ((edges + edges.T + torch.eye(6)) > 0).float()
            root = edges.sum(1).rsqrt()
            self.register_buffer("edges", root[:, None] * edges * root[None])
            self.a, self.out = nn.Linear(4, 8), nn.Linear(8, 3)

        def forward(self, x):
            return self.out(F.elu(self.edges @ self.a(x)).mean(1))

    quick = lambda h: h * torch.sigmoid(1.702 * h)
    new = lambda h: 0.5 * h * (1.0 + torch.tanh(math.sqrt(2.0 / math.pi) * (h + 0.044715 * torch.pow(h, 3.0))))
    group = lambda channels: nn.GroupNorm(2, channels)
    return {
        "encoder_post_gelu": (lambda: Encoder(False, "gelu", False), (5, 4), None, False),
        "encoder_pre_relu_causal": (lambda: Encoder(True, "relu", True, batch_first=False), (5, 4), None, False),
        "language": (lambda: Language(), (6,), 12, False),
        "language_new_gelu": (lambda: Language(activation=new), (6,), 12, False),
        "language_rms_quick": (lambda: Language(nn.RMSNorm, quick), (6,), 12, False),
        "vision": (Vision, (1, 8, 8), None, False),
        "residual_silu": (lambda: images(nn.SiLU(), nn.BatchNorm2d), (1, 8, 8), None, False),
        "residual_hardswish_groups": (lambda: images(nn.Hardswish(), group), (1, 8, 8), None, False),
        "near_gram": (lambda: Near("gram"), (6, 3), None, True),
        "near_cdist": (lambda: Near("cdist"), (6, 3), None, True),
        "edges_elu": (Fixed, (6, 4), None, False),
    }


def by_torch(folder):
    import torch

    torch.set_num_threads(1)
    for name, (make, shape, tokens, positive) in torch_models().items():
        torch.manual_seed(len(name))
        module = make().eval()
        for part in module.modules():
            if isinstance(part, torch.nn.BatchNorm2d):
                part.running_mean.normal_(0, 0.2)
                part.running_var.uniform_(0.5, 1.5)
        x = samples(shape, tokens, positive)
        one, two = torch.tensor(x[:1]), torch.tensor(x[:2])
        for exporter in ("script", "dynamo"):
            path = folder / f"torch_{exporter}_{name}.onnx"
            try:
                if exporter == "script":
                    axes = {"input": {0: "batch"}}
                    torch.onnx.export(module, (one,), path, input_names=["input"], output_names=["output"],
                                      opset_version=17, dynamo=False, dynamic_axes=axes)
                else:
                    torch.onnx.export(module, (one,), path, input_names=["input"], output_names=["output"],
                                      opset_version=18, dynamo=True, external_data=False, verbose=False)
            except Exception as error:  # noqa: BLE001 - which operators an exporter knows is its own
                print(f"{path.stem}: {type(error).__name__}, left out", file=sys.stderr)
                path.unlink(missing_ok=True)
                continue
            if exporter == "dynamo":
                strip(path)
            write(folder, path.stem, x)


def strip(path):
    """Leaves out where in the Python source nodes come from."""
    import onnx

    model = onnx.load(path)
    for node in model.graph.node:
        del node.metadata_props[:]
        node.doc_string = ""
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        del value.metadata_props[:]
    del model.graph.value_info[:]
    del model.graph.metadata_props[:]
    onnx.save(model, path)


def by_keras(folder):
    import tensorflow as tf
    import tf2onnx
    from tensorflow.keras import Input, Model, layers

    tf.random.set_seed(1)
    head = lambda x: layers.Dense(3)(layers.GlobalAveragePooling1D()(x))

    def transformer(i):
        x = layers.Dense(8)(i)
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.MultiHeadAttention(2, 4)(x, x))
        return head(layers.LayerNormalization()(x + layers.Dense(8)(layers.Dense(16, activation="gelu")(x))))

    def embedding(i):
        x = layers.Embedding(12, 8, embeddings_initializer="normal")(i) * 10.0 + layers.Embedding(6, 8)(tf.range(6))
        return head(layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4, use_bias=False)(x, x)))

    def convolution(i):
        x = layers.MaxPooling1D(2)(layers.BatchNormalization()(layers.Conv1D(8, 3, padding="same", activation="relu")(i)))
        return head(layers.Conv1D(4, 3, padding="causal", activation="elu")(x))

    models = {"transformer": (transformer, (5, 4), None), "embedding": (embedding, (6,), 12), "conv1d": (convolution, (12, 3), None)}
    for name, (make, shape, tokens) in models.items():
        i = Input(shape, dtype="int32" if tokens else "float32")
        x = samples(shape, tokens)
        x = x.astype(np.int32) if tokens else x
        signature = [tf.TensorSpec((None, *shape), i.dtype, name="input")]
        tf2onnx.convert.from_keras(Model(i, make(i)), opset=17, input_signature=signature,
                                   output_path=str(folder / f"keras_{name}.onnx"))
        np.save(folder / f"keras_{name}.npy", x)
    # tensorflow's numpy and onnxruntime's may be two: a process of its own.
    for name in models:
        file = folder / f"keras_{name}.npy"
        write(folder, f"keras_{name}", np.load(file))
        file.unlink()


def by_jax(folder):
    import jax
    import jax.numpy as jnp
    import onnx
    from flax import linen as nn
    from jax2onnx import to_onnx

    class Wrapped(nn.Module):
        of: object

        @nn.compact
        def __call__(self, x):
            return nn.Dense(3)(self.of(x))

    def transformer(x):
        x = nn.Dense(8)(x)
        y = nn.LayerNorm()(x)
        x = x + nn.MultiHeadDotProductAttention(2)(y, y)
        return (x + nn.Dense(8)(nn.gelu(nn.Dense(16)(nn.RMSNorm()(x))))).mean(1)

    def embedding(t):
        x = nn.Embed(12, 8)(t) + nn.Embed(6, 8)(jnp.arange(6))
        return (x + nn.SelfAttention(2)(nn.LayerNorm()(x), mask=nn.make_causal_mask(jnp.ones((1, 6)))))[:, -1]

    for name, (make, shape, tokens) in {"transformer": (transformer, (5, 4), None), "embedding": (embedding, (6,), 12)}.items():
        x = samples(shape, tokens)
        x = x.astype(np.int32) if tokens else x
        module = Wrapped(make)
        weights = module.init(jax.random.PRNGKey(1), jnp.array(x[:1]))
        made = to_onnx(lambda v: module.apply(weights, v), [jax.ShapeDtypeStruct((1, *shape), x.dtype)])
        onnx.save(made, folder / f"flax_{name}.onnx")
        write(folder, f"flax_{name}", x)


if __name__ == "__main__":
    out = pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    {"torch": by_torch, "keras": by_keras, "jax": by_jax}[sys.argv[1]](out)
