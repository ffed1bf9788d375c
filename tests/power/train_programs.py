"""Trains question 3's program in PyTorch, right or with one deliberate mistake, and records its figures.

    python3 tests/power/train_programs.py DATA RAW PROGRAM:SEED...   one JSON file a run under RAW
    python3 tests/power/train_programs.py --gather RAW OUT           the two committed files under OUT

DATA has the four uncompressed IDX files of FashionMNIST. Runs that RAW already has are not trained
again. One run takes about a minute and a half on one core. Fixed seeds and one thread make a run
repeatable on one machine; another BLAS changes the last digits.
"""
import json, os, sys, time
import torch

torch.set_num_threads(1)

# Program -> what it does, and how it differs from `right`, the program of the assignment.
PROGRAMS = {
    "right": ("the assignment's program", {}),
    "no-shuffling": ("no shuffling", {"shuffle": False}),
    "same-order": ("the same order in every epoch", {"same_order": True}),
    "last-batch-dropped": ("the last, short batch dropped", {"drop_last": True}),
    "no-biases": ("no biases", {"bias": False}),
    "narrow": ("widths 128-128-64", {"widths": [128, 128, 64]}),
    "wide": ("widths 512-256-128", {"widths": [512, 256, 128]}),
    "rate-0.008": ("learning rate 0.008", {"lr": 0.008}),
    "rate-0.009": ("learning rate 0.009", {"lr": 0.009}),
    "rate-0.011": ("learning rate 0.011", {"lr": 0.011}),
    "rate-0.0125": ("learning rate 0.0125", {"lr": 0.0125}),
    "rate-0.015": ("learning rate 0.015", {"lr": 0.015}),
    "rate-0.02": ("learning rate 0.02", {"lr": 0.02}),
    "batch-32": ("batches of 32", {"batch": 32}),
    "batch-128": ("batches of 128", {"batch": 128}),
    "momentum": ("momentum 0.9", {"momentum": 0.9}),
    "no-first-relu": ("the first ReLU missing", {"activations": [None, "ReLU", "ReLU"]}),
    "no-second-relu": ("the second ReLU missing", {"activations": ["ReLU", None, "ReLU"]}),
    "no-third-relu": ("the third ReLU missing", {"activations": ["ReLU", "ReLU", None]}),
    "no-relus": ("all ReLUs missing", {"activations": [None, None, None]}),
    "gelu": ("GELU", {"activations": ["GELU"] * 3}),
    "tanh": ("tanh", {"activations": ["Tanh"] * 3}),
    "dropout": ("dropout 0.1 after each ReLU", {"dropout": 0.1}),
    "he-initialisation": ("He's initialisation", {"he": True}),
    "24-epochs": ("24 epochs", {"epochs": 24}),
}
WRONG_SEED = 17
HELD_OUT = range(1000, 1024)


def read(folder, kind, part, offset):
    with open(os.path.join(folder, f"{part}-{kind}-ubyte"), "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8, offset=offset)


def dataset(folder, part):
    """As torchvision's ToTensor gives them: float32 in [0, 1]."""
    images = read(folder, "images-idx3", part, 16).reshape(-1, 784).to(torch.float32).div(255)
    return images, read(folder, "labels-idx1", part, 8).to(torch.int64)


class Network(torch.nn.Module):
    def __init__(self, widths, activations, bias, dropout):
        super().__init__()
        sizes = [784, *widths, 10]
        for i, name in enumerate(["ly1", "ly2", "ly3", "oply"]):
            setattr(self, name, torch.nn.Linear(sizes[i], sizes[i + 1], bias=bias))
        self.activations = [getattr(torch.nn, name)() if name else torch.nn.Identity() for name in activations]
        self.dropout = torch.nn.Dropout(dropout)

    def hidden(self, x):
        for layer, activation in zip([self.ly1, self.ly2, self.ly3], self.activations):
            x = self.dropout(activation(layer(x)))
            yield x

    def forward(self, x):
        *_, x = self.hidden(x)
        return self.oply(x)


def train(train_set, test_set, program, seed):
    options = {"shuffle": True, "same_order": False, "drop_last": False, "bias": True, "batch": 64, "lr": 0.01,
               "widths": [256, 128, 64], "momentum": 0, "activations": ["ReLU"] * 3, "dropout": 0, "he": False,
               "epochs": 25, **PROGRAMS[program][1]}
    batch = options["batch"]
    images, labels = train_set
    torch.manual_seed(seed)
    # Loaders of indices draw from the generator as loaders of images do, and are faster.
    loader = torch.utils.data.DataLoader(range(len(labels)), batch_size=batch, shuffle=options["shuffle"],
                                         drop_last=options["drop_last"])
    test_loader = torch.utils.data.DataLoader(range(len(test_set[1])), batch_size=batch, shuffle=False)
    torch.manual_seed(seed)
    network = Network(options["widths"], options["activations"], options["bias"], options["dropout"])
    if options["he"]:
        for layer in [network.ly1, network.ly2, network.ly3, network.oply]:
            torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    initial = {name: value.clone() for name, value in network.state_dict().items()}
    loss_of = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=options["lr"], momentum=options["momentum"])
    record = {"program": program, "seed": seed, "options": PROGRAMS[program][1], "torch": torch.__version__,
              "tensors": {name: list(value.shape) for name, value in initial.items()},
              "batch_sizes": [], "first_batch_labels": [], "first_losses": [], "epoch_0_losses": [], "epochs": []}

    def evaluate(images, labels, loader):
        network.eval()
        losses, correct = [], 0
        with torch.no_grad():
            for index in loader:
                logits = network(images[index])
                losses.append(loss_of(logits, labels[index]).item())
                correct += (logits.argmax(1) == labels[index]).sum().item()
        return sum(losses) / len(losses), correct, losses[-1]

    kept = None
    for epoch in range(options["epochs"]):
        network.train()
        losses, sizes = [], []
        order = loader if kept is None else kept
        if options["same_order"] and kept is None:
            order = kept = list(loader)
        for index in order:
            optimizer.zero_grad()
            loss = loss_of(network(images[index]), labels[index])
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            sizes.append(len(index))
            if len(sizes) == 1:
                record["first_batch_labels"].append("".join(map(str, labels[index].tolist())))
        if epoch == 0:
            record["epoch_0_losses"] = losses
            record["first_losses"] = losses[:20]
            record["batch_sizes"] = [len(sizes), sizes[0], sizes[-1]]
        test_loss, correct, last = evaluate(*test_set, test_loader)
        record["epochs"].append({"epoch": epoch, "train_loss": sum(losses) / len(losses), "test_loss": test_loss,
                                 "test_correct": correct})
    record["last_test_batch_loss"] = last
    in_order = torch.utils.data.DataLoader(range(len(labels)), batch_size=batch, shuffle=False)
    record["train_loss_after"], record["train_correct_after"], _ = evaluate(images, labels, in_order)
    with torch.no_grad():
        record["zero_activations"] = [(x == 0).double().mean().item() for x in network.hidden(test_set[0])]
    record["weights"] = {
        name: {"initial_deviation": initial[name].double().std(unbiased=False).item(),
               "initial_largest": initial[name].abs().max().item(),
               "deviation": value.double().std(unbiased=False).item(),
               "moved": (value - initial[name]).double().norm().item()}
        for name, value in network.state_dict().items()}
    return record


def rounded(value):
    """Nine digits keep float32 exactly."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(one) for key, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


def write(path, record):
    with open(path + ".part", "w") as file:
        json.dump(record, file)
    os.replace(path + ".part", path)


def gather(raw, out):
    runs = {}
    for name in sorted(os.listdir(raw)):
        if name.endswith(".json"):
            with open(os.path.join(raw, name)) as file:
                run = json.load(file)
            run.pop("epoch_0_losses")
            run = {"program": run.pop("program"), "what": PROGRAMS[name[:-5].rsplit("-", 1)[0]][0], **run}
            runs[run["program"], run["seed"]] = rounded(run)
    wrong = [runs[program, WRONG_SEED] for program in PROGRAMS if (program, WRONG_SEED) in runs and program != "right"]
    right = [runs["right", seed] for seed in HELD_OUT if ("right", seed) in runs]
    for file, what, kept in [
        ("pytorch-wrong-programs.json", "the program of question 3 with one deliberate mistake each", wrong),
        ("pytorch-held-out.json", "the program of question 3 from seeds that no expected value rests on", right),
    ]:
        head = {"what": what, "torch": torch.__version__,
                "command": "python3 tests/power/train_programs.py DATA RAW PROGRAM:SEED..., then --gather RAW OUT",
                "arithmetic": "float32, CPU, one thread, OpenBLAS; figures to 9 digits"}
        for run in kept:
            run.pop("torch", None)
        lines = ",\n".join(json.dumps(run, separators=(",", ":")) for run in kept)
        with open(os.path.join(out, file), "w") as to:
            to.write(json.dumps(head, indent=1)[:-2] + ',\n "runs": [\n' + lines + "\n]}\n")


def main(args):
    if args[0] == "--gather":
        return gather(*args[1:])
    data, raw, *runs = args
    train_set, test_set = dataset(data, "train"), dataset(data, "t10k")
    for run in runs:
        program, seed = run.rsplit(":", 1)
        path = os.path.join(raw, f"{program}-{seed}.json")
        if os.path.exists(path):
            continue
        start = time.time()
        write(path, train(train_set, test_set, program, int(seed)))
        print(run, f"{time.time() - start:.0f} s", flush=True)


main(sys.argv[1:])
