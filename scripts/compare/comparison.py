"""Compare two versions: their documents, the packages written from them, and which change causes which difference."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import evolve, frozen

from ..document import Document
from ..document.source import Pointer
from ..generate.distribution_names import OWN_PACKAGE
from .change import Both, Change, Level, Place, Verdict, breaks, changes
from .operations import compare_documents
from .package import Breakage, compare_packages
from .pairing import Pairs, content, pair, python_name
from .side import CannotCompareError, Side

LISTED = 3  # differences of the package that a verdict names
NO_DOCUMENTS = "has a package and no documents: only code is compared, not installed clients and waits"


@frozen
class Comparison:
    """The changes between two versions, and what could not be compared."""

    old: Side
    new: Side
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()


def compare_sides(old: Side, new: Side, aside: Path) -> Comparison:
    """Compare two versions. `aside` is an empty folder for the packages that are generated.

    Raises:
        CannotCompareError: The versions have nothing in common that can be compared.
        DocumentError: A document has a feature that the client would not support.
    """
    found: list[Change] = []
    notes = [f"{side.name} {NO_DOCUMENTS}" for side in (old, new) if side.documents is None]
    pairs: Pairs[Document] = Pairs((), (), ())
    if old.documents is not None and new.documents is not None:
        pairs = pair(
            old.documents, new.documents, lambda one: one.stem, lambda one: one.title, lambda one: _content(one)
        )
        found += _documents(old, new, pairs)
    versions = [Both(one, two, old.shown, new.shown) for one, two in pairs.both]
    renamed = {
        change.subject: change.message.rpartition(" ")[2] for change in found if change.rule == "component-renamed"
    }
    old, new = _packages(old, new, pairs, aside)
    if old.package and new.package:
        difference = compare_packages(old.package, new.package, renamed)
        found += _attached(found, difference.breakages, versions)
        found += _additions(found, difference.additions, versions)
    for change in found:
        _conclude(change)
    found.sort(key=lambda one: (one.document, -len(one.breaks), one.subject, one.rule))
    return Comparison(old, new, tuple(found), tuple(notes))


def _content(document: Document) -> str:
    return content(document.data, {key: value for key, value in document.data.items() if key not in ("info", "tags")})


def _documents(old: Side, new: Side, pairs: Pairs[Document]) -> Iterator[Change]:
    for one, two in pairs.both:
        both = Both(one, two, old.shown, new.shown)
        yield from compare_documents(both)
        if one.stem != two.stem:
            why = f"the sub-package {one.package} is {two.package}; environment variables begin with "
            why += f"{two.package.upper()}_ instead of {one.package.upper()}_"
            message = f"document {one.path.name} was renamed to {two.path.name}"
            packages = (one.package, two.package)
            yield both.change("document-renamed", one.stem, message, (), (), names=packages, code=breaks(why))
        if one.title != two.title:
            message = f"title was {one.title}, and is {two.title}"
            title = ("info", "title")
            yield both.change("title-changed", one.title, message, title, title, names=_product(one) | _product(two))
    for one in pairs.removed:
        place = Place(old.shown(one.path), 1)
        names = _product(one)
        field = changes("its clients are not generated any more")
        code = breaks(f"the sub-package {one.package} and its clients are gone", "keep the former version")
        message = f"document {one.path.name} ({one.title}) was removed"
        yield Change("document-removed", one.stem, one.stem, message, place, None, code=code, field=field, names=names)
    for one in pairs.added:
        place = Place(new.shown(one.path), 1)
        message = f"document {one.path.name} ({one.title}) was added"
        yield Change("document-added", one.stem, one.stem, message, None, place, names=_product(one), is_new=True)


def _product(document: Document) -> frozenset[str]:
    return frozenset(map(python_name, (document.package, document.class_name, f"Async{document.class_name}")))


def _packages(old: Side, new: Side, pairs: Pairs[Document], aside: Path) -> tuple[Side, Side]:
    """Return both sides with the packages that can differ.

    Where neither side has one, only those documents are generated that say something else than before.
    """
    if old.package and new.package:
        return old, new
    if old.documents is None or new.documents is None:
        side = old if old.documents is None else new
        if (old.package is None and old.documents is None) or (new.package is None and new.documents is None):
            raise CannotCompareError(f"{side.name}: has neither documents nor a package")
    same = {one.stem for one, two in pairs.both if not old.package and not new.package and _equal(one, two)}
    same &= {two.stem for _, two in pairs.both}
    package = old.package or new.package
    import_name = package.name if package else OWN_PACKAGE
    if not old.package:
        stems = {document.stem for document in old.documents or ()} - same
        old = old.with_package(aside / "old", stems, import_name)
    if not new.package:
        stems = {document.stem for document in new.documents or ()} - same
        new = new.with_package(aside / "new", stems, import_name)
    return old, new


def _equal(old: Document, new: Document) -> bool:
    return old.stem == new.stem and old.title == new.title and _content(old) == _content(new)


def _attached(found: list[Change], breakages: Iterable[Breakage], versions: Iterable[Both]) -> Iterator[Change]:
    """Give each difference of the package to the change that causes it; yield a change for one without a cause."""
    known = list(found)
    for one in breakages:
        stem = _stem(one.names, versions)
        cause = _cause(known, _spelled(one.names), stem)
        if cause:
            # The functions of openapi-python-client return documented errors as well; the client raises them.
            is_error = cause.rule in {"error-added", "error-removed"}
            cause.breakages.append(evolve(one, is_harmless=True) if is_error else one)
        else:
            parts = re.findall(r"[a-z]+", one.what.partition(" to ")[0].removeprefix("was "))
            rule = "-".join(["package", *parts])
            both = next((both for both in versions if both.new.stem == stem), None)
            change = Change(rule, stem, f"{one.path}{one.parameter}", str(one))
            if both:
                old, new = (_clause(document, one.names) for document in (both.old, both.new))
                change = both.change(rule, change.subject, change.message, old, new)
            change.breakages.append(one)
            yield change


def _clause(document: Document, names: Iterable[str]) -> Pointer | None:
    """Return the operation or the schema that the last of some names of the package are about."""
    schemas = document.data.get("components", {}).get("schemas", {})
    clauses: dict[str, Pointer] = {python_name(one): ("components", "schemas", one) for one in schemas}
    clauses |= {python_name(one.id): one.pointer for one in document.operations}
    return next((clauses[name] for name in reversed(_spelled(names)) if name in clauses), None)


def _spelled(names: Iterable[str]) -> list[str]:
    """Return names as `python_name` does; a method that returns the raw response is about its operation."""
    return [python_name(name.removesuffix("_raw")) for name in names]


def _additions(found: list[Change], additions: Iterable[str], versions: Iterable[Both]) -> Iterator[Change]:
    known = list(found)
    for path in additions:
        names = re.findall(r"\w+", path)
        stem = _stem(names, versions)
        if cause := _cause(known, _spelled(names), stem):
            cause.additions.append(path)
        else:
            yield Change("package-added", stem, path, f"{path} was added", is_new=True)


def _stem(names: Iterable[str], versions: Iterable[Both]) -> str:
    """Return the stem of the document that a part of the package was generated from, empty if it is shared."""
    spelled = {python_name(name) for name in names}
    return next((one.new.stem for one in versions if spelled & (_product(one.old) | _product(one.new))), "")


def _cause(found: list[Change], names: list[str], stem: str) -> Change | None:
    """Return the change that is about the last of some names and most of the others, or the only one there is."""
    own = [one for one in found if not stem or one.document == stem]
    candidates = [one for one in own if one.names & set(names[-1:])]
    others = [one for one in found if one.rule.startswith("document-") and one.names & set(names)]
    if stem and len(own) == 1:
        others = own
    elif "api" in names:
        # The functions of an operation: what they return follows from its responses, what they take from the rest.
        others += [one for one in own if python_name(re.split(r"\W", one.subject)[0]) in names]
    return max(candidates or others, key=lambda one: _closeness(one, names), default=None)


def _closeness(change: Change, names: list[str]) -> tuple[bool, int]:
    """Return how well a change explains a difference: one of another parameter of the operation does least."""
    parameter = re.search(r"\(([^()]+)\)", change.subject)
    return parameter is None or python_name(parameter[1]) in names, len(change.names & set(names))


def _conclude(change: Change) -> None:
    """Say in the verdict for code what the differences of the package mean."""
    broken = [one for one in change.breakages if not one.is_harmless]
    if not change.breakages:
        return
    listed = [str(one) for one in (broken or change.breakages)]
    more = f", and {len(listed) - LISTED} more" if len(listed) > LISTED else ""
    why = "; ".join([*([change.code.why] if change.code.why else []), *listed[:LISTED]]) + more
    fix = change.code.fix or "adapt the program"
    if "renamed" in change.rule and change.additions:
        fix = f"use {', '.join(change.additions[:LISTED])}{' ...' if len(change.additions) > LISTED else ''}"
    change.code = evolve(
        change.code,
        level=Level.BREAKS if broken or change.code.level is Level.BREAKS else Level.CHANGES,
        why=why,
        fix=fix,
    )


def columns(found: Iterable[Change]) -> Mapping[str, Verdict]:
    """Return the most serious verdict of each column."""
    order = list(Level)
    result = {name: Verdict() for name in ("code", "field", "wait")}
    for change in found:
        for name, verdict in change.verdicts.items():
            if order.index(verdict.level) > order.index(result[name].level):
                result[name] = verdict
    return result
