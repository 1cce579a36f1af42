"""A folder of wheels for a machine without internet: which wheels fit, and whether the folder is as it was written.

Standard library only: `python -m serving.wheelhouse FOLDER` runs before anything is installed.

    wheels/
        *.whl               every package at its tested version, ours among them
        TARGET.json         {"python": "3.11", "machine": "x86_64", "glibc": "2.28"}
        MANIFEST.sha256     checksums in the form of sha256sum
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

MANIFEST = "MANIFEST.sha256"
TARGET = "TARGET.json"
# Kylin V10 SP3, openEuler and Anolis servers: the oldest glibc that we support.
GLIBC = (2, 28)
MACHINES = ("x86_64", "aarch64")
# PEP 600: the older names and the glibc they stand for.
_LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_OLDEST = {"x86_64": 5, "aarch64": 17}


@dataclass(frozen=True, slots=True)
class Target:
    """The machine that wheels are for; `python` is like `3.11`."""

    python: str
    machine: str
    glibc: str = ".".join(map(str, GLIBC))

    @classmethod
    def of_this_machine(cls) -> Target:
        """Describe the running interpreter; `glibc` is empty where the C library is another one."""
        library, version = platform.libc_ver()
        return cls(".".join(platform.python_version_tuple()[:2]), platform.machine(), version if library else "")

    @property
    def name(self) -> str:
        """Return the part of a file name, like `linux-x86_64-py311`."""
        return f"linux-{self.machine}-py{self.python.replace('.', '')}"

    @property
    def platforms(self) -> tuple[str, ...]:
        """Return the platform tags of wheels that fit, newest first."""
        major, minor = map(int, self.glibc.split("."))
        found = [f"manylinux_{major}_{m}_{self.machine}" for m in range(minor, _OLDEST[self.machine] - 1, -1)]
        legacy = [n for n, needs in sorted(_LEGACY.items(), reverse=True) if needs[1] >= _OLDEST[self.machine]]
        return (*found, *(f"{n}_{self.machine}" for n in legacy))


def explain_misfit(wheel: str, target: Target) -> str | None:
    """Say in Chinese why a wheel of this file name does not fit the target; None where it does."""
    parts = wheel.removesuffix(".whl").split("-")
    if not wheel.endswith(".whl") or len(parts) not in (5, 6):
        return f"{wheel} 不是 wheel 文件名"
    pythons, abis, platforms = (p.split(".") for p in parts[-3:])
    if not any(_fits_python(p, a, target.python) for p in pythons for a in abis):
        return f"{wheel} 不能用于 Python {target.python}"
    fitting = {"any", *target.platforms}
    if not fitting & set(platforms):
        return f"{wheel} 不能用于 {target.machine}、glibc {target.glibc}(平台标记 {'、'.join(platforms)})"
    return None


def write_manifest(folder: Path) -> None:
    """Write the checksums of every file below `folder`, sorted, in the form of sha256sum."""
    lines = [f"{_digest(folder / name)}  {name}\n" for name in list_files(folder) if name != MANIFEST]
    (folder / MANIFEST).write_text("".join(lines), "utf-8")


def list_files(folder: Path) -> tuple[str, ...]:
    """Return the names of all files below `folder`, relative, with slashes, sorted."""
    return tuple(sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()))


def read_manifest(path: Path) -> dict[str, str]:
    """Return file name → SHA-256. Raises ValueError on a line of another form."""
    found = {}
    for line in path.read_text("utf-8").splitlines():
        match = re.fullmatch(r"([0-9a-f]{64})  (.+)", line)
        if match is None:
            raise ValueError(line)
        found[match[2]] = match[1]
    return found


def write_target(folder: Path, target: Target) -> None:
    """Write down what the wheels are for."""
    (folder / TARGET).write_text(json.dumps(asdict(target)) + "\n", "utf-8")


def find_problems(folder: Path, here: Target) -> Iterator[str]:
    """Say in Chinese what forbids to install the wheels of `folder` here: damage, strangers, another target."""
    try:
        listed = read_manifest(folder / MANIFEST)
        target = Target(**json.loads((folder / TARGET).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        yield f"{folder} 里没有完好的 {MANIFEST} 和 {TARGET}:请指向 make bundle 所写安装包里的 wheels 目录"
        return
    yield from _differences(folder, listed)
    if (target.python, target.machine) != (here.python, here.machine):
        asked, found = f"Python {target.python}、{target.machine}", f"Python {here.python}、{here.machine}"
        yield f"这个安装包用于 {asked},本机是 {found};请先 make clean 再用 make PYTHON=… 指定,或换对应的安装包"
    elif _numbers(here.glibc) < _numbers(target.glibc):
        yield f"这个安装包要求 glibc {target.glibc} 以上,本机是 {here.glibc or '别的 C 库'}"


def main(arguments: list[str]) -> str | None:
    """Check the folder that is named; returns what is wrong, or None."""
    problems = list(find_problems(Path(arguments[0]), Target.of_this_machine()))
    return "\n".join(f"错误:{p}" for p in problems) or None


def _fits_python(python: str, abi: str, target: str) -> bool:
    major, minor = map(int, target.split("."))
    match = re.fullmatch(r"(py|cp)(\d)(\d*)", python)
    if match is None or int(match[2]) != major:
        return False
    least = int(match[3] or 0)
    if match[1] == "py" or abi == "abi3":
        return least <= minor and abi in ("none", "abi3")
    return least == minor and abi in (python, "none")


def _differences(folder: Path, listed: dict[str, str]) -> Iterator[str]:
    for name, digest in listed.items():
        if not (folder / name).is_file():
            yield f"缺少 {name}"
        elif _digest(folder / name) != digest:
            yield f"{name} 与校验值不符(可能没有拷完,或被改过)"
    wheels: Iterable[str] = (p.name for p in folder.glob("*.whl"))
    yield from (f"{name} 不在校验表里" for name in sorted(wheels) if name not in listed)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in version.split(".") if n.isdigit())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
