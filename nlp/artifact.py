"""The model folder (模型包): read, verify, write. One of the few modules of `nlp` that open files.

    manifest.json            what it is, made from what, with which metrics; sha256 and size of every other file
    <part>.safetensors       arrays of one part (features, triage, same_issue, replies, posts, encoder …)
    <part>.json              its configuration: labels, thresholds, vocabularies
    card.md                  the model card

Nothing in it unpickles. A file that the manifest does not name is refused: so is one whose hash differs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from nlp.errors import ArtifactError

FORMAT = 1
MANIFEST = "manifest.json"
CARD = "card.md"
BUNDLED = Path(__file__).parent / "data" / "model"


@dataclass(frozen=True)
class Part:
    """Arrays and configuration of one part of the artefact. A config value is plain JSON data."""

    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class FileEntry:
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """Identity and origin of a model. `data` maps a data set's name to its sha256; `metrics` are cross-validated."""

    version: str
    taxonomy: str
    created: str
    seed: int
    code_version: str
    config: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    files: Mapping[str, FileEntry] = field(default_factory=dict)
    format: int = FORMAT


class Artifact:
    """An opened, verified model folder."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self.path = path
        self.manifest = manifest

    @classmethod
    def open(cls, path: Path | None = None) -> Artifact:
        """Open and verify the folder (default: the bundled one). Raises ArtifactError naming the file."""
        folder = path or BUNDLED
        manifest = _read_manifest(folder)
        for name, entry in manifest.files.items():
            _verify(folder / name, entry)
        extra = sorted(p.name for p in folder.iterdir() if p.name not in manifest.files and p.name != MANIFEST)
        if extra:
            raise ArtifactError(
                f"模型包 {folder.name} 里有清单之外的文件 {extra[0]},拒绝加载;请删除它或换用完整的模型包"
            )
        return cls(folder, manifest)

    def part(self, name: str) -> Part:
        """Load one part. Raises ArtifactError where it is absent."""
        if name not in self.manifest.parts:
            raise ArtifactError(
                f"模型包 {self.path.name} 缺少部分 {name};请用 minsheng train 重新生成,或重新安装自带的模型包"
            )
        try:
            arrays = load_file(self.path / f"{name}.safetensors")
            config = json.loads((self.path / f"{name}.json").read_text("utf-8"))
        except (OSError, ValueError, SafetensorError) as exc:
            raise ArtifactError(
                f"模型包文件 {name} 读不出来({type(exc).__name__});请重新安装或换用完整的模型包"
            ) from exc
        return Part(arrays, config)


def write_artifact(folder: Path, manifest: Manifest, parts: Mapping[str, Part], *, card: str) -> Manifest:
    """Write a model folder from nothing; the manifest is completed with parts and file hashes and returned.

    Raises ArtifactError where the folder exists and holds something that is not an artefact.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MANIFEST).is_file():
        raise ArtifactError(f"{folder.name} 不是模型包目录也不是空目录,不会覆盖;请换一个输出目录")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, part in parts.items():
        arrays = {key: np.ascontiguousarray(value) for key, value in part.arrays.items()}
        save_file(arrays, folder / f"{name}.safetensors")
        (folder / f"{name}.json").write_text(_dump(part.config), "utf-8")
    (folder / CARD).write_text(card, "utf-8")
    files = {p.name: FileEntry(_sha256(p), p.stat().st_size) for p in sorted(folder.iterdir())}
    complete = Manifest(**{**manifest.__dict__, "parts": tuple(parts), "files": files})
    (folder / MANIFEST).write_text(_dump(asdict(complete)), "utf-8")
    return complete


def _read_manifest(folder: Path) -> Manifest:
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(f"找不到模型包:{path} 不存在;请检查 MINSHENG_MODEL 或 --model,或重新安装")
    try:
        raw = json.loads(path.read_text("utf-8"))
        files = {name: FileEntry(**entry) for name, entry in raw.pop("files").items()}
        manifest = Manifest(**{**raw, "files": files, "parts": tuple(raw["parts"])})
    except (ValueError, TypeError, KeyError, AttributeError) as exc:
        raise ArtifactError(f"模型包清单 {path} 已损坏({type(exc).__name__});请换用完整的模型包") from exc
    if manifest.format != FORMAT:
        raise ArtifactError(f"模型包格式是 {manifest.format},本程序需要 {FORMAT};请用同版本的程序或重新训练")
    if any("/" in name or "\\" in name or name.startswith(".") for name in files):
        raise ArtifactError(f"模型包清单 {path} 含有目录外的文件名,拒绝加载")
    return manifest


def _verify(path: Path, entry: FileEntry) -> None:
    if not path.is_file():
        raise ArtifactError(f"模型包不完整:缺少文件 {path};请重新安装或换用完整的模型包")
    if path.stat().st_size != entry.bytes or _sha256(path) != entry.sha256:
        raise ArtifactError(f"模型包已损坏:{path} 与清单的校验值不符;请重新安装或换用完整的模型包")


def _sha256(path: Path) -> str:
    with path.open("rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
