"""Trains robots.onnx, the model that examples/pipelines/robots.ts applies: is a visitor of a web server a robot?

    python3 -m venv venv && venv/bin/pip install onnx==1.23.2 numpy==2.4.6
    venv/bin/python examples/data/robots.py

A small neural network over six features of each visitor in apache_access.log. It learns from visitors that say what they are
in their agent, and finds those that do not say so. The same seed gives the same model. Beside the model it writes
robots-expected.json: what ONNX's reference implementation answers for the busiest visitors, against which a test compares.
"""

import json
import math
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

here = Path(__file__).parent
names = ["activity", "variety", "assets", "errors", "night", "direct"]
hidden, rounds, rate, seed = 8, 3000, 0.05, 1

text = r'((?:[^"\\]|\\.)*)'
line = re.compile(rf'(\S+) \S+ \S+ \[[^:]+:(\d\d)[^\]]*\] "{text}" (\d+) \S+ "{text}" "{text}"$')
asset = re.compile(r"\.(css|js|png|jpe?g|gif|ico)(\?|$)", re.I)
robot = re.compile(r"bot|crawl|spider|slurp", re.I)


def visitors():
    """Features and label of each host; the same definitions as in visitor-features.ts."""
    requests = defaultdict(list)
    for each in (here / "apache_access.log").read_text().splitlines():
        if found := line.match(each):  # One line is cut off.
            requests[found[1]].append(found)
    for host, lines in sorted(requests.items()):
        n = len(lines)
        paths = [each[3].split(" ")[1] for each in lines]
        share = lambda condition: sum(map(condition, lines)) / n
        yield host, n, [
            math.log10(n) / 3,
            len(set(paths)) / n,
            sum(bool(asset.search(path)) for path in paths) / n,
            share(lambda each: int(each[4]) >= 400),
            share(lambda each: int(each[2]) < 6),
            share(lambda each: each[5] == "-"),
        ], any(robot.search(each[6]) for each in lines)


def train(x, y):
    """Gradient descent (Adam) on the mean cross-entropy of one hidden layer; robots weigh as much as all others together."""
    random = np.random.default_rng(seed)
    weights = [random.normal(0, 0.5, (x.shape[1], hidden)), np.zeros(hidden), random.normal(0, 0.5, (hidden, 1)), np.zeros(1)]
    weight = np.where(y == 1, 0.5 / y.sum(), 0.5 / (1 - y).sum())
    moments = [(np.zeros_like(w), np.zeros_like(w)) for w in weights]
    for step in range(1, rounds + 1):
        w1, b1, w2, b2 = weights
        layer = np.maximum(x @ w1 + b1, 0)
        output = 1 / (1 + np.exp(-(layer @ w2 + b2)))
        error = (output - y) * weight
        back = (error @ w2.T) * (layer > 0)
        gradients = [x.T @ back, back.sum(0), layer.T @ error, error.sum(0)]
        for i, gradient in enumerate(gradients):
            m, v = moments[i]
            moments[i] = m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            weights[i] -= rate * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
    return weights


def model(mean, deviation, weights):
    """features: float[N, 6] → robot: float[N, 1], between 0 and 1. Scaling is part of the model."""
    constants = dict(zip(["mean", "deviation", "w1", "b1", "w2", "b2"], [mean, deviation, *weights]))
    nodes = [
        helper.make_node("Sub", ["features", "mean"], ["centered"]),
        helper.make_node("Div", ["centered", "deviation"], ["scaled"]),
        helper.make_node("Gemm", ["scaled", "w1", "b1"], ["sums"]),
        helper.make_node("Relu", ["sums"], ["layer"]),
        helper.make_node("Gemm", ["layer", "w2", "b2"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["robot"]),
    ]
    graph = helper.make_graph(
        nodes,
        "robots",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(names)])],
        [helper.make_tensor_value_info("robot", TensorProto.FLOAT, ["N", 1])],
        [numpy_helper.from_array(value.astype(np.float32), name) for name, value in constants.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="robots.py")
    made.ir_version = 8  # Read by every onnxruntime since 1.13.
    helper.set_model_props(made, {"features": ",".join(names)})
    onnx.checker.check_model(made)
    return made


hosts, requests, features, labels = zip(*visitors())
x = np.array(features)
y = np.array(labels, float)[:, None]
mean, deviation = x.mean(0), x.std(0)
made = model(mean, deviation, train((x - mean) / deviation, y))
onnx.save(made, here / "robots.onnx")

(scores,) = ReferenceEvaluator(made).run(None, {"features": x.astype(np.float32)})
found, said = scores[:, 0] > 0.5, y[:, 0] == 1
print(f"{len(hosts)} visitors, {said.sum()} say that they are robots: {(found & said).sum()} of them are found")
print(f"{(found & ~said).sum()} others look like robots")
busiest = sorted(range(len(hosts)), key=lambda i: (-requests[i], hosts[i]))[:100]
expected = {hosts[i]: round(float(scores[i, 0]), 6) for i in busiest}
(here / "robots-expected.json").write_text(json.dumps(expected, indent=0) + "\n")
