"""Question 3's training in PyTorch: its bare step, and the assignment's own script.

usage: train_on_device.py FASHION_MNIST_DIRECTORY THREADS

The directory holds the four gzipped IDX files. Reads lines from standard input, so that the caller can
alternate it with others, and answers each with a line of JSON:

- "steps N": N steps on batches that lie in memory as float32, {"milliseconds": of each}
- "evaluate": the test set in one piece, {"seconds"}
- "script": an epoch as one writes it, with DataLoader and ToTensor, and its evaluation,
  {"seconds", "correct": of 10000}

The first line that it prints, when the data are loaded, names PyTorch's version. The script's network
starts from seed 0 and goes on from epoch to epoch. The script uses torchvision's FashionMNIST and ToTensor;
here `Images` does the same conversions image by image, without torchvision and without PIL.
"""

import gzip
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

BATCH = 64
RATE = 0.01


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.ly1 = nn.Linear(784, 256)
        self.ly2 = nn.Linear(256, 128)
        self.ly3 = nn.Linear(128, 64)
        self.ly4 = nn.Linear(64, 10)

    def forward(self, x):
        x = x.view(x.shape[0], -1)
        x = torch.relu(self.ly1(x))
        x = torch.relu(self.ly2(x))
        x = torch.relu(self.ly3(x))
        return self.ly4(x)


class Images(Dataset):
    """Gives one image at a time as float32 in (1, 28, 28), as FashionMNIST with ToTensor does."""

    def __init__(self, directory, name):
        def read(file, offset):
            compressed = (Path(directory) / f"{name}-{file}-ubyte.gz").read_bytes()
            return np.frombuffer(gzip.decompress(compressed), np.uint8)[offset:].copy()

        self.pixels = read("images-idx3", 16).reshape(-1, 28, 28, 1)
        self.labels = read("labels-idx1", 8).tolist()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = torch.from_numpy(self.pixels[i].copy()).permute(2, 0, 1).contiguous()
        return image.to(dtype=torch.get_default_dtype()).div(255), self.labels[i]

    def tensors(self):
        pixels = torch.from_numpy(self.pixels.reshape(-1, 784))
        return pixels.float() / 255, torch.tensor(self.labels)


class Trained:
    """A network with its optimizer and loss."""

    def __init__(self):
        torch.manual_seed(0)
        self.network = Network()
        self.loss = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(self.network.parameters(), lr=RATE)

    def step(self, x, y):
        loss = self.loss(self.network(x), y)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss


def script_epoch(trained, train, test):
    start = time.perf_counter()
    total = 0.0
    for x, y in train:
        total += trained.step(x, y).item()
    correct = 0
    with torch.no_grad():
        for x, y in test:
            logits = trained.network(x)
            total += trained.loss(logits, y).item()
            correct += (logits.argmax(1) == y).sum().item()
    return {"seconds": time.perf_counter() - start, "correct": correct}


def bare_steps(trained, images, labels, count):
    milliseconds = []
    for i in range(count):
        start = time.perf_counter()
        at = i * BATCH % (len(labels) - BATCH)
        trained.step(images[at : at + BATCH], labels[at : at + BATCH])
        milliseconds.append(1000 * (time.perf_counter() - start))
    return {"milliseconds": milliseconds}


def bare_evaluation(trained, images, labels):
    start = time.perf_counter()
    with torch.no_grad():
        (trained.network(images).argmax(1) == labels).sum().item()
    return {"seconds": time.perf_counter() - start}


def main():
    directory, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    train, test = Images(directory, "train"), Images(directory, "t10k")
    images, labels = train.tensors()
    test_images, test_labels = test.tensors()
    bare, scripted = Trained(), Trained()
    loaders = DataLoader(train, BATCH, shuffle=True), DataLoader(test, BATCH)
    print(json.dumps({"torch": torch.__version__}), flush=True)
    for line in sys.stdin:
        request, *count = line.split()
        if request == "steps":
            answer = bare_steps(bare, images, labels, int(count[0]))
        elif request == "evaluate":
            answer = bare_evaluation(bare, test_images, test_labels)
        else:
            answer = script_epoch(scripted, *loaders)
        print(json.dumps(answer), flush=True)


main()
