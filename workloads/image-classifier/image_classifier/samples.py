"""Generated photographs of eyes, with and without a clouded lens: they take the place of patients' images."""

import numpy as np
from PIL import Image, ImageFilter

SIDE = 96
LABELS = ("normal", "cataract")


def eyes(count: int, seed: int) -> tuple[list[Image.Image], np.ndarray]:
    """`count` images and their labels (1: cataract), half of each; the same seed gives the same images."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    return [eye(rng, bool(label)) for label in labels], labels


def eye(rng: np.random.Generator, cataract: bool) -> Image.Image:
    """One eye: skin, white, iris and pupil, a reflection, and a lens that is clear or clouded."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    dx, dy = x - rng.uniform(-0.05, 0.05), y - rng.uniform(-0.05, 0.05)
    radius = np.hypot(dx, dy)
    image = np.ones((SIDE, SIDE, 3)) * rng.uniform([0.55, 0.35, 0.25], [0.9, 0.7, 0.6])
    iris, pupil = rng.uniform(0.24, 0.32), rng.uniform(0.12, 0.19)
    white = (dx / 0.48) ** 2 + (dy / rng.uniform(0.28, 0.36)) ** 2 < 1
    image[white] = rng.uniform(0.78, 0.95)
    ripples = 0.85 + 0.15 * np.sin(np.arctan2(dy, dx) * rng.integers(12, 30))
    image = np.where((radius < iris)[..., None], rng.uniform([0.1, 0.15, 0.1], [0.5, 0.5, 0.6]) * ripples[..., None], image)
    inside = radius < pupil
    image[inside] = rng.uniform(0.02, 0.12)
    if cataract:
        cloud = rng.uniform(0.15, 0.9) * (0.7 + 0.3 * smooth(rng))[..., None] * inside[..., None]
        image = image * (1 - cloud) + cloud * rng.uniform([0.6, 0.6, 0.55], [0.85, 0.85, 0.9])
    glare = np.hypot(dx - rng.uniform(-0.1, 0.1), dy - rng.uniform(-0.1, 0.0)) < rng.uniform(0.01, 0.04)
    image[glare] = 1
    image = image * rng.uniform(0.7, 1.15) + rng.normal(0, 0.03, image.shape)
    photo = Image.fromarray((np.clip(image, 0, 1) * 255).astype(np.uint8))
    return photo.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))


def smooth(rng: np.random.Generator) -> np.ndarray:
    """Noise between 0 and 1 without sharp edges, as large as an image."""
    coarse = Image.fromarray((rng.random((6, 6)) * 255).astype(np.uint8))
    return np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 255
