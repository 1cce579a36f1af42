"""What a file really is, told by its first bytes and not by its ending; refusals in words of an office."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from nlp.errors import FileError

MAX_BYTES = 512 * 2**20  # of a file, and of what a workbook unpacks to; a year of a city's hotline takes about 100 MB
MAX_RATIO = 200  # ordinary sheets pack 5 to 20 times (1,048,576 formatted empty rows: 16 times)
RATIO_FROM_BYTES = 64 * 2**20
_HEAD_BYTES = 4096
_SAVE_AS = "请用 WPS 或 Excel 打开,另存为 .xlsx 后再导入"
_UNPACK = "是压缩包,请解压后导入里面的表格"
_PICTURE = "是图片,不是表格;请向来源单位要可编辑的 .xlsx"
_MAGIC = (
    (b"PAR1", "parquet", ""),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole", ""),
    (b"PK\x03\x04", "zip", ""),
    (b"PK\x05\x06", "", _UNPACK),
    (b"Rar!", "", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", "", _UNPACK),
    (b"\x1f\x8b", "", _UNPACK),
    (b"%PDF", "", "是 PDF,不是表格;请向来源单位要 .xlsx,或在 WPS 中转换为 .xlsx 后核对再导入"),
    (b"\x89PNG", "", _PICTURE),
    (b"\xff\xd8\xff", "", _PICTURE),
    (b"GIF8", "", _PICTURE),
    (b"BM", "", _PICTURE),
    (b"SQLite format 3\0", "", "是数据库文件,不是表格;请导出为 .xlsx 或 .csv"),
)
_WORD = "其实是 Word 文档,不是表格;请把里面的表格粘贴到 Excel,存为 .xlsx 后再导入"
_SLIDES = "其实是演示文稿,不是表格;请导出为 .xlsx 后再导入"
_HTML = re.compile(rb"<(!doctype html|html|head|body|table|meta|tr|style)\b", re.IGNORECASE)
_BITMAP = re.compile(rb"BM.{4}\0\0\0\0", re.DOTALL)
_WORKBOOK_XML = "urn:schemas-microsoft-com:office:spreadsheet"


def tell_kind(path: Path) -> str:
    """Tell what a file is: xlsx, xls, html, workbook-xml, parquet, or text where nothing else shows.

    Raises FileError with what to do where it is absent, empty, too big, or something no table can be read from.
    """
    _check_is_file(path)
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    for magic, kind, refusal in _MAGIC:
        if not head.startswith(magic) or (magic == b"BM" and not _BITMAP.match(head)):
            continue
        if refusal:
            raise FileError(f"{path.name} {refusal}")
        if kind == "zip":
            return _kind_of_zip(path)
        return _kind_of_ole(path) if kind == "ole" else kind
    return _kind_of_text(head, path.name)


def incomplete(name: str) -> FileError:
    """Build the refusal of a workbook that is cut off or damaged."""
    return FileError(f"{name} 不是完整的 Excel 文件(可能没有下载完或已损坏);请重新导出,或用 WPS、Excel 另存为 .xlsx")


def locked(name: str) -> FileError:
    """Build the refusal of a workbook with a password."""
    return FileError(f"{name} 有密码保护;请在 WPS 或 Excel 中取消密码、保存后再导入")


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        raise FileError(f"{path.name} 是文件夹,不是文件;请给出里面的表格")
    if not path.is_file():
        raise FileError(f"找不到文件 {path.name};请检查路径")
    size = path.stat().st_size
    if size == 0:
        raise FileError(f"{path.name} 是空文件(0 字节);请重新导出")
    if size > MAX_BYTES:
        raise FileError(f"{path.name} 太大({size / 2**20:,.0f} MB,最多 {MAX_BYTES // 2**20} MB);请按月或按街道拆分")


def _kind_of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as exc:
        raise incomplete(path.name) from exc
    names = {part.filename.lower().replace("\\", "/") for part in parts}
    if any(name.startswith("word/") for name in names):
        raise FileError(f"{path.name} {_WORD}")
    if any(name.startswith("ppt/") for name in names):
        raise FileError(f"{path.name} {_SLIDES}")
    if "xl/workbook.bin" in names or "content.xml" in names:
        raise FileError(f"{path.name} 是 .xlsb 或 .ods 格式;{_SAVE_AS}")
    if not any(name.startswith("xl/") for name in names):
        raise FileError(f"{path.name} {_UNPACK}")
    _check_unpacked(parts, path.name)
    return "xlsx"


def _check_unpacked(parts: list[zipfile.ZipInfo], name: str) -> None:
    """Refuse what would fill the memory, by the sizes in the archive's own list."""
    packed, unpacked = sum(p.compress_size for p in parts), sum(p.file_size for p in parts)
    ratio = unpacked / max(packed, 1)
    if unpacked > MAX_BYTES or (unpacked > RATIO_FROM_BYTES and ratio > MAX_RATIO):
        raise FileError(
            f"{name} 解压后有 {unpacked / 2**20:,.0f} MB(压缩了 {ratio:,.0f} 倍),不像正常的表格,为安全起见没有打开;"
            "请向来源单位核实,或删去空行空列后另存为 .xlsx"
        )


def _kind_of_ole(path: Path) -> str:
    data = path.read_bytes()

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage"):
        raise locked(path.name)
    if has("Workbook") or has("Book"):
        return "xls"
    if has("WordDocument"):
        raise FileError(f"{path.name} {_WORD}")
    if has("PowerPoint Document"):
        raise FileError(f"{path.name} {_SLIDES}")
    raise incomplete(path.name)


def _kind_of_text(head: bytes, name: str) -> str:
    plain = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if _WORKBOOK_XML.encode() in plain:
        return "workbook-xml"
    if plain[:13].lower() == b"mime-version:":
        raise FileError(f"{name} 是单个文件的网页(.mht);{_SAVE_AS}")
    if plain.startswith(b"<") and _HTML.search(plain):
        return "html"
    if plain.startswith(b"<?xml"):
        raise FileError(f"{name} 是不认识的 XML 文件;{_SAVE_AS}")
    return "text"
