"""Question 4's training as one writes it in numpy: each sample forward, backward, update.

usage: train_by_hand.py MNIST_DIRECTORY

Reads lines from standard input and trains one epoch for each, so that the caller can alternate it
with others; answers each with a line of JSON: {"seconds": of the epoch, "loss": its mean, "correct": of 10000}. The
first line it prints, when the data are loaded, names numpy's version. Outside the time measured it
only counts the test images that are classified correctly.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

SIZES = [784, 32, 32, 10]
RATE = 0.003


def load(directory, name):
    images = np.fromfile(directory / f"{name}-images-idx3-ubyte", np.uint8)[16:].reshape(-1, 784)
    labels = np.fromfile(directory / f"{name}-labels-idx1-ubyte", np.uint8)[8:]
    return (images.astype(np.float32) / np.float32(255)).astype(np.float64), labels


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(weights, biases, x):
    """Inputs of each layer, and the probabilities; `x` is a sample or a matrix of them."""
    inputs = [x]
    for w, b in zip(weights[:-1], biases[:-1]):
        inputs.append(sigmoid(inputs[-1] @ w + b))
    return inputs, softmax(inputs[-1] @ weights[-1] + biases[-1])


def train_epoch(weights, biases, images, labels):
    """Changes weights and biases in place; returns the mean loss, each before its sample's update."""
    one_hot = np.eye(SIZES[-1])
    loss = 0.0
    for x, y in zip(images, labels):
        inputs, p = forward(weights, biases, x)
        loss -= np.log(p[y])
        delta = p - one_hot[y]
        for l in reversed(range(len(weights))):
            below = weights[l] @ delta * inputs[l] * (1 - inputs[l]) if l > 0 else None
            weights[l] -= RATE * np.outer(inputs[l], delta)
            biases[l] -= RATE * delta
            delta = below
    return loss / len(labels)


def main():
    directory = Path(sys.argv[1])
    images, labels = load(directory, "train")
    test_images, test_labels = load(directory, "t10k")
    rng = np.random.default_rng(80085)
    weights = [
        rng.normal(0, np.sqrt(1 / max(n_in, n_out)), (n_in, n_out))
        for n_in, n_out in zip(SIZES, SIZES[1:])
    ]
    biases = [np.zeros(n_out) for n_out in SIZES[1:]]
    print(json.dumps({"numpy": np.__version__}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        loss = train_epoch(weights, biases, images, labels)
        seconds = time.perf_counter() - start
        _, p = forward(weights, biases, test_images)
        correct = int((p.argmax(axis=1) == test_labels).sum())
        print(json.dumps({"seconds": seconds, "loss": loss, "correct": correct}), flush=True)


main()
