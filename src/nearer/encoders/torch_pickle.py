"""The pickle of a torch checkpoint, interpreted: its opcodes are read, and nothing that it names is run.

A pickle is a program for a small stack machine. This one knows the opcodes that plain data needs, and of what
a pickle may call only what builds tensors and ordered dictionaries, which it records and does not call.
Everything else is refused. Tensors come out as `TensorView`: which storage, where in it and how laid out.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any

STORAGES = {  # torch's class of a storage -> type of its elements, little-endian; bfloat16 as its bits
    "BFloat16Storage": "bfloat16",
    "BoolStorage": "?",
    "ByteStorage": "u1",
    "CharStorage": "i1",
    "ComplexDoubleStorage": "<c16",
    "ComplexFloatStorage": "<c8",
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "IntStorage": "<i4",
    "LongStorage": "<i8",
    "ShortStorage": "<i2",
    "UntypedStorage": "u1",
}
DTYPES = {"uint16": "<u2", "uint32": "<u4", "uint64": "<u8"}  # which have no storage class of their own
CONSTANTS: dict[str, Any] = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
VALUES = {
    "BINBYTES", "BINBYTES8", "BINFLOAT", "BININT", "BININT1", "BININT2", "BINUNICODE", "BINUNICODE8", "LONG1",
    "LONG4", "SHORT_BINBYTES", "SHORT_BINUNICODE",
}  # fmt: skip
EMPTY: dict[str, Callable[[], Any]] = {"EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


class RefusedPickle(Exception):  # noqa: N818  (the reader of the file makes it an `IntegrityError` with its name)
    """What a pickle holds that plain data does not need, or that breaks the rules of pickles."""


@dataclass(frozen=True)
class Storage:
    """Elements that tensors look into: under which key, of which type, how many, and after how many."""

    key: str
    dtype: str
    count: int
    start: int = 0


@dataclass(frozen=True)
class TensorView:
    """A tensor as it was saved: a view of a storage, sizes and strides counted in elements."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class _Named:
    """What a pickle names, module and all; never imported."""

    name: str


def read_pickle(stream: IO[bytes]) -> Any:
    """The value of the pickle at the place of `stream`, which is left right behind it.

    Raises `RefusedPickle` for an opcode, a name or a structure beyond plain data and tensors.
    """
    machine = _Machine()
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
        return machine.result()
    except (ValueError, UnicodeError, IndexError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise RefusedPickle(f"its pickle is damaged ({error})") from None


class _Machine:
    """Stack, marks and memo; one method an opcode that does more than push."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []  # the stacks below the marks
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        if name in VALUES:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in EMPTY:
            self.stack.append(EMPTY[name]())
        elif name in TUPLES:
            kept = len(self.stack) - TUPLES[name]
            if kept < 0:
                raise IndexError("too little on the stack")
            self.stack[kept:] = [tuple(self.stack[kept:])]
        elif name in ACTIONS:
            ACTIONS[name](self, argument)
        else:
            raise RefusedPickle(f"its pickle holds the opcode {name}, which weights do not need")

    def result(self) -> Any:
        (value,) = self.stack
        return value

    def nothing(self, argument: Any) -> None:
        """Of opcodes that frame the others."""

    def mark(self, argument: Any) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marks.pop()
        return items

    def tuple(self, argument: Any) -> None:
        items = self.pop_mark()
        self.stack.append(tuple(items))

    def append(self, argument: Any) -> None:
        item = self.stack.pop()
        _checked(self.stack[-1], list).append(item)

    def appends(self, argument: Any) -> None:
        items = self.pop_mark()
        _checked(self.stack[-1], list).extend(items)

    def set_item(self, argument: Any) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        _set(self.stack[-1], [key, value])

    def set_items(self, argument: Any) -> None:
        items = self.pop_mark()
        _set(self.stack[-1], items)

    def put(self, argument: Any) -> None:
        self.memo[int(argument)] = self.stack[-1]

    def memoize(self, argument: Any) -> None:
        self.memo[len(self.memo)] = self.stack[-1]

    def get(self, argument: Any) -> None:
        self.stack.append(self.memo[int(argument)])

    def name(self, argument: Any) -> None:
        self.stack.append(_known(*str(argument).split(" ", 1)))

    def name_on_stack(self, argument: Any) -> None:
        name, module = self.stack.pop(), self.stack.pop()
        self.stack.append(_known(str(module), str(name)))

    def persistent(self, argument: Any) -> None:
        kind, of, key, _, count, *view = _checked(self.stack.pop(), tuple)
        start = 0
        if view and view[0] is not None:  # in files of the old form
            _, start, count = view[0]
        module, _, storage = _checked(of, _Named).name.rpartition(".")
        if kind != "storage" or not module.startswith("torch") or storage not in STORAGES:
            raise RefusedPickle(f"its pickle refers to {module}.{storage}, which is no storage that is known")
        count, start = _natural(count), _natural(start)
        self.stack.append(Storage(_checked(key, str), STORAGES[storage], count, start))

    def reduce(self, argument: Any) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        made = CALLS.get(_checked(function, _Named).name)
        if made is None:
            raise RefusedPickle(f"its pickle calls {function.name}, which is never run")
        self.stack.append(made(*_checked(arguments, tuple)))

    def build(self, argument: Any) -> None:
        """The state of an ordered dictionary (the versions of modules), which decides no weight."""
        self.stack.pop()
        _checked(self.stack[-1], dict)


def _known(module: str, name: str) -> _Named:
    """What a pickle may name: storages, types of elements and what builds tensors."""
    whole = f"{module}.{name}"
    storage = module in ("torch", "torch.storage") and name in STORAGES
    if whole not in CALLS and not storage and not (module == "torch" and name in DTYPES):
        raise RefusedPickle(f"its pickle names {whole}, which is never run")
    return _Named(whole)


def _checked(value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value


def _natural(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} where a size belongs")
    return value


def _set(target: Any, items: list[Any]) -> None:
    if len(items) % 2:
        raise IndexError("a key without its value")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, str | int):
            raise RefusedPickle(
                f"its pickle holds a key of type {type(key).__name__}; text and numbers are read"
            )
        _checked(target, dict)[key] = value


def _ordered(items: Any = ()) -> dict[Any, Any]:
    made: dict[Any, Any] = {}
    for key, value in items:
        _set(made, [key, value])
    return made


def _tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> TensorView:
    of: Storage = _checked(storage, Storage)
    sizes = tuple(_natural(size) for size in _checked(shape, tuple))
    steps = tuple(_natural(step) for step in _checked(strides, tuple))
    if len(sizes) != len(steps):
        raise ValueError(f"a shape {sizes} with strides {steps}")
    return TensorView(of, _natural(offset), sizes, steps, of.dtype)


def _typed_tensor(
    storage: Any, offset: Any, shape: Any, strides: Any, grad: Any, hooks: Any, dtype: Any, *_: Any
) -> TensorView:
    """A tensor of a type that has no storage class: its storage is bytes."""
    view = _tensor(storage, offset, shape, strides)
    name = _checked(dtype, _Named).name.removeprefix("torch.")
    return TensorView(view.storage, view.offset, view.shape, view.strides, DTYPES[name])


def _parameter(tensor: Any, *_: Any) -> TensorView:
    view: TensorView = _checked(tensor, TensorView)
    return view


CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _typed_tensor,
}
ACTIONS: dict[str, Callable[[_Machine, Any], None]] = {
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "BINGET": _Machine.get,
    "BINPERSID": _Machine.persistent,
    "BINPUT": _Machine.put,
    "BUILD": _Machine.build,
    "FRAME": _Machine.nothing,
    "GLOBAL": _Machine.name,
    "LONG_BINGET": _Machine.get,
    "LONG_BINPUT": _Machine.put,
    "MARK": _Machine.mark,
    "MEMOIZE": _Machine.memoize,
    "PROTO": _Machine.nothing,
    "REDUCE": _Machine.reduce,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "STACK_GLOBAL": _Machine.name_on_stack,
    "STOP": _Machine.nothing,
    "TUPLE": _Machine.tuple,
}
