"""The READMEs of datasets/ list every file with its rows and hash.

python tests/e2e/test_datasets.py        # writes the tables anew
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import pytest

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
BEGIN, END = "<!-- files -->\n", "<!-- end -->"
HEAD = "| file | rows | sha256 |\n|---|---|---|\n"


def list_files(folder: Path) -> str:
    """Return the table of a README: its own folder, but not what another README of a folder in it lists."""
    lines = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and p.name != "README.md"):
        if folder == DATASETS and path.is_relative_to(DATASETS / "exports"):
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"| `{path.relative_to(folder).as_posix()}` | {count_rows(path)} | `{digest}` |\n")
    return HEAD + "".join(lines)


def count_rows(path: Path) -> str:
    if path.suffix == ".jsonl":
        return str(len(path.read_text("utf-8").splitlines()))
    if path.suffix == ".csv":
        encoding = "utf-8-sig" if path.parent != DATASETS / "exports" else "gb18030"
        with path.open(encoding=encoding, newline="") as file:
            return str(sum(1 for _ in csv.reader(file)) - 1)
    return "-"


@pytest.mark.parametrize("folder", [DATASETS, DATASETS / "exports"], ids=lambda f: f.name)
def test_every_file_is_listed_with_its_rows_and_hash(folder: Path) -> None:
    text = (folder / "README.md").read_text("utf-8")
    listed = text[text.index(BEGIN) + len(BEGIN) : text.index(END)]
    assert listed == list_files(folder), "run: python tests/e2e/test_datasets.py"


def test_exports_are_small() -> None:
    assert sum(p.stat().st_size for p in (DATASETS / "exports").rglob("*") if p.is_file()) < 2 * 2**20


def test_the_counts_that_the_readme_tells_are_right() -> None:
    text = (DATASETS / "README.md").read_text("utf-8")
    for name, word in (("requests", "requests"), ("events", "events"), ("replies", "replies"), ("posts", "posts")):
        assert f"{count_rows(DATASETS / 'sample' / f'{name}.jsonl')} {word}" in text
        assert f"| `{name}.jsonl` | {count_rows(DATASETS / 'sample' / f'{name}.jsonl')} |" in (
            DATASETS / "sample" / "README.md"
        ).read_text("utf-8")


def write_tables() -> None:
    for folder in (DATASETS, DATASETS / "exports"):
        readme = folder / "README.md"
        text = readme.read_text("utf-8")
        head, rest = text.split(BEGIN)
        readme.write_text(head + BEGIN + list_files(folder) + END + rest.split(END)[1], "utf-8")


if __name__ == "__main__":
    write_tables()
