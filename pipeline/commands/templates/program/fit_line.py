"""Fits a line to points by gradient descent. It knows nothing of fanin, and needs no package."""
import argparse
import csv
import json

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float, required=True)
parser.add_argument("--epochs", type=int, required=True)
given = parser.parse_args()

with open("data/points.csv", newline="") as file:
    points = [(float(row["x"]), float(row["y"])) for row in csv.DictReader(file)]

slope = intercept = 0.0
for epoch in range(1, given.epochs + 1):
    errors = [(x, slope * x + intercept - y) for x, y in points]
    slope -= given.rate * 2 * sum(x * error for x, error in errors) / len(points)
    intercept -= given.rate * 2 * sum(error for _, error in errors) / len(points)
    if epoch % 100 == 0:
        # The progress of a run shows it.
        print(f"fanin: {epoch}/{given.epochs}", flush=True)

loss = sum((slope * x + intercept - y) ** 2 for x, y in points) / len(points)
with open("metrics.json", "w") as file:
    json.dump({"slope": slope, "intercept": intercept, "loss": loss}, file)
