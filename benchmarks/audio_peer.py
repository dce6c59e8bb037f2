"""torch's side of benchmarks/audio.py: Resemblyzer's network, one recording at a time, on mel power.

audio_peer.py WEIGHTS.pt WINDOWS.npz OUT.npy: windows (n, 160, 40) of each recording; prints CPU seconds.
"""

import json
import sys
import time

import numpy as np
import torch


def main() -> None:
    torch.set_num_threads(1)
    state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)["model_state"]
    lstm, linear = torch.nn.LSTM(40, 256, 3, batch_first=True), torch.nn.Linear(256, 256)
    lstm.load_state_dict({k[5:]: v for k, v in state.items() if k.startswith("lstm.")})
    linear.load_state_dict({k[7:]: v for k, v in state.items() if k.startswith("linear.")})
    with np.load(sys.argv[2]) as arrays:
        recordings = [torch.from_numpy(arrays[f"arr_{number}"]) for number in range(len(arrays.files))]

    def encode(windows: torch.Tensor) -> np.ndarray:
        _, (states, _) = lstm(windows)
        parts = torch.relu(linear(states[-1]))
        mean = (parts / parts.norm(dim=1, keepdim=True)).mean(dim=0)
        return (mean / mean.norm()).numpy()

    with torch.inference_mode():
        encode(recordings[0])
        start = time.process_time()
        vectors = [encode(windows) for windows in recordings]
        print(json.dumps(time.process_time() - start))
    np.save(sys.argv[3], np.stack(vectors))


if __name__ == "__main__":
    main()
