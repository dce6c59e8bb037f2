"""The house keeps its own rules: who may import whom, sizes, names, what `import nearer` loads."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import statistics
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import nearer
from nearer import errors

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
FILES = sorted((SOURCE / "nearer").rglob("*.py"))

EVERYWHERE = {"chance", "errors", "extras", "pages", "progress", "replace"}
USES = {"kernels", "space"}
ALLOWED = {  # room -> rooms it may import from, besides itself and EVERYWHERE
    "errors": set[str](),
    "extras": {"errors"},
    "progress": set[str](),
    "chance": {"errors"},
    "replace": {"errors"},
    "pages": {"errors", "replace"},
    "data": set[str](),
    "kernels": set[str](),
    "space": set[str](),
    "signal": {"data", "kernels"},
    "encoders": {"data", "kernels", "space"},
    "networks": {"data", "encoders", "space"},
    "models": {"data", "signal", "encoders", "networks", "kernels", "space", "recommend"},
    "evaluate": USES,
    "search": USES,
    "recommend": USES,
    "monitor": USES,
    "maps": USES,
}
FRONTS = {"cli", "server", "__main__"}  # they speak the public API; nothing imports them
OPTIONAL_OR_HEAVY = {
    "sklearn", "scipy", "matplotlib", "openTSNE", "usearch", "torch", "pandas", "polars", "pyarrow", "rich",
    "typer", "safetensors", "tokenizers", "gensim", "networkx", "igraph", "transformers", "ctranslate2",
    "onnx", "onnxruntime", "PIL", "soundfile", "soxr", "sentence_transformers",
}  # fmt: skip
ARROW_READERS = {
    "read_table",
    "ParquetFile",
    "read_csv",
    "read_json",
    "read_feather",
    "open_file",
    "open_stream",
    "BufferReader",
    "read",
}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "misc", "common", "tools"}
MOST_LINES, MEDIAN_LINES = 600, 150
MOST_FUNCTION_LINES = 60  # below the docstring


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}
COMPILED = {module_name(path) for path in (SOURCE / "nearer").rglob("*.pyi")}


def imports_of(module: str, tree: ast.AST, *, on_loading: bool = False) -> set[tuple[str, str]]:
    """What `tree` imports of ours: (module named, module meant); `on_loading`: only what loading it imports.

    `from nearer.space import load` names `nearer.space` and may mean the module `nearer.space.load`.
    """
    later = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for inner in ast.walk(node)
    }
    found = set()
    for node in ast.walk(tree):
        if on_loading and node in later:
            continue
        if isinstance(node, ast.Import):
            found |= {(alias.name, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                is_package = MODULES.get(module, Path()).name == "__init__.py"
                package = module.split(".") if is_package else module.split(".")[:-1]
                above = package[: len(package) - node.level + 1]
                base = ".".join([*above, *filter(None, [node.module])])
            whole = {f"{base}.{alias.name}" for alias in node.names}
            found |= {(base, name if name in MODULES or name in COMPILED else base) for name in whole}
    return {(named, meant) for named, meant in found if meant.split(".")[0] == "nearer"}


def room(module: str) -> str:
    """The room of a module: `nearer.space.load` is in `space`, `nearer` itself in the hall."""
    return module.split(".")[1] if "." in module else "hall"


def broken_rules(module: str, tree: ast.AST) -> list[str]:
    """The imports of `module` that the rules of the house forbid."""
    home = room(module)
    wrong = []
    for named, target in sorted(imports_of(module, tree)):
        goal = room(target)
        if home == "hall":
            fine = goal not in FRONTS
        elif home in FRONTS:
            is_package = MODULES[named].name == "__init__.py"  # a room, not a file inside it
            fine = goal in {home, "hall", *EVERYWHERE} or is_package
        else:
            fine = goal == home or goal in ALLOWED[home] or (goal in EVERYWHERE and home not in EVERYWHERE)
        if not fine:
            wrong.append(f"{module} imports {target}")
    return wrong


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_one_way(module: str) -> None:
    assert not broken_rules(module, ast.parse(MODULES[module].read_text(encoding="utf-8")))


def test_every_room_has_its_rule() -> None:
    assert {room(module) for module in MODULES} - {"hall"} <= set(ALLOWED) | FRONTS


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("nearer.space.load", "from nearer.models import Word2Vec"),
        ("nearer.search.exact", "import nearer.evaluate.analogy"),
        ("nearer.data.text", "def read():\n    from nearer.kernels import _native"),
        ("nearer.signal.windows", "from nearer import space"),
        ("nearer.errors", "from nearer.progress import Progress"),
        ("nearer.models.word2vec", "import nearer"),
        ("nearer.models.word2vec", "from ..evaluate import analogies"),
        ("nearer", "from nearer.cli import main"),
        ("nearer.cli.app", "from nearer.space.store import save"),
        ("nearer.maps.map", "if TYPE_CHECKING:\n    from nearer.models import Word2Vec"),
    ],
)
def test_a_planted_import_is_caught(module: str, line: str) -> None:
    assert broken_rules(module, ast.parse(line))


def require_no_cycle(graph: dict[str, set[str]]) -> None:
    tuple(TopologicalSorter(graph).static_order())


def test_no_module_loads_itself_by_way_of_others() -> None:
    trees = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in MODULES.items()}
    graph = {
        module: {meant for _, meant in imports_of(module, tree, on_loading=True)} - {module}
        for module, tree in trees.items()
    }
    assert "nearer.errors" in graph["nearer.space.space"]
    require_no_cycle(graph)
    graph["nearer.errors"] = {"nearer.space.space"}
    with pytest.raises(CycleError):
        require_no_cycle(graph)


def test_rooms_form_no_cycle() -> None:
    """Counting imports inside functions and for types only too."""
    graph: dict[str, set[str]] = {}
    for module, path in MODULES.items():
        found = imports_of(module, ast.parse(path.read_text(encoding="utf-8")))
        goals = {room(meant) for _, meant in found} - {room(module)}
        graph.setdefault(room(module), set()).update(goals)
    require_no_cycle({home: goals for home, goals in graph.items() if home not in FRONTS})


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [m for m in MODULES if set(m.replace("_", ".").split(".")) & BANNED_NAMES]


@pytest.mark.parametrize("folder", ["src", "native", "tests"])
def test_files_stay_readable(folder: str) -> None:
    generated = {"unicode_words.hpp"}
    paths = [
        p
        for p in (ROOT / folder).rglob("*")
        if p.suffix in {".py", ".hpp", ".cpp"} and p.name not in generated
    ]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert not {str(path): count for path, count in lines.items() if count > MOST_LINES}
    if folder != "tests":
        assert statistics.median(lines.values()) < MEDIAN_LINES


@pytest.mark.parametrize("path", sorted((ROOT / "src").rglob("*.py")), ids=lambda p: p.stem)
def test_functions_stay_readable(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            described = node.body[0].end_lineno if ast.get_docstring(node) else node.lineno
            assert (node.end_lineno or 0) - (described or 0) <= MOST_FUNCTION_LINES, node.name


def loaded_by(program: str) -> set[str]:
    """Top-level modules that a fresh interpreter has loaded after `program`."""
    program += "\nimport sys\nprint(*{name.partition('.')[0] for name in sys.modules})"
    return set(
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_nearer_loads_nothing_optional_or_heavy() -> None:
    loaded = loaded_by("import nearer")
    assert {"nearer", "numpy"} <= loaded
    assert not loaded & OPTIONAL_OR_HEAVY


def test_a_heavy_import_would_be_noticed() -> None:
    assert loaded_by("import nearer, pyarrow") & OPTIONAL_OR_HEAVY == {"pyarrow"}


def test_public_names_are_sorted_and_there() -> None:
    assert nearer.__all__ == sorted(nearer.__all__)
    assert set(nearer.__all__) <= set(dir(nearer)) | {
        name for name in nearer.__all__ if hasattr(nearer, name)
    }
    for name in ("Space", "Word2Vec", "errors", "load"):
        assert name in nearer.__all__


def public_things() -> dict[str, object]:
    """Public modules, and the public classes, functions, methods and properties that they define."""
    things: dict[str, object] = {}
    for name in MODULES:
        module = importlib.import_module(name)
        things[name] = module
        for key, value in vars(module).items():
            if key.startswith("_") or getattr(value, "__module__", None) != name:
                continue
            if inspect.isclass(value) or inspect.isfunction(value):
                things[f"{name}.{key}"] = value
            if inspect.isclass(value):
                members = {
                    k: m for k, m in vars(value).items() if getattr(m, "__name__", k) == k and k[0] != "_"
                }
                methods = (inspect.isfunction, lambda m: isinstance(m, property | classmethod | staticmethod))
                things |= {
                    f"{name}.{key}.{k}": m for k, m in members.items() if any(is_one(m) for is_one in methods)
                }
    return things


def test_everything_public_says_what_it_is() -> None:
    things = public_things()
    assert len(things) > 150
    assert not [name for name, thing in things.items() if not (inspect.getdoc(thing) or "").strip()]


def test_rooms_export_what_is_there_once() -> None:
    for found in pkgutil.iter_modules(nearer.__path__, "nearer."):
        module = importlib.import_module(found.name)
        names = list(getattr(module, "__all__", []))
        assert len(names) == len(set(names)), found.name
        assert all(hasattr(module, name) for name in names), found.name


def drawn_tree() -> dict[str, list[str]]:
    """The errors drawn in the docstring of nearer.errors: name -> names of its bases."""
    tree: dict[str, list[str]] = {}
    above: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        words = line.replace("│", " ").replace("├──", "   ").replace("└──", "   ").rstrip()
        depth = (len(words) - len(words.lstrip()) - 4) // 4
        name, _, rest = words.strip().partition(" ")
        if name not in errors.__all__ or depth < 0:
            continue
        others = rest[1 : rest.index(")")].split(", ") if rest.startswith("(") else []
        above = [*above[:depth], name]
        tree[name] = [*above[depth - 1 : depth], *others]
    return tree


def test_the_drawn_tree_of_errors_is_the_real_one() -> None:
    classes = {name: value for name, value in vars(errors).items() if inspect.isclass(value)}
    assert sorted(classes) == errors.__all__
    real = {name: [base.__name__ for base in value.__bases__] for name, value in classes.items()}
    assert real.pop("NearerError") == ["Exception"]
    drawn = drawn_tree()
    assert drawn.pop("NearerError") == []
    assert drawn == real


def test_an_error_is_one_line_of_place_problem_and_remedy() -> None:
    error = errors.FormatError("three\nfields", file="a\tb.txt", row=7, remedy="give two")
    assert str(error) == r"a\tb.txt, row 7: three\nfields; give two"
    assert (error.file, error.row, error.problem, error.remedy) == (
        "a\tb.txt",
        7,
        "three\nfields",
        "give two",
    )
    assert str(errors.UnknownKey("no such key")) == "no such key"
    assert str(errors.StorageError("full", file="disk")) == "disk: full"


def test_nothing_is_pickled() -> None:
    banned = {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"}
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {name.partition(".")[0] for name in names} & banned, path
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, path


ONE_PLACE = {  # what must have one home, lest two of them differ
    "set_num_threads(": "encoders/torch_settings.py",
    "disable_progress_bar(": "encoders/torch_settings.py",
    '".parquet", ".csv", ".tsv"': "data/columns.py",
    "TABLE_ENDINGS =": "data/columns.py",
    "KEY_NAMES =": "data/columns.py",
}


@pytest.mark.parametrize("text", ONE_PLACE)
def test_one_thing_is_done_in_one_place(text: str) -> None:
    found = [path for path in FILES if text in path.read_text(encoding="utf-8")]
    assert [str(path.relative_to(SOURCE / "nearer")) for path in found] == [ONE_PLACE[text]]


def python_files_for_arrow(tree: ast.AST) -> list[str]:
    """Calls that hand one of Arrow's readers a file of Python's, or memory of a Python object's."""
    files = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.withitem) and ".open(" in f".{ast.unparse(node.context_expr)}":
            files |= {ast.unparse(node.optional_vars)} if node.optional_vars else set()
        if isinstance(node, ast.arg) and node.annotation and "IO" in ast.unparse(node.annotation):
            files.add(node.arg)
    wrong = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ARROW_READERS:
            given = ast.unparse(node.args[0]) if node.args else ""
            wrong += [given] if given in files or "open(" in given or "py_buffer" in given else []
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"pa.PythonFile", "pa.py_buffer"}:
            wrong.append(ast.unparse(node))
    return wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_thread_of_arrow_holds_a_python_file(path: Path) -> None:
    assert not python_files_for_arrow(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "line",
    [
        "with path.open('rb') as handle:\n    pq.read_table(handle)",
        "def read(handle: IO[bytes]):\n    return pq.ParquetFile(handle)",
        "feather.read_table(open('x.arrow', 'rb'))",
        "pc.read_csv(pa.py_buffer(block))",
    ],
)
def test_a_python_file_for_arrow_would_be_noticed(line: str) -> None:
    assert python_files_for_arrow(ast.parse(line))


def test_the_library_never_prints() -> None:
    for path in FILES:
        if room(module_name(path)) in FRONTS:
            continue
        calls = (
            node.func
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call)
        )
        assert not [f for f in calls if isinstance(f, ast.Name) and f.id == "print"], path


def test_licence_and_types_are_there() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert (SOURCE / "nearer" / "py.typed").exists()
