"""The compiled module; the typed faces beside this file check and document what they pass to it."""

import numpy as np
from numpy.typing import NDArray

compiler: str  # that built this module: fused operations, and so bits, depend on it
unicode_version: str

def variants() -> list[str]: ...

class WalkSource:
    def __init__(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.uint32],
        weights: NDArray[np.float32],
        alias: NDArray[np.uint32],
        totals: NDArray[np.float32],
        order: NDArray[np.uint32],
        walks: int,
        length: int,
        back: float,
        out: float,
        usual: NDArray[np.float32],
        types: NDArray[np.uint16],
        metapath: NDArray[np.uint16],
        seed: int,
        walks_a_unit: int,
    ) -> None: ...
    def walks(
        self,
        first: int,
        last: int,
        nodes: NDArray[np.uint32],
        lengths: NDArray[np.int64],
        threads: int,
    ) -> None: ...
    def count(self, first: int, last: int, visits: NDArray[np.int64], threads: int) -> None: ...

def build_alias(
    indptr: NDArray[np.int64],
    weights: NDArray[np.float32],
    slots: NDArray[np.uint32],
    totals: NDArray[np.float32],
    threads: int,
) -> None: ...
def train_words(
    variant: str,
    cbow: bool,
    tokens: NDArray[np.uint32],
    unit_tokens: int,
    keep: NDArray[np.uint32],
    noise: NDArray[np.uint32],
    input: NDArray[np.float32],
    output: NDArray[np.float32],
    window: int,
    negative: int,
    shared: int,
    learning_rate: float,
    least_learning_rate: float,
    planned_units: int,
    seed: int,
    path_offsets: NDArray[np.int64],
    path_nodes: NDArray[np.uint32],
    path_bits: NDArray[np.uint8],
    longest_path: int,
    first: int,
    last: int,
    threads: int,
    source: WalkSource | None,
) -> tuple[float, int, int]: ...
def train_subwords(
    variant: str,
    cbow: bool,
    tokens: NDArray[np.uint32],
    unit_tokens: int,
    keep: NDArray[np.uint32],
    noise: NDArray[np.uint32],
    starts: NDArray[np.int64],
    rows: NDArray[np.uint32],
    input: NDArray[np.float32],
    output: NDArray[np.float32],
    window: int,
    drawn: int,
    negative_weight: float,
    shared: int,
    learning_rate: float,
    least_learning_rate: float,
    planned_units: int,
    seed: int,
    first: int,
    last: int,
    threads: int,
) -> tuple[float, int, int]: ...
def cut_ngrams(
    words: list[str] | list[bytes] | list[str | bytes], least: int, most: int, buckets: int
) -> tuple[NDArray[np.int64], NDArray[np.uint32]]: ...
def mean_rows(
    table: NDArray[np.uint8],
    starts: NDArray[np.int64],
    rows: NDArray[np.int64],
    counts: NDArray[np.int64],
    pitch: int,
    out: NDArray[np.float32],
    threads: int,
) -> None: ...
def cut_tiles(
    starts: NDArray[np.int64], columns: NDArray[np.int32], width: int, most_cells: int
) -> NDArray[np.int64]: ...
def fill_tiles(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.float32],
    width: int,
    first: int,
    last: int,
    tiles: NDArray[np.int64],
    cursors: NDArray[np.int64],
    cells: NDArray[np.uint64],
) -> None: ...
def train_glove(
    variant: str,
    cells: NDArray[np.uint64],
    tiles: NDArray[np.int64],
    words: NDArray[np.float32],
    contexts: NDArray[np.float32],
    learning_rate: float,
    log_most: float,
    alpha: float,
    order: NDArray[np.int64],
    threads: int,
) -> tuple[float, int, int]: ...
def group_positions(
    tokens: NDArray[np.uint32],
    begin: int,
    end: int,
    starts: NDArray[np.int64],
    positions: NDArray[np.uint32],
) -> None: ...
def count_rows(
    tokens: NDArray[np.uint32],
    weights: NDArray[np.uint64],
    both_sides: bool,
    starts: NDArray[np.int64],
    positions: NDArray[np.uint32],
    begin: int,
    first: int,
    last: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint64]]: ...
def merge_rows(
    starts: NDArray[np.int64],
    columns: NDArray[np.int32],
    weights: NDArray[np.uint64],
    first: int,
    last: int,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.uint64]]: ...
def train_documents(
    variant: str,
    method: int,
    tokens: NDArray[np.uint32],
    starts: NDArray[np.int64],
    tag_starts: NDArray[np.int64],
    tags: NDArray[np.uint32],
    most_tags: int,
    unit_tokens: int,
    keep: NDArray[np.uint32],
    noise: NDArray[np.uint32],
    rows: NDArray[np.float32],
    input: NDArray[np.float32],
    output: NDArray[np.float32],
    window: int,
    negative: int,
    shared: int,
    learning_rate: float,
    least_learning_rate: float,
    planned_units: int,
    seed: int,
    path_offsets: NDArray[np.int64],
    path_nodes: NDArray[np.uint32],
    path_bits: NDArray[np.uint8],
    longest_path: int,
    first: int,
    last: int,
    threads: int,
) -> tuple[float, int, int]: ...
def infer_documents(
    variant: str,
    method: int,
    tokens: NDArray[np.uint32],
    starts: NDArray[np.int64],
    seeds: NDArray[np.uint64],
    longest: int,
    keep: NDArray[np.uint32],
    noise: NDArray[np.uint32],
    rows: NDArray[np.float32],
    input: NDArray[np.float32],
    output: NDArray[np.float32],
    window: int,
    negative: int,
    shared: int,
    learning_rate: float,
    least_learning_rate: float,
    epochs: int,
    seed: int,
    path_offsets: NDArray[np.int64],
    path_nodes: NDArray[np.uint32],
    path_bits: NDArray[np.uint8],
    longest_path: int,
    threads: int,
) -> None: ...

class WordCounter:
    def __init__(self) -> None: ...
    def __len__(self) -> int: ...
    def read_block(
        self, block: bytes, whitespace: bool, line_start: bool
    ) -> tuple[str, int, NDArray[np.uint32], bool]: ...
    def read_tokens(self, lines: list[list[str]]) -> NDArray[np.uint32]: ...

def als_gram(variant: str, rows: NDArray[np.float32], gram: NDArray[np.float32], threads: int) -> None: ...
def als_solve(
    variant: str,
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    weights: NDArray[np.float32],
    fixed: NDArray[np.float32],
    solved: NDArray[np.float32],
    gram: NDArray[np.float32],
    regularization: NDArray[np.float32],
    dim: int,
    alpha: float,
    cg_steps: int,
    first: int,
    last: int,
    threads: int,
) -> tuple[float, int, int]: ...
def train_bpr(
    variant: str,
    indptr: NDArray[np.int64],
    indices: NDArray[np.uint32],
    units: NDArray[np.int64],
    popular: bool,
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    biases: NDArray[np.float32],
    learning_rate: float,
    least_learning_rate: float,
    regularization: float,
    planned_units: int,
    seed: int,
    order: NDArray[np.int64],
    first_turn: int,
    threads: int,
) -> tuple[float, int, int]: ...
def release_free_memory() -> None: ...
def merge_counters(
    counters: list[WordCounter], min_count: int, max_vocabulary: int
) -> tuple[list[str], NDArray[np.int64], list[NDArray[np.uint32]], int]: ...
def rewrite_ids(
    source: NDArray[np.uint32], ids: NDArray[np.uint32], to: NDArray[np.uint32], at: int, line_start: bool
) -> tuple[int, bool]: ...
def count_pairs(
    tokens: NDArray[np.uint32], roles: NDArray[np.uint8], min_count: int, threads: int
) -> tuple[
    NDArray[np.uint32],
    NDArray[np.uint32],
    NDArray[np.uint32],
    NDArray[np.int64],
    int,
    NDArray[np.uint32],
    NDArray[np.int64],
]: ...
def join_phrases(
    tokens: NDArray[np.uint32],
    roles: NDArray[np.uint8],
    parts: NDArray[np.uint32],
    ends: NDArray[np.int64],
    ids: NDArray[np.uint32],
    uses: NDArray[np.int64],
    threads: int,
) -> int: ...
def topk(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    scale: NDArray[np.float32],
    offset: NDArray[np.float32],
    squared_norms: NDArray[np.float64],
    metric: int,
    excluded_from: NDArray[np.int64],
    excluded: NDArray[np.uint32],
    threads: int,
    variant: str,
    scores: NDArray[np.float32],
    best_rows: NDArray[np.int64],
) -> None: ...
def rank(
    queries: NDArray[np.float32],
    rows: NDArray[np.float32],
    squared_norms: NDArray[np.float64],
    metric: int,
    candidates: NDArray[np.int64],
    threads: int,
    variant: str,
    scores: NDArray[np.float32],
    best_rows: NDArray[np.int64],
) -> None: ...
def squared_norms(
    rows: NDArray[np.float32], threads: int, variant: str, out: NDArray[np.float64]
) -> None: ...
