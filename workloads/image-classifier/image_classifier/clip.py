"""The embedding model: a fixed random projection of patches with a trained linear head; it takes the place of CLIP."""

import io

import numpy as np

PATCH = 8
WIDTH = 64
STEPS = 400
RATE = 0.5
DECAY = 1e-3


class Clip:
    """Image → embedding → probability of a cataract."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights

    @classmethod
    def fit(cls, pixels: np.ndarray, labels: np.ndarray, seed: int) -> "Clip":
        """Draws the projection and fits the head to it by gradient descent."""
        rng = np.random.default_rng(seed)
        inputs = PATCH * PATCH * 3
        model = cls({"projection": rng.normal(0, inputs**-0.5, (inputs, WIDTH)).astype(np.float32)})
        raw = model.embed(pixels)
        mean, spread = raw.mean(axis=0), raw.std(axis=0) + 1e-6
        x = (raw - mean) / spread
        head, bias = np.zeros(x.shape[1]), 0.0
        for _ in range(STEPS):
            error = sigmoid(x @ head + bias) - labels
            head -= RATE * (x.T @ error / len(x) + DECAY * head)
            bias -= RATE * float(error.mean())
        model.weights |= {"mean": mean, "spread": spread, "head": head, "bias": np.array(bias)}
        return model

    @classmethod
    def load(cls, data: bytes) -> "Clip":
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return cls({name: arrays[name] for name in ("projection", "mean", "spread", "head", "bias")})

    def save(self) -> bytes:
        buffer = io.BytesIO()
        np.savez(buffer, **self.weights)
        return buffer.getvalue()

    def embed(self, pixels: np.ndarray) -> np.ndarray:
        """Embeddings of N × 64 × 64 × 3 bytes: of the patches in the middle, and of all."""
        count, side = pixels.shape[0], pixels.shape[1] // PATCH
        patches = (pixels.astype(np.float32) / 255 - 0.5).reshape(count, side, PATCH, side, PATCH, 3)
        patches = patches.transpose(0, 1, 3, 2, 4, 5).reshape(count, side * side, -1)
        patterns = np.maximum(patches @ self.weights["projection"], 0).reshape(count, side, side, WIDTH)
        middle = patterns[:, side // 2 - 1 : side // 2 + 1, side // 2 - 1 : side // 2 + 1]
        return np.concatenate([middle.mean(axis=(1, 2)), patterns.mean(axis=(1, 2)), patterns.max(axis=(1, 2))], axis=1)

    def predict(self, pixels: np.ndarray) -> np.ndarray:
        """Probabilities, 0 to 1, that the images show a cataract."""
        x = (self.embed(pixels) - self.weights["mean"]) / self.weights["spread"]
        return sigmoid(x @ self.weights["head"] + float(self.weights["bias"]))


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(z, -30, 30)))
