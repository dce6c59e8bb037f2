"""Encoders: one raw item in, one vector out."""

from nearer.encoders import fasttext_binary
from nearer.encoders.backfill import backfill
from nearer.encoders.base import Encoder, Modality, metric_of, space_of
from nearer.encoders.embed import embed
from nearer.encoders.embed_run import Embedded, EmbedReport
from nearer.encoders.fasttext_binary import require_bin
from nearer.encoders.image_input import Scaling
from nearer.encoders.image_onnx import ImageEncoder
from nearer.encoders.known import KnownEncoder, known_encoders
from nearer.encoders.lookup import Lookup
from nearer.encoders.opening import SAVED_MODELS, encoder
from nearer.encoders.sampling import embed_sample
from nearer.encoders.speaker import SpeakerEncoder
from nearer.encoders.static import Static
from nearer.encoders.subword import Subword
from nearer.encoders.torch_text import SentenceModel
from nearer.encoders.transformer import Transformer
from nearer.encoders.wav2vec2 import Wav2Vec2
from nearer.space.formats import binary

__all__ = [
    "SAVED_MODELS",
    "EmbedReport",
    "Embedded",
    "Encoder",
    "ImageEncoder",
    "KnownEncoder",
    "Lookup",
    "Modality",
    "Scaling",
    "SentenceModel",
    "SpeakerEncoder",
    "Static",
    "Subword",
    "Transformer",
    "Wav2Vec2",
    "backfill",
    "embed",
    "embed_sample",
    "encoder",
    "known_encoders",
    "metric_of",
    "require_bin",
    "space_of",
]

binary.MODELS[binary.FASTTEXT] = fasttext_binary.read_space
