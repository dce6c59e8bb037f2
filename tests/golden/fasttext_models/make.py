"""Makes the files beside it with fasttext 0.9.3; run it by an interpreter that has it.

skipgram.bin is loaded and saved again: the program cannot train on so little text. Ten threads for the other
model, because with fewer the program leaves a part of a matrix as it finds the memory; so its training is not
repeatable, and vectors.json changes with it.
"""

import json
import tempfile
from pathlib import Path

import fasttext

HERE = Path(__file__).parent
LABELLED = "__label__cat the lion and a lioness\n__label__horse the zebra and a zebroid\n" * 400
UNSEEN = ["lioness", "zebras", "straßen", "東", "a", "naïve", "😀"]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        labelled = Path(folder) / "labelled"
        labelled.write_text(LABELLED, encoding="utf-8")
        models = {
            "skipgram": fasttext.load_model(str(HERE / "skipgram.bin")),
            "supervised": fasttext.train_supervised(
                str(labelled), dim=3, bucket=20, minn=3, maxn=5, wordNgrams=2, epoch=2, thread=10, verbose=0
            ),
        }
    found = {}
    for name, model in models.items():
        model.save_model(str(HERE / f"{name}.bin"))
        found[name] = {
            word: [float(value) for value in model.get_word_vector(word)]
            for word in [*model.get_words(), *UNSEEN]
        }
    (HERE / "vectors.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
