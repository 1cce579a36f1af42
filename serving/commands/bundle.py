"""`minsheng bundle`: one archive for a machine without internet."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from nlp.errors import ConfigError
from serving.bundling import BundlePlan, write_bundle
from serving.wheelhouse import MACHINES, Target

_ASK_VERSION = "import sys; print(sys.executable, *sys.version_info[:2])"


def bundle(
    out: Annotated[Path, typer.Argument(metavar="目录", help="写到哪个目录。")] = Path("dist"),
    source: Annotated[
        Path, typer.Option("--source", metavar="目录", help="源码目录(git 检出的,或解开的安装包)。")
    ] = Path(),
    python: Annotated[str, typer.Option("--python", metavar="程序", help="为哪个 Python 打包;本机要装有它。")] = "",
    machine: Annotated[
        str, typer.Option("--machine", metavar="架构", help="为哪种处理器打包:x86_64 或 aarch64;默认同本机。")
    ] = "",
    dev: Annotated[bool, typer.Option("--dev", help="也带上跑测试用的包。")] = False,
    epoch: Annotated[
        int | None,
        typer.Option("--epoch", envvar="SOURCE_DATE_EPOCH", metavar="秒", help="包内文件的时间;默认是最后一次提交。"),
    ] = None,
) -> None:
    """打一个离线安装包:全部依赖、代码、模型和校验值。在能联网的机器的源码目录里运行。

    例:`minsheng bundle dist`;给麒麟 ARM 服务器:`minsheng bundle dist --machine aarch64`
    """
    path, version = _find_python(python)
    here = Target.of_this_machine()
    target = Target(version, machine or here.machine)
    if target.machine not in MACHINES:
        raise ConfigError(f"--machine 应为 {' 或 '.join(MACHINES)},收到 {target.machine}")
    if not (source / "constraints.txt").is_file():
        raise ConfigError("这里不是源码目录:请在源码目录里运行,或用 --source 指定")
    moment = _last_commit(source) if epoch is None else epoch
    plan = BundlePlan(source.resolve(), target, path, dev=dev, epoch=moment)
    if changed := _count_uncommitted(source):
        typer.secho(f"注意:有 {changed} 处改动没有提交;git 不跟踪的文件不进包。", fg=typer.colors.YELLOW, err=True)
    started = time.monotonic()
    console = Console(stderr=True, highlight=False)
    with console.status("") as status:
        archive = write_bundle(plan, out, say=status.update)
    size = archive.stat().st_size / 1e6
    typer.echo(f"已写出 {archive}({size:.0f} MB,{time.monotonic() - started:.0f} 秒)。", err=True)
    typer.echo("拷到目标机器后解开,照里面的 安装说明.txt 做。", err=True)


def _find_python(name: str) -> tuple[Path, str]:
    """Return the interpreter (default: ours) and its version like `3.11`. Raises ConfigError."""
    wanted = name or sys.executable
    found = shutil.which(wanted)
    try:
        said = subprocess.run([found or wanted, "-c", _ASK_VERSION], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as exc:
        raise ConfigError(f"运行不了 {wanted}:请先装好这个 Python,或用 --python 给出它的路径") from exc
    path, major, minor = said.rsplit(maxsplit=2)
    return Path(path), f"{major}.{minor}"


def _last_commit(source: Path) -> int:
    """Return the time of the last commit, in seconds since 1970; without git, that of the project file."""
    found = _git(source, "log", "-1", "--format=%ct").strip()
    return int(found) if found else int((source / "pyproject.toml").stat().st_mtime)


def _count_uncommitted(source: Path) -> int:
    return len(_git(source, "status", "--porcelain").splitlines())


def _git(source: Path, *arguments: str) -> str:
    """Return what git says of a checkout; nothing where there is no git or no checkout."""
    try:
        done = subprocess.run(["git", "-C", str(source), *arguments], capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
