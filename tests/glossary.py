"""Find words of `glossary.txt` in source, documentation and OpenAPI documents.

Run as `python -m tests.glossary [path ...]` to list every occurrence with the word to use.
"""

import io
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).resolve().parents[1]
SUFFIXES = frozenset({".py", ".md", ".yaml", ".json", ".jinja", ".toml"})
NAMES = frozenset({"Makefile", "Containerfile"})
# The glossary itself, the table of former names with its tests, and recorded responses of real servers.
SKIPPED = frozenset(
    {"tests/glossary.txt", "tests/glossary.py", "tests/test_glossary.py", "scripts/document/renamed.py"}
)
SKIPPED_FOLDERS = ("tests/recordings/", "tests/published/")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# A key of a document whose value is data of the vendor, not a sentence of this project.
VENDOR_DATA = re.compile(r"^(\s*)(- )?(value|example|default|const|pattern|enum):")


@frozen
class Glossary:
    """The words not to use, what to use instead, and the exceptions."""

    forms: dict[str, str]
    exceptions: tuple[str, ...]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Match any listed form as a complete word or phrase."""
        longest_first = sorted(self.forms, key=len, reverse=True)
        joined = "|".join(re.escape(form).replace(r"\ ", r"[\s_]+") for form in longest_first)
        return re.compile(rf"(?<![A-Za-z])(?:{joined})(?![A-Za-z])", re.IGNORECASE)


@frozen
class Finding:
    """One occurrence of a listed word."""

    path: Path
    line: int
    found: str
    use: str

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.line}: {self.found!r}; use: {self.use}"


def read() -> Glossary:
    """Read `glossary.txt`."""
    forms: dict[str, str] = {}
    exceptions = []
    for row in Path(__file__).with_name("glossary.txt").read_text(encoding="utf-8").splitlines():
        if row.startswith("!"):
            exceptions.append(row[1:].strip())
        elif row.strip() and not row.startswith("#"):
            listed, use = row.split(" -> ")
            forms |= {form.strip().lower(): use for form in listed.split(",")}
    return Glossary(forms, tuple(exceptions))


def files(*roots: str) -> list[Path]:
    """List the tracked and new files that the glossary applies to."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *roots]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [
        ROOT / name
        for name in sorted(set(listed))
        if (Path(name).suffix in SUFFIXES or Path(name).name in NAMES)
        and name not in SKIPPED
        and not name.startswith(SKIPPED_FOLDERS)
        and (ROOT / name).is_file()
    ]


def findings(path: Path, glossary: Glossary) -> Iterator[Finding]:
    """Find the listed words in one file: in identifiers, strings, comments and prose."""
    yield from findings_in(path, path.read_text(encoding="utf-8"), glossary)


def findings_in(path: Path, text: str, glossary: Glossary) -> Iterator[Finding]:
    """Find the listed words in the text of a file."""
    pieces = _python(text) if path.suffix == ".py" else _plain(text, path.suffix)
    pattern = glossary.pattern
    for line, piece in pieces:
        for exception in glossary.exceptions:
            piece = piece.replace(exception, " " * len(exception))
        for match in pattern.finditer(CAMEL.sub(" ", piece)):
            found = match.group()
            use = glossary.forms[re.sub(r"[\s_]+", " ", found).lower()]
            yield Finding(path, line + CAMEL.sub(" ", piece).count("\n", 0, match.start()), found, use)


def _python(text: str) -> Iterator[tuple[int, str]]:
    """Yield identifiers, strings and comments with their lines. Escapes in strings are not part of words."""
    comment: list[str] = []
    began = last = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if comment and token.start[0] != last + 1:
                yield began, "\n".join(comment)
                comment = []
            if not comment:
                began = token.start[0]
            comment.append(token.string.lstrip("# "))
            last = token.start[0]
        elif token.type == tokenize.NAME:
            yield token.start[0], token.string
        elif token.type == tokenize.STRING:
            yield token.start[0], re.sub(r"\\[nrtbfv]", "  ", token.string)
    if comment:
        yield began, "\n".join(comment)


def _plain(text: str, suffix: str) -> Iterator[tuple[int, str]]:
    """Yield the paragraphs of a file, without the vendor's data in OpenAPI documents."""
    rows: list[str] = []
    began, skipped = 1, -1
    for number, row in enumerate(text.splitlines(), 1):
        indent = len(row) - len(row.lstrip())
        if suffix == ".yaml" and skipped >= 0:
            if not row.strip() or indent > skipped:
                continue
            skipped = -1
        if suffix == ".yaml" and (found := VENDOR_DATA.match(row)):
            skipped = len(found.group(1)) + len(found.group(2) or "")
            row = ""
        if not row.strip():
            if rows:
                yield began, "\n".join(rows)
            rows = []
            continue
        if not rows:
            began = number
        rows.append(row)
    if rows:
        yield began, "\n".join(rows)


def main() -> int:
    """Print every finding under the given paths; return 1 when there is one."""
    glossary, count = read(), 0
    for path in files(
        *(sys.argv[1:] or ["scripts", "generated", "README.md", "CHANGELOG.md", "docs", "openapi", "tests"])
    ):
        for finding in findings(path, glossary):
            print(finding)
            count += 1
    print(f"{count} findings", file=sys.stderr)
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
