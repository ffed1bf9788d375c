"""Trains the network of the assignment in PyTorch: FashionMNIST, 784-256-128-64-10, ReLU, plain SGD.

usage: train.py EPOCHS LEARNING_RATE BATCH_SIZE SEED

Reads the four IDX files in data/. Writes the weights after each epoch and after the last, the loss of
each batch, and metrics. Nothing of it knows fanin but the lines that report the progress.
"""

import json
import sys

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, RATE, BATCH, SEED = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.ly1 = nn.Linear(784, 256)
        self.ly2 = nn.Linear(256, 128)
        self.ly3 = nn.Linear(128, 64)
        self.oply = nn.Linear(64, 10)

    def forward(self, x):
        x = torch.relu(self.ly1(x))
        x = torch.relu(self.ly2(x))
        x = torch.relu(self.ly3(x))
        return self.oply(x)


def data_set(name, samples):
    with open(f"data/{name}-images-idx3-ubyte", "rb") as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(samples, 784)
    with open(f"data/{name}-labels-idx1-ubyte", "rb") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    # As ToTensor scales them.
    images = torch.from_numpy(pixels.astype(np.float32)) / 255
    return TensorDataset(images, torch.from_numpy(labels.astype(np.int64)))


def save(path, tensors):
    """Writes safetensors: the length of a header in JSON, the header, the data."""
    header, offset = {}, 0
    for name, tensor in tensors.items():
        size = 4 * tensor.numel()
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + size],
        }
        offset += size
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.numpy().astype("<f4").tobytes())


def state(network):
    return {name: tensor.detach().clone() for name, tensor in network.named_parameters()}


torch.set_num_threads(1)
train, test = data_set("train", 60_000), data_set("t10k", 10_000)
torch.manual_seed(SEED)
network = Network()
loss_of = nn.CrossEntropyLoss()
optimizer = torch.optim.SGD(network.parameters(), lr=RATE)
train_loader = DataLoader(train, batch_size=BATCH, shuffle=True)
test_loader = DataLoader(test, batch_size=BATCH, shuffle=False)

losses, weights, metrics = [], {}, {}
for epoch in range(EPOCHS):
    means = []
    for x, y in train_loader:
        loss = loss_of(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        means.append(loss.item())
    with torch.no_grad():
        correct = sum(int((network(x).argmax(1) == y).sum()) for x, y in test_loader)
    losses.append(means)
    weights.update({f"epoch-{epoch}.{name}": one for name, one in state(network).items()})
    metrics[f"train-loss.epoch-{epoch}"] = float(np.mean(means))
    metrics[f"test-correct-in-pytorch.epoch-{epoch}"] = correct
    print(f"fanin: {epoch + 1}/{EPOCHS} epochs train-loss={np.mean(means):.4f}", flush=True)

save("weights.safetensors", weights)
save("trained.safetensors", state(network))
np.save("batch-losses.npy", np.array(losses, np.float32))
with open("metrics.json", "w") as file:
    json.dump(metrics, file)
