from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nlp.artifact import Artifact, Manifest, Part, write_artifact
from nlp.errors import ArtifactError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    manifest = Manifest(version="1", taxonomy="t", created="2026-11-24", seed=1, code_version="0")
    parts = {"triage": Part({"weights": np.arange(6, dtype=np.float16).reshape(2, 3)}, {"labels": ["急", "难"]})}
    write_artifact(tmp_path / "model", manifest, parts, card="# 说明\n")
    return tmp_path / "model"


def test_a_part_reads_back_as_written(folder: Path) -> None:
    artifact = Artifact.open(folder)
    part = artifact.part("triage")
    assert part.arrays["weights"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert part.config == {"labels": ["急", "难"]}
    assert artifact.manifest.version == "1"


def test_the_same_input_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    artifact = Artifact.open(folder)
    again = write_artifact(tmp_path / "again", artifact.manifest, {"triage": artifact.part("triage")}, card="# 说明\n")
    assert again.files == artifact.manifest.files


@pytest.mark.parametrize("name", ["triage.safetensors", "triage.json", "card.md"])
def test_a_changed_file_is_named(folder: Path, name: str) -> None:
    data = bytearray((folder / name).read_bytes())
    data[-1] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(ArtifactError, match=f"{name}.*校验"):
        Artifact.open(folder)


def test_a_missing_file_or_folder_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "triage.json").unlink()
    with pytest.raises(ArtifactError, match=r"triage\.json"):
        Artifact.open(folder)
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        Artifact.open(tmp_path / "没有")


def test_a_file_outside_the_manifest_is_refused(folder: Path) -> None:
    (folder / "extra.pkl").write_bytes(b"\x80\x04.")
    with pytest.raises(ArtifactError, match=r"extra\.pkl"):
        Artifact.open(folder)


@pytest.mark.parametrize("change", [{"format": 99}, {"files": {"../x": {"sha256": "", "bytes": 0}}}, {"files": 3}])
def test_a_foreign_manifest_is_refused(folder: Path, change: dict) -> None:
    raw = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps({**raw, **change}), "utf-8")
    with pytest.raises(ArtifactError):
        Artifact.open(folder)


def test_an_absent_part_is_named(folder: Path) -> None:
    with pytest.raises(ArtifactError, match="replies"):
        Artifact.open(folder).part("replies")


def test_a_folder_of_something_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "论文.docx").write_bytes(b"")
    manifest = Manifest(version="1", taxonomy="t", created="2026-11-24", seed=1, code_version="0")
    with pytest.raises(ArtifactError, match="不会覆盖"):
        write_artifact(tmp_path, manifest, {}, card="")
