"""What the float model says of samples: `float_step.py ONNX JSON`, with the outputs as JSON on its last line."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime


def main(onnx: str, samples: str) -> None:
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    # One at a time: exported graphs often have a batch of one in their shape.
    rows = [session.run(None, {name: np.array([row], dtype=np.float32)})[0][0].tolist() for row in json.loads(Path(samples).read_text())]
    print(json.dumps({"outputs": rows}))


if __name__ == "__main__":
    main(*sys.argv[1:])
