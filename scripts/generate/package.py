"""Build a distribution from documents, in an empty folder."""

import shutil
from collections.abc import Callable, Mapping
from importlib.resources import as_file, files
from pathlib import Path

from .. import client, owned
from ..document import Document, DocumentError, Problem
from ..project_files import project_version
from . import aliases, classes, commands, distribution, job_models, models, options, provider, trial
from .corrections import correct
from .distribution_names import DistributionNames, choose_names
from .generated_source import own_names, read_function
from .generator import GenerationError, Refusal, format_package, run_generator
from .identifiers import Names, document_names
from .results import result_of
from .view import View

# The arguments of every constructor except credentials, and the modules of the package except those of documents.
KEYWORDS = frozenset({"self", "base_url", *(option.name for option in options.CLIENT_OPTIONS)})
MODULES = frozenset({"_apis", "_client", "_commands", "_documents", "_operations", "credentials", "py", "types"})
# The modules of a document with its client classes, and with what their methods use.
PAIR = ("_apis", "_operations")
UNSET_ANCHOR = """\
    def __bool__(self) -> Literal[False]:
        return False
"""
UNSET_METHODS = """
    def __reduce__(self) -> str:
        return "UNSET"

    def __repr__(self) -> str:
        return "UNSET"
"""


def build(
    documents: tuple[Document, ...],
    folder: Path,
    label: str,
    chosen: DistributionNames | None = None,
    show: Callable[[str], object] = lambda _: None,
    *,
    with_provider: bool = True,
) -> list[Problem]:
    """Write the distribution into an empty folder, and return the warnings.

    Args:
        documents: The documents.
        folder: The folder.
        label: The name of the folder of documents, for the banners.
        chosen: The names of the distribution; by default those of this project.
        show: Called with each step that takes a while.
        with_provider: Whether the provider for Apache Airflow is written too, a distribution in the folder `airflow`.

    Raises:
        DocumentError: A document has a feature that the client would not support.
        GenerationError: openapi-python-client failed, or its output is not as expected.
    """
    views = {document.stem: View(document) for document in documents}
    if problems := [problem for view in views.values() for problem in view.unsupported.errors]:
        raise DocumentError(problems)
    chosen = chosen or choose_names(documents, "", "", project_version())
    package = folder / chosen.import_name
    package.mkdir(parents=True)
    models_by_document = {stem: frozenset(view.class_names().values()) for stem, view in views.items()}
    names = document_names(documents, models_by_document, KEYWORDS, MODULES, distribution.EXPORTED)
    for stem, view in views.items():
        show(f"generating {stem}")
        _generate(view, names[stem], package / names[stem].package)
    format_package(package)
    for module in PAIR:
        (package / module).mkdir()
    functions, changed = [], list[Path]()
    for document in documents:
        target = package / names[document.stem].package
        view = views[document.stem]
        functions.append([read_function(one, result_of(view, one), target) for one in view.operations])
        with_classes, with_operations = aliases.drop_aliases(
            classes.client_modules(view, names[document.stem], functions[-1])
        )
        for module, text in zip(PAIR, aliases.connect(with_classes, with_operations, target.name), strict=True):
            _write(package / module / f"{target.name}.py", text)
        taken = {names[document.stem].class_name, *view.classes.values()}
        if job_models.add_job_properties(functions[-1], target, taken):
            changed.append(target / "models" / "__init__.py")
    models.finish(package, [names[document.stem].package for document in documents])
    listed = list(zip(documents, functions, strict=True))
    everything = distribution.banner(label)
    _write(package / "__init__.py", distribution.package_init(documents, names, chosen.version))
    _write(package / "_commands.py", commands.table(listed, names, chosen))
    _compile(documents, names, folder)
    own = [
        *changed,
        package / "__init__.py",
        package / "types.py",
        package / "_commands.py",
        *(path for module in PAIR for path in sorted((package / module).glob("*.py"))),
    ]
    own += [path for name in ("__init__.py", "types.py") for path in sorted(package.glob(f"*/{name}"))]
    format_package(package, own)
    for document in documents:
        banner = distribution.banner(f"{label}/{document.path.name}")
        _stamp(package / names[document.stem].package, banner)
        for module in PAIR:
            _stamp(package / module / f"{names[document.stem].package}.py", banner)
    for name in ("__init__.py", "types.py", "_commands.py"):
        _stamp(package / name, everything)
    _copy_client(package / "_client")
    _copy_documents(documents, package / distribution.DOCUMENTS, label)
    written = {
        "pyproject.toml": distribution.pyproject(chosen),
        "README.md": distribution.readme(listed, names, label, chosen),
        f"{chosen.import_name}/_apis/__init__.py": '"""A client class per document, sync and async."""\n',
        f"{chosen.import_name}/_operations/__init__.py": '"""What the client classes use, once there is a client."""\n',
        f"{chosen.import_name}/__main__.py": commands.entry_point(chosen),
        f"{chosen.import_name}/credentials.py": distribution.CREDENTIALS,
        f"{chosen.import_name}/py.typed": "",
        **distribution.licenses(chosen, f"{chosen.import_name}/_client"),
    }
    for name, text in written.items():
        mark = f"<!-- {everything} -->" if name.endswith(".md") else f"# {everything}"
        _write(folder / name, f"{mark}\n\n{text}" if text else f"{mark}\n")
    plans = [trial.plan(views[document.stem], names[document.stem], read) for document, read in listed]
    if with_provider:
        at = folder / provider.FOLDER
        provider.write(at, label, listed, names, plans, chosen, lambda: _compile(documents, names, at))
    show("trying every model and call")
    trial.run(folder, chosen.import_name, documents, plans)
    return [problem for view in views.values() for problem in view.unsupported.warnings]


def _copy_client(target: Path) -> None:
    """Copy the hand-written part of the client."""
    with as_file(files(client)) as folder:
        for source in sorted(folder.rglob("*.py")):
            copy, name = target / source.relative_to(folder), source.relative_to(folder).as_posix()
            copy.parent.mkdir(exist_ok=True)
            _write(copy, source.read_text(encoding="utf-8"))
            _stamp(copy, distribution.banner(f"scripts/client/{name}"))


def _copy_documents(documents: tuple[Document, ...], target: Path, label: str) -> None:
    """Copy the documents and their overlays, so that a later version can be compared with this package."""
    target.mkdir()
    for document in documents:
        for source in (document.path, document.source.overlay):
            if source is not None:
                text = source.read_text(encoding="utf-8-sig")
                banner = distribution.banner(f"{label}/{source.name}")
                _write(target / f"{source.stem}.yaml", f"# {banner}\n\n{text}")


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _compile(documents: tuple[Document, ...], names: Mapping[str, Names], folder: Path) -> None:
    """Check that every file is valid Python.

    Raises:
        DocumentError: A file is not. The message names the document and, if it is known, the operation.
    """
    problems = []
    for name, path in owned.list_files(folder).items():
        try:
            compile(path.read_bytes(), name, "exec")
        except (SyntaxError, ValueError) as error:
            owner = next(
                (d for d in documents if names[d.stem].package in Path(name).with_suffix("").parts), documents[0]
            )
            operation = next((o for o in owner.operations if o.id == path.stem), None)
            line = owner.line((*operation.pointer, "operationId")) if operation else 1
            reason = error.msg if isinstance(error, SyntaxError) else error
            message = f"the code generated for it is not valid Python: {reason} ({name})"
            message += "; rename the operation or its parameters"
            problems.append(Problem(owner.path, line, operation.id if operation else "", message))
    if problems:
        raise DocumentError(problems)


def _generate(view: View, names: Names, target: Path) -> None:
    """Generate the sub-package of a document.

    A component whose name collides with a name in the generated code gets another name. What openapi-python-client
    refuses is left out, unless it has to do with a job.

    Raises:
        DocumentError: It refuses an operation or a component that has to do with a job.
    """
    taken = {names.class_name, f"Async{names.class_name}"}
    while True:
        refusals = run_generator(view.document, view.render(taken), target, view.media_types)
        if problems := [problem for refusal in refusals if (problem := _leave_out(view, refusal))]:
            raise DocumentError(problems)
        if not view.operations:
            raise DocumentError(view.unsupported.warnings)
        colliding = own_names(target) & set(view.classes.values()) - taken
        if not refusals and not colliding:
            break
        taken |= colliding
        shutil.rmtree(target)
    view.renames.apply(target)
    correct(view, target)
    models.add_own_classes(view, target)
    _patch_unset(view.document, target / "types.py")


def _leave_out(view: View, refusal: Refusal) -> Problem | None:
    """Leave out what openapi-python-client refuses; return the problem if that is not possible."""
    keys = {name: key for key, name in view.classes.items()}
    component = keys[refusal.component] if refusal.component else None
    one = next(
        (o for o in view.operations if refusal.operation == (o.operation.method, view.paths[o.operation.id])), None
    )
    if view.drop(component, one.operation if one else None, refusal.reason):
        return None
    if one:
        pointer, where = one.operation.pointer, one.operation.id
    else:
        pointer, where = view.schemas.components[component or ""].pointer, refusal.component or ""
    return Problem(
        view.document.path, view.document.line(pointer), where, f"{refusal.reason}; describe it in another way"
    )


def _patch_unset(document: Document, types: Path) -> None:
    """Make `UNSET` a singleton under pickle and copy, since errors contain models, and give it a short repr."""
    text = types.read_text(encoding="utf-8")
    before, found, after = text.partition(UNSET_ANCHOR)
    if not found or UNSET_ANCHOR in after:
        raise GenerationError(
            f"{document.path}: expected the class Unset of openapi-python-client in types.py, got another; "
            "is it the pinned version?"
        )
    types.write_text(before + found + UNSET_METHODS + after, encoding="utf-8", newline="\n")


def _stamp(package: Path, banner: str) -> None:
    for path in sorted(package.rglob("*")) if package.is_dir() else [package]:
        if path.suffix == ".py":
            path.write_text(f"# {banner}\n\n{path.read_text(encoding='utf-8')}".rstrip() + "\n", "utf-8", newline="\n")
        elif path.is_file():
            raise GenerationError(
                f"expected only Python files from openapi-python-client, got {path.name}; is it the pinned version?"
            )
