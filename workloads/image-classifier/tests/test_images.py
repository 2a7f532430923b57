import io

import numpy as np
import pytest
from conftest import photo
from PIL import Image

from image_classifier.images import SIDE, Refused, check_type, decode

LIMIT = 1_000_000


def status(data):
    with pytest.raises(Refused) as refused:
        decode(data, LIMIT)
    return refused.value.status


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_reads_every_format_that_it_names(kind):
    pixels = decode(photo(True, kind), LIMIT)
    assert pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - decode(photo(True), LIMIT)).mean() < 6


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "1", "I;16"])
def test_reads_images_of_every_mode(mode):
    buffer = io.BytesIO()
    Image.new(mode, (40, 30)).save(buffer, "PNG")
    assert decode(buffer.getvalue(), LIMIT).shape == (SIDE, SIDE, 3)


def test_turns_a_photograph_as_the_camera_was_held():
    image = Image.new("RGB", (64, 64))
    image.paste((255, 255, 255), (0, 0, 64, 32))
    exif, buffer = Image.Exif(), io.BytesIO()
    exif[0x0112] = 3  # upside down
    image.save(buffer, "PNG", exif=exif)
    pixels = decode(buffer.getvalue(), LIMIT)
    assert pixels[-1].mean() > 250 > 5 > pixels[0].mean()


def test_refuses_too_many_pixels_before_it_reads_them():
    head = photo(True, size=(1001, 1000))[:200]  # the rest of the file is not even there
    assert status(head) == 413


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n", photo(True)[:-40], photo(True, size=(15, 40))])
def test_refuses_what_is_no_whole_image_or_too_small(data):
    assert status(data) == 422


def test_refuses_formats_whose_readers_it_does_not_trust():
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64)).save(buffer, "TIFF")
    assert status(buffer.getvalue()) == 422


@pytest.mark.parametrize("kind", [None, "", "text/plain", "image/gif", "application/octet-stream"])
def test_refuses_other_types(kind):
    with pytest.raises(Refused, match="image/png") as refused:
        check_type(kind)
    assert refused.value.status == 415


def test_accepts_a_type_with_parameters():
    check_type("Image/JPEG; q=1")
