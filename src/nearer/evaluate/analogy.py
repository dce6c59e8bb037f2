"""Analogies: is the word nearest to b - a + c the one people expect?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from nearer.errors import InputError, ParameterError, shown
from nearer.evaluate.bootstrap import mean
from nearer.evaluate.questions import Question, read_questions
from nearer.evaluate.result import Estimate, Result, table
from nearer.evaluate.vocabulary import Lowercase, Vocabulary, oov_rate
from nearer.kernels.threads import thread_count
from nearer.kernels.topk import Rows as Candidates
from nearer.kernels.topk import prepare, topk
from nearer.space import Space

Method = Literal["3cosadd", "3cosmul"]

EPSILON = 1e-3  # keeps 3CosMul's denominator from zero
_BLOCK = 1 << 23  # scores of 3CosMul held at a time

Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Score(Result):
    """How many of a group's questions were answered rightly.

    Attributes
    ----------
    name : of the group.
    correct, n : questions answered rightly; questions answered.
    total : questions of the group, answered or not.
    estimate : correct / n with its interval; None where n is 0.
    """

    name: str
    correct: int
    n: int
    total: int
    estimate: Estimate | None

    @property
    def coverage(self) -> float:
        """Part of the questions that were answered."""
        return self.n / self.total

    def cells(self) -> tuple[str, ...]:
        """Name, value, interval, n and coverage as a table shows them."""
        numbers = self.estimate.cells() if self.estimate else ("-", "-", "0")
        return (self.name, *numbers, f"{self.coverage:.1%}")


@dataclass(frozen=True)
class AnalogyResult(Result):
    """Accuracy on analogy questions.

    Attributes
    ----------
    total : over all questions.
    semantic, syntactic : over the sections about meaning and about grammar; None where there are none.
    sections : one `Score` a section, in the order of the test.
    oov_rate : part of the distinct words that the vocabulary lacks.
    vocabulary : keys that were candidates: the first `restrict` of the space.
    method : "3cosadd" or "3cosmul".
    lowercase : whether words were lower-cased before they were looked up.
    """

    total: Score
    semantic: Score | None
    syntactic: Score | None
    sections: list[Score]
    oov_rate: float
    vocabulary: int
    method: str
    lowercase: bool
    rule: ClassVar[str] = "questions with an unknown word are left out"

    @property
    def value(self) -> float:
        """Accuracy over all questions answered."""
        return self._estimate.value

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of `value`."""
        return self._estimate.interval

    @property
    def n(self) -> int:
        """Questions answered."""
        return self.total.n

    @property
    def coverage(self) -> float:
        """Part of the questions all of whose words the vocabulary holds; the others are left out."""
        return self.total.coverage

    @property
    def _estimate(self) -> Estimate:
        assert self.total.estimate is not None  # `analogies` refuses a test without an answer
        return self.total.estimate

    def __str__(self) -> str:
        groups = [*self.sections, *filter(None, (self.semantic, self.syntactic)), self.total]
        return table(
            ("analogies", "value", "95 %", "n", "coverage"),
            [group.cells() for group in groups],
            f"{self.method} among the first {self.vocabulary:,} keys, {self.oov_rate:.1%} of words unknown; "
            f"{self.rule}",
        )


def analogies(
    space: Space,
    questions: Any,
    *,
    restrict: int | None = 30_000,
    method: Method = "3cosadd",
    lowercase: Lowercase = "auto",
    seed: int = 0,
    threads: int | None = None,
) -> AnalogyResult:
    """Accuracy on questions "a is to b as c is to d": d must score highest of all words but a, b and c.

    Vectors are scaled to length 1, whatever the metric of the space. 3CosAdd takes the highest
    cos(d, b) - cos(d, a) + cos(d, c) (Mikolov, Yih & Zweig, 2013), 3CosMul the highest
    cos(d, b) cos(d, c) / (cos(d, a) + 0.001) with cosines moved to 0..1 (Levy & Goldberg, 2014).
    Equal scores go to the lower row.

    Parameters
    ----------
    questions : questions-words.txt, a Parquet or Arrow file or any table with columns section, a, b, c and d
        (or expected), or a sequence of (section, a, b, c, d).
    restrict : the vocabulary is the first so many keys, the most frequent words of a trained space; None for
        all. A question with a word outside it is left out.
    lowercase : True looks words up in lower case, False as they are, "auto" as the keys of the space are.
    seed : of the bootstrap.
    threads : threads that search, with 3CosAdd; None for one a core. The result does not depend on it.

    Raises
    ------
    FormatError, InputError : questions that cannot be read (file and row are named), or none that can be
        answered.
    ParameterError : an unknown method, restrict below 1, or threads below 1.
    """
    if method not in get_args(Method):
        raise ParameterError(
            f"method={shown(method)} is unknown", remedy=f"use one of {', '.join(get_args(Method))}"
        )
    threads = thread_count(threads)
    asked = read_questions(questions)
    vocabulary = Vocabulary(space, lowercase, restrict)
    words = [(question.a, question.b, question.c, question.d) for question in asked]
    rows = np.stack([vocabulary.rows(column) for column in zip(*words, strict=True)], axis=1)
    answered: Mask = np.all(rows >= 0, axis=1)
    if not answered.any():
        whole = vocabulary.size == len(space)
        raise InputError(
            f"the {'' if whole else 'first '}{vocabulary.size:,} keys hold all four words of none of "
            f"{len(asked):,} questions",
            remedy=("" if whole else "raise restrict (--restrict), or ")
            + "use a space that holds these words, or another test",
        )
    correct = np.zeros(len(asked), bool)
    candidates = prepare(space.vectors[: vocabulary.size], "cosine", threads)
    correct[answered] = _answered_rightly(candidates, rows[answered], method, threads)
    rate, _ = oov_rate((word for four in words for word in four), vocabulary)
    scores = _grouped(asked, answered, correct, seed)
    return AnalogyResult(
        **scores, oov_rate=rate, vocabulary=vocabulary.size, method=method, lowercase=vocabulary.lowercase
    )


def _answered_rightly(candidates: Candidates, rows: Rows, method: str, threads: int) -> Mask:
    """Whether the best row for a, b and c is d, for each of the questions `rows` (q, 4)."""
    known, of_question = np.unique(rows, axis=0, return_inverse=True)  # a test may ask one question twice
    abc, d = known[:, :3], known[:, 3]
    answers = _by_sum(candidates, abc, threads) if method == "3cosadd" else _by_product(candidates, abc)
    right: Mask = answers == d
    return right[of_question.reshape(-1)]


def _grouped(asked: list[Question], answered: Mask, correct: Mask, seed: int) -> dict[str, Any]:
    """The scores of an `AnalogyResult`: total, semantic, syntactic and by section."""
    names = np.array([question.section for question in asked], dtype=object)
    syntactic = np.array([question.syntactic for question in asked])

    def score(name: str, group: Mask) -> Score:
        right = correct[group & answered].astype(np.float64)
        estimate = mean(right, seed) if len(right) else None
        return Score(name, int(right.sum()), len(right), int(group.sum()), estimate)

    return {
        "total": score("total", np.ones(len(asked), bool)),
        "semantic": score("semantic", ~syntactic) if not syntactic.all() else None,
        "syntactic": score("syntactic", syntactic) if syntactic.any() else None,
        "sections": [score(name, names == name) for name in dict.fromkeys(names)],
    }


def unit_rows(vectors: Matrix) -> Matrix:
    """Rows scaled to length 1; a row of zeros stays."""
    norms = np.linalg.norm(vectors.astype(np.float64), axis=1)[:, None]
    scaled = np.divide(vectors, norms, out=np.zeros(vectors.shape), where=norms > 0)
    return np.asarray(scaled, dtype=np.float32)


def _by_sum(candidates: Candidates, abc: Rows, threads: int) -> Rows:
    """3CosAdd: the best row for each question (q, 3), by the top-k kernel; -1 where no other word is left."""
    a, b, c = (unit_rows(candidates.vectors[abc[:, i]]) for i in range(3))
    _, best = topk(candidates, b - a + c, 4, threads=threads)  # one of four is none of three
    allowed = (best[:, :, None] != abc[:, None, :]).all(axis=2)
    first = best[np.arange(len(best)), allowed.argmax(axis=1)]
    return np.where(allowed.any(axis=1), first, -1)


def _by_product(candidates: Candidates, abc: Rows) -> Rows:
    """3CosMul: the best row for each question (q, 3), a block of questions at a time."""
    answers = np.empty(len(abc), np.int64)
    step = max(1, _BLOCK // len(candidates.vectors))
    for start in range(0, len(abc), step):
        block = abc[start : start + step]
        words, place = np.unique(block, return_inverse=True)
        products = unit_rows(candidates.vectors[words]) @ candidates.vectors.T
        cosines = (products * candidates.scale + 1) / 2
        a, b, c = (cosines[place.reshape(block.shape)[:, i]] for i in range(3))
        scores = b * c / (a + np.float32(EPSILON))
        np.put_along_axis(scores, block, -np.inf, axis=1)
        best = scores.argmax(axis=1)
        answers[start : start + step] = np.where(np.isfinite(scores.max(axis=1)), best, -1)
    return answers
