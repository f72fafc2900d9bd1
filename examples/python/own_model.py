# A scikit-learn model of one's own, trained on fingerprints of synthetic blocks, imported, proved and verified, with a plot of where the
# time goes. pip install ./python scikit-learn skl2onnx matplotlib; python examples/python/own_model.py
import foldproof as fp
import matplotlib.pyplot as plt
import numpy as np
from skl2onnx import to_onnx
from sklearn.neural_network import MLPClassifier

blocks = [fp.sample_block(3 + seed % 60, seed) for seed in range(150)]
x = np.array([fp.fingerprint(block) for block in blocks], dtype=np.float32)
y = np.array([block.transactions > 30 for block in blocks], dtype=int)
classifier = MLPClassifier((16,), max_iter=2000, random_state=1).fit(x, y)
onnx = to_onnx(classifier, x[:1], options={"zipmap": False})

model = fp.Model.import_onnx(onnx, x, head="class", labels=["quiet", "busy"])
print(model.agreement)
proof = fp.prove(blocks[7], models=[model])
print(proof, proof.seconds)

verified = fp.verify(proof, fp.Policy(models=[model], block=blocks[7]))
print(verified, verified.hints)

times = {"keys": proof.seconds["keys"], **proof.profile}
plt.barh(list(times)[::-1], list(times.values())[::-1])
plt.xlabel("seconds")
plt.tight_layout()
plt.savefig("own_model.png")
