"""TableNetwork: a network over the rows of a table; what it reads of a row, and its prepared rows."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearer.data.table import Column, TablePlan
from nearer.errors import ParameterError
from nearer.extras import require
from nearer.networks.base import Plan, Prepared
from nearer.networks.values import whole

if TYPE_CHECKING:
    import torch

    from nearer.data.table_kinds import Kind

CHANGES = {"corrupt": 0.4}
WORDS, BUCKETS = 64, 4096  # words of a text that are read, and places that they are hashed to


class TableNetwork:
    """Rows of a table of mixed columns in, vectors out.

    Categories and truth values have vectors of their own (Guo and Berkhahn 2016, entity embeddings); numbers
    and dates are coded piecewise linearly between quantiles (Gorishniy, Rubachev and Babenko 2022), with a
    flag where they are missing; of texts the words are hashed and their vectors averaged. Layers of `hidden`
    units with relu follow, and a linear one.

    Parameters
    ----------
    dim : dimension of the output.
    hidden : units of each hidden layer.
    kinds : what columns hold where their values leave it open, by name: "number", "category", "text", "date"
        or "boolean".
    ignore : columns that are left out.
    """

    def __init__(
        self,
        dim: int = 64,
        hidden: Sequence[int] = (256, 256),
        kinds: Mapping[str, Kind] | None = None,
        ignore: Sequence[str] = (),
    ) -> None:
        self.dim = whole("dim", dim, 1, 65_536)
        self.hidden = tuple(whole("hidden", units, 1, 65_536) for units in hidden)
        self.kinds = dict(kinds or {})
        self.ignore = tuple(ignore)
        if isinstance(ignore, str):
            raise ParameterError(f"ignore={ignore!r} is no list of columns", remedy=f"use [{ignore!r}]")

    def __repr__(self) -> str:
        return f"TableNetwork({', '.join(f'{name}={value!r}' for name, value in self.settings().items())})"

    @property
    def modality(self) -> str:
        """It reads rows of tables."""
        return "table"

    @property
    def changes(self) -> Mapping[str, float]:
        """`corrupt` is the share of a row's values that are replaced by those of other rows (Bahri et al.
        2022, SCARF).
        """
        return dict(CHANGES)

    @property
    def shares(self) -> frozenset[str]:
        """The changes that are a share or a probability, at most 1."""
        return frozenset(CHANGES)

    def settings(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "dim": self.dim,
            "hidden": list(self.hidden),
            "kinds": dict(self.kinds),
            "ignore": list(self.ignore),
        }

    def plan(self, items: Any) -> Plan:
        """The columns, their categories and quantiles; raises what `TablePlan.infer` raises."""
        return TablePlan.infer(items, self.kinds, self.ignore).to_json()

    def prepare(self, items: Any, plan: Plan) -> Prepared:
        """Rows as arrays; raises what `TablePlan.read` raises, naming file, row and value."""
        typed = TablePlan.from_json(plan)
        columns = typed.read(items)
        numbers, missing, codes, words = [], [], [], []
        for column in typed.columns:
            values = columns[column.name]
            if is_number(column):
                numbers.append(np.where(values.missing, 0.0, scaled(values.values, column)))
                missing.append(values.missing)
            elif column.kind == "text":
                words.append(hashed(values.values.tolist()))
            else:
                codes.append(values.values)
        count = len(columns)
        return TableRows(
            _stacked(numbers, count, np.float32),
            _stacked(missing, count, np.float32),
            _stacked(codes, count, np.int64),
            np.stack(words, axis=1) if words else np.empty((count, 0, WORDS), np.int64),
        )

    def width(self, plan: Plan) -> int:
        """Dimension of the output."""
        return self.dim

    def build(self, plan: Plan, seed: int, *, pretrained: bool = True) -> torch.nn.Module:
        """Embeddings and layers with torch's own initial weights."""
        require("torch", "torch", "training a network")
        from nearer.networks.table_layers import TableModule  # noqa: PLC0415  (torch: paid where needed)

        columns = TablePlan.from_json(plan).columns
        edges = [scaled(np.array(column.quantiles), column) for column in columns if is_number(column)]
        sizes = [len(column.categories) + 2 for column in columns if column.kind in ("category", "boolean")]
        texts = sum(column.kind == "text" for column in columns)
        return TableModule(edges, sizes, texts, BUCKETS, self.hidden, self.dim, seed)


class TableRows:
    """Rows in memory.

    numbers, missing : float32 (n, m), scaled numbers and dates, and 1 where one is missing; codes : int64
    (n, c), of categories; words : int64 (n, t, `WORDS`), hashed words of texts, 0 where there are no more.
    """

    def __init__(
        self,
        numbers: NDArray[np.float32],
        missing: NDArray[np.float32],
        codes: NDArray[np.int64],
        words: NDArray[np.int64],
    ) -> None:
        self.parts = (numbers, missing, codes, words)

    def __len__(self) -> int:
        return len(self.parts[0])

    def batch(self, rows: NDArray[np.int64]) -> tuple[torch.Tensor, ...]:
        """Numbers, flags, codes and words of these rows."""
        import torch  # noqa: PLC0415  (paid for where it is needed)

        return tuple(torch.from_numpy(part[rows]) for part in self.parts)

    def view(
        self, rows: NDArray[np.int64], changes: Mapping[str, float], random: torch.Generator
    ) -> tuple[torch.Tensor, ...]:
        """The same, values replaced by those of other rows of the same column."""
        import torch  # noqa: PLC0415

        share = changes.get("corrupt", 0.0)
        numbers, missing, codes, words = self.parts

        def donors(columns: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
            """From which row each value comes, (b, columns), and the columns beside it."""
            swap = torch.rand((len(rows), columns), generator=random).numpy() < share
            other = torch.randint(len(self), (len(rows), columns), generator=random).numpy()
            return np.where(swap, other, rows[:, None]), np.arange(columns)[None]

        at, of, text = donors(numbers.shape[1]), donors(codes.shape[1]), donors(words.shape[1])
        return tuple(torch.from_numpy(part) for part in (numbers[at], missing[at], codes[of], words[text]))


def is_number(column: Column) -> bool:
    """Whether a column's values lie on a line: numbers and dates."""
    return column.kind in ("number", "date")


def scaled(values: NDArray[Any], column: Column) -> NDArray[np.float64]:
    """Values so that the column's least and greatest quantiles are 0 and 1."""
    least, most = column.quantiles[0], column.quantiles[-1]
    found: NDArray[np.float64] = (np.asarray(values, np.float64) - least) / ((most - least) or 1.0)
    return found


def hashed(texts: Sequence[str]) -> NDArray[np.int64]:
    """The first words of texts as places from 1 to `BUCKETS` - 1, then zeros: (n, `WORDS`)."""
    found = np.zeros((len(texts), WORDS), np.int64)
    for row, text in enumerate(texts):
        words = text.lower().split()[:WORDS]
        found[row, : len(words)] = [
            1 + zlib.crc32(word.encode("utf-8", "surrogatepass")) % (BUCKETS - 1) for word in words
        ]
    return found


def _stacked(columns: Sequence[NDArray[Any]], count: int, dtype: type) -> NDArray[Any]:
    return np.stack(columns, axis=1).astype(dtype) if columns else np.empty((count, 0), dtype)
