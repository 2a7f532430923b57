"""From an uploaded file to what the model sees."""

import io

import numpy as np
import torch
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP")
MEGAPIXELS = 50
"""Largest picture that is decoded: a small file can hold an enormous one."""

MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class NotAnImage(Exception):
    """The upload is no picture that can be read; the message is one line with the reason."""


def prepare(data: bytes, size: int) -> torch.Tensor:
    """The middle square of the picture, upright, `size` pixels wide, normalised; shape (1, 3, size, size).

    Raises:
        NotAnImage: it is of no known format, cut off, or too large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            if image.width * image.height > MEGAPIXELS * 1_000_000:
                raise NotAnImage(f"has {image.width} x {image.height} pixels; at most {MEGAPIXELS} megapixels are read")
            image.draft("RGB", (size, size))  # lets the JPEG decoder skip detail that would be scaled away
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except NotAnImage:
        raise
    except Exception as error:  # noqa: BLE001 - a damaged file makes Pillow raise errors of many kinds
        raise NotAnImage(f"is not a readable {', '.join(FORMATS)} file") from error
    square = ImageOps.fit(upright, (size, size), Image.Resampling.BILINEAR)
    values = (np.asarray(square, np.float32) / 255 - MEAN) / DEVIATION
    return torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1))[None])
