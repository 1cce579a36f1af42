"""The files of an import: found, named for the screen, refused where they cannot or must not be opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp.errors import FileError, InputError
from nlp.privacy import mask

# Files that lie about in such folders and are no exports: what systems write, what explains the folder.
LITTER = ("thumbs.db", "desktop.ini", "__macosx")
ARTICLE_ENDINGS = (".html", ".htm", ".mht", ".mhtml", ".docx", ".md")
_PAGES = (".html", ".htm", ".mht", ".mhtml")
_OF_PAGES = ("_files", ".files")
CHECK_NAME = "导入检查.xlsx"  # what a dry run writes, perhaps into this very folder
MB = 1 << 20
MAX_TABLE = 512 * MB  # bytes
MAX_TEXT = 64 * MB  # bytes; texts and articles are read as a whole
_SYSTEM_SAYS: Mapping[int, str] = {
    errno.ENOENT: "文件不在了,或者是失效的快捷方式",
    errno.EACCES: "没有权限,或被别的程序占用",
    errno.EPERM: "没有权限,或被别的程序占用",
    errno.EBUSY: "被别的程序占用",
    errno.ELOOP: "快捷方式指来指去",
    errno.EIO: "磁盘读取出错",
    errno.ESTALE: "网络盘断开了",
}


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to look at. name: its path inside the folder given, masked; folders: names above it, nearest first."""

    path: Path
    name: str
    folders: tuple[str, ...]


def find_files(paths: Sequence[Path]) -> Iterator[FoundFile]:
    """Yield each file once, sorted. The given folder's own name counts among the folders.

    Raises FileError for a path that is absent.
    """
    seen: set[Path] = set()
    for given in paths:
        if not given.exists():
            raise FileError(f"找不到 {mask(given.name).masked};请检查路径")
        folder = given if given.is_dir() else given.parent
        inside = _files_of(given) if given.is_dir() else [given]
        for path in inside:
            if path.resolve() not in seen:
                seen.add(path.resolve())
                name = path.relative_to(folder)
                folders = (*reversed(name.parent.parts), _name_of(folder))
                yield FoundFile(path, mask(name.as_posix()).masked, folders)


def protect_files(output: Path, paths: Sequence[Path], files: Sequence[FoundFile]) -> None:
    """Refuse to write over a file that is to be imported, or that lies beside such. Raises InputError.

    The workbook of an earlier check is ours and may be written again.
    """
    target = output.resolve()
    if not target.exists() or target.name == CHECK_NAME:
        return
    inside = any(target.is_relative_to(given.resolve()) for given in paths)
    if inside or target in {file.path.resolve() for file in files}:
        raise InputError(
            f"{output.name} 是要导入的文件夹里已有的文件,写结果会覆盖它;请用 --errors 指定别处的文件,或先移走它"
        )


def check_file(path: Path) -> None:
    """Raise FileError for what is no plain file (a pipe would wait for ever) or too large, OSError if it is gone."""
    size = path.stat().st_size
    if not path.is_file():
        raise FileError("不是普通文件(可能是管道或设备);请换成导出的文件")
    is_text = path.suffix.lower() in (".txt", *ARTICLE_ENDINGS)
    limit, kind = (MAX_TEXT, "文本和文章") if is_text else (MAX_TABLE, "表格")
    if size > limit:
        raise FileError(f"有 {-(-size // MB)} MB,太大:{kind}最大 {limit // MB} MB;请按月份或街道分开导出后导入")


def explain_failure(error: OSError) -> str:
    """Say in Chinese why the system does not open a file, and what to do."""
    reason = _SYSTEM_SAYS.get(error.errno or 0, f"系统错误 {error.errno}")
    return f"打不开({reason});请检查文件是否还在、是否被占用、是否有权限"


def _files_of(folder: Path) -> list[Path]:
    found = []
    for root, folders, names in os.walk(folder):
        pages = {Path(name).stem for name in names if name.lower().endswith(_PAGES)}
        folders[:] = sorted(f for f in folders if not _is_litter(f) and not _is_of_page(f, pages))
        found += [Path(root) / name for name in names if not _is_litter(name)]
    return sorted(found)


def _is_litter(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower() in LITTER or name == CHECK_NAME


def _is_of_page(folder: str, pages: set[str]) -> bool:
    """Say whether a browser made the folder beside a page that it saved: pictures and scripts."""
    return any(folder.endswith(ending) and folder.removesuffix(ending) in pages for ending in _OF_PAGES)


def _name_of(folder: Path) -> str:
    """Return a folder's own name, also where it is given as `.` or `..`."""
    return folder.name if folder.name not in ("", "..") else folder.resolve().name
