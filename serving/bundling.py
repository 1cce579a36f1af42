"""Write one archive that installs Minsheng on a machine without internet: wheels, code, model, checksums.

    minsheng-<version>-linux-<machine>-py<xy>/
        安装说明.txt  MANIFEST.sha256  Makefile  constraints.txt  nlp/ serving/ datasets/ …   the tracked files
        wheels/                                                                             see serving/wheelhouse.py

Runs on a machine that reaches a package index. The same files and the same `epoch` give the same bytes.
"""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from nlp.errors import ConfigError
from serving.wheelhouse import (
    MANIFEST,
    Target,
    explain_misfit,
    list_files,
    read_manifest,
    write_manifest,
    write_target,
)

GUIDE = "安装说明.txt"
WHEELS = "wheels"
_GUIDE_SOURCE = Path("docs") / "install-offline.txt"
_LAST_LINES = 3


@dataclass(frozen=True, slots=True)
class BundlePlan:
    """What goes in: the checkout, the Python and the machine it is for, with or without what the tests need."""

    source: Path
    target: Target
    python: Path
    dev: bool
    epoch: int

    @property
    def version(self) -> str:
        """Return the version of the checkout."""
        project = tomllib.loads((self.source / "pyproject.toml").read_text("utf-8"))
        return str(project["project"]["version"])

    @property
    def name(self) -> str:
        """Return the name of the archive and of the folder in it."""
        return f"minsheng-{self.version}-{self.target.name}{'-dev' if self.dev else ''}"


def write_bundle(plan: BundlePlan, out: Path, *, say: Callable[[str], None]) -> Path:
    """Collect, check and write `out/<name>.tar.gz`; `say` is told each step and package. Returns the archive.

    Raises ConfigError where pip fails, a wheel does not fit the target, or the checkout is none.
    """
    with TemporaryDirectory(prefix="minsheng-bundle-") as scratch:
        folder, wheels = Path(scratch) / plan.name, Path(scratch) / plan.name / WHEELS
        say("整理代码")
        copy_files(plan.source, folder)
        wheels.mkdir()
        say("构建 minsheng")
        ours = _build_own_wheel(plan, Path(scratch))
        say("下载依赖")
        _download(plan, ours, wheels=wheels, say=say)
        say("核对 wheel")
        check_wheels(wheels, plan.target)
        _prove_complete(plan, wheels, scratch=Path(scratch))
        say("计算校验值")
        guide = (plan.source / _GUIDE_SOURCE).read_text("utf-8")
        (folder / GUIDE).write_text(guide.format(name=plan.name, **_words(plan.target)), "utf-8")
        write_target(wheels, plan.target)
        write_manifest(wheels)
        write_manifest(folder)
        say("压缩")
        return write_archive(folder, out / f"{plan.name}.tar.gz", epoch=plan.epoch)


def copy_files(source: Path, folder: Path) -> None:
    """Copy the files of a checkout that git tracks, or those of an unpacked archive, and nothing else.

    Raises ConfigError where `source` is neither.
    """
    for name in _list_tracked(source):
        path = source / name
        if path.is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / name)
            (folder / name).chmod(0o755 if os.access(path, os.X_OK) else 0o644)


def check_wheels(folder: Path, target: Target) -> None:
    """Raises ConfigError naming every wheel that does not fit the target, or anything that is no wheel."""
    misfits = [m for name in list_files(folder) if (m := explain_misfit(name, target))]
    if misfits:
        raise ConfigError("有不合的包,没有写出安装包:" + ";".join(misfits))


def write_archive(folder: Path, path: Path, *, epoch: int) -> Path:
    """Write `folder` as a .tar.gz with sorted names, one time (seconds since 1970) and no owner. Returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    # Wheels are compressed already: level 1 writes the same size in a third of the time.
    with (
        draft.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=1, fileobj=raw, mtime=epoch) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in list_files(folder):
            entry = archive.gettarinfo(folder / name, f"{folder.name}/{name}")
            entry.mtime, entry.uid, entry.gid, entry.uname, entry.gname = epoch, 0, 0, "", ""
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            with (folder / name).open("rb") as content:
                archive.addfile(entry, content)
    draft.replace(path)
    return path


def _list_tracked(source: Path) -> list[str]:
    if (source / MANIFEST).is_file():
        names = read_manifest(source / MANIFEST)
        return [n for n in names if not n.startswith(f"{WHEELS}/") and n != GUIDE]
    listing = ["git", "-C", str(source), "ls-files", "-z"]
    try:
        done = subprocess.run(listing, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as exc:
        raise ConfigError(f"{source} 不是 git 检出的源码目录,也不是解开的安装包") from exc
    return done.stdout.split("\0")[:-1]


def _build_own_wheel(plan: BundlePlan, scratch: Path) -> Path:
    """Build from a copy, so that nothing untracked gets in and nothing is left in the checkout."""
    copy = scratch / "source"
    copy_files(plan.source, copy)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(scratch / "own"), str(copy)]
    _pip(Path(sys.executable), "wheel", *options, epoch=plan.epoch)
    return next((scratch / "own").glob("minsheng-*.whl"))


def _download(plan: BundlePlan, ours: Path, *, wheels: Path, say: Callable[[str], None]) -> None:
    extra = "[dev]" if plan.dev else ""
    # setuptools: `make install WHEELS=…` installs the unpacked code in place, as it does online.
    wanted = [f"{ours}{extra}", "setuptools>=77", "--dest", str(wheels), *_target_options(plan)]
    count = 0

    def follow(line: str) -> None:
        nonlocal count
        if line.startswith("Collecting "):
            count += 1
            say(f"下载依赖({count}){line.split()[1]}")

    _pip(plan.python, "download", *wanted, epoch=plan.epoch, follow=follow)


def _prove_complete(plan: BundlePlan, wheels: Path, *, scratch: Path) -> None:
    """Let pip resolve everything from the folder alone."""
    wanted = f"minsheng{'[dev]' if plan.dev else ''}=={plan.version}"
    alone = ["--dry-run", "--ignore-installed", "--no-index", "--find-links", str(wheels)]
    options = [*alone, "--target", str(scratch / "none"), *_target_options(plan), wanted]
    _pip(plan.python, "install", *options, epoch=plan.epoch, isolated=True)


def _target_options(plan: BundlePlan) -> list[str]:
    platforms = [o for p in plan.target.platforms for o in ("--platform", p)]
    python = ["--implementation", "cp", "--python-version", plan.target.python]
    return ["--only-binary=:all:", *platforms, *python, "-c", str(plan.source / "constraints.txt")]


def _pip(
    python: Path,
    command: str,
    *options: str,
    epoch: int,
    isolated: bool = False,
    follow: Callable[[str], None] = lambda line: None,
) -> None:
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if isolated:
        environment["PIP_CONFIG_FILE"] = os.devnull
    call = [str(python), "-m", "pip", *(["--isolated"] if isolated else []), command, *options]
    with subprocess.Popen(
        call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            follow(line)
            if not line.startswith(("WARNING", "[notice]")):
                lines.append(line.strip())
    if process.returncode:
        raise ConfigError(f"pip {command} 没有成功:" + " / ".join(lines[-_LAST_LINES:]))


def _words(target: Target) -> dict[str, str]:
    return {"python": target.python, "machine": target.machine, "glibc": target.glibc}
