"""Measures a running classifier: `python load.py URL [PATH] [SECONDS] [PER_SECOND]`.

First 50 uploads at the same time, then so many in a second for so long, each sent when its time has come whether or not
earlier ones have been answered.
"""

import asyncio
import io
import random
import sys
import time
from collections import Counter

import httpx
import numpy as np
from PIL import Image


def jpeg(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (28, 28, 3), np.uint8)).resize((224, 224)).save(buffer, "JPEG")
    return buffer.getvalue()


async def main(url: str, path: str = "/predict_ensemble", seconds: int = 15, rate: int = 100) -> None:
    images = [jpeg(seed) for seed in range(32)]
    async with httpx.AsyncClient(base_url=url, timeout=30, limits=httpx.Limits(max_connections=None)) as client:

        async def upload(_: int) -> tuple[int | str, float]:
            started = time.perf_counter()
            try:
                status: int | str = (await client.post(path, files={"file": ("a.jpg", random.choice(images), "image/jpeg")})).status_code
            except httpx.HTTPError as error:
                status = type(error).__name__
            return status, time.perf_counter() - started

        async def timed(number: int, begin: float) -> tuple[int | str, float]:
            await asyncio.sleep(begin + number / rate - time.perf_counter())
            return await upload(number)

        report("50 at the same time", await asyncio.gather(*map(upload, range(50))))
        begin = time.perf_counter()
        answers = await asyncio.gather(*(timed(number, begin) for number in range(seconds * rate)))
        report(f"{rate} a second for {seconds} s: {len(answers) / (time.perf_counter() - begin):.1f} answers a second", answers)


def report(what: str, answers: list[tuple[int | str, float]]) -> None:
    times = sorted(1000 * took for _, took in answers)
    half, most = times[len(times) // 2], times[int(len(times) * 0.99)]
    print(f"{what}: {dict(Counter(status for status, _ in answers))}; median {half:.0f} ms, 99 % {most:.0f} ms, longest {times[-1]:.0f} ms")


if __name__ == "__main__":
    url, path, *numbers = [*sys.argv[1:], "/predict_ensemble"][: max(2, len(sys.argv) - 1)]
    asyncio.run(main(url, path, *map(int, numbers)))
