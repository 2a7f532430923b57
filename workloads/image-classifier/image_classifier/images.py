"""From the bytes of an upload to the pixels that the models take."""

import io

import numpy as np
from PIL import Image, ImageOps

SIDE = 64
SMALLEST = 16
"""Least width and height of an image; a smaller one shows nothing."""
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}

# The size is checked before anything is decoded, and against a limit that can be set.
Image.MAX_IMAGE_PIXELS = None


class Refused(Exception):
    """A file that is not classified: the HTTP status, and the reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def check_type(content_type: str | None) -> None:
    """Refuses (415) an upload whose content type is not that of a supported format."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind not in FORMATS:
        raise Refused(415, f"must be {', '.join(FORMATS)}, got {kind[:50] or 'no content type'}")


def decode(data: bytes, max_pixels: int) -> np.ndarray:
    """The image as SIDE × SIDE × 3 bytes.

    Raises:
        Refused: 422 not an image, damaged or too small; 413 more than `max_pixels`.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=list(FORMATS.values()))
    except Exception:  # Pillow's readers raise errors of many kinds
        raise Refused(422, "is not an image of a supported format") from None
    width, height = image.size
    if width * height > max_pixels:
        raise Refused(413, f"must have at most {max_pixels} pixels, got {width}x{height}")
    if min(width, height) < SMALLEST:
        raise Refused(422, f"must be at least {SMALLEST}x{SMALLEST} pixels, got {width}x{height}")
    try:
        image.draft("RGB", (SIDE, SIDE))  # a large JPEG is read at a fraction of its size
        return shrink(ImageOps.exif_transpose(image))
    except Exception:
        raise Refused(422, "is a damaged image") from None


def shrink(image: Image.Image) -> np.ndarray:
    """The middle square of the image, as the models take it."""
    square = ImageOps.fit(image.convert("RGB"), (SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(square, np.uint8)
