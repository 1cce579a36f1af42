"""Options that several sub-commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlp.errors import InputError
from nlp.headers import FIELD_NAMES

InFile = Annotated[
    Path, typer.Argument(metavar="输入文件", help=".jsonl、.csv、.xls、.xlsx 或 .parquet。", show_default=False)
]
OutFile = Annotated[
    Path, typer.Argument(metavar="输出文件", help=".jsonl、.csv、.xlsx 或 .parquet。", show_default=False)
]
ColumnMap = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="列名=字段", help="指定哪一列是哪个字段,可多次使用,如 --map 内容=text。"),
]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", envvar="MINSHENG_MODEL", metavar="目录", help="模型包目录;默认用自带的模型包。"),
]
SiteFolder = Annotated[
    Path | None,
    typer.Option("--site", envvar="MINSHENG_SITE", metavar="目录", help="站点表目录(区域、派单、时限、节假日……)。"),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="不显示进度条。")]


def parse_column_map(pairs: list[str] | None) -> dict[str, str]:
    """Read `列名=字段` pairs. Raises InputError, also for a field that there is not."""
    found = {}
    for pair in pairs or []:
        column, equals, field = pair.partition("=")
        if not equals or not column.strip() or not field.strip().isidentifier():
            raise InputError(f"--map 应写成 列名=字段(如 --map 内容=text),收到 {pair}")
        if field.strip() not in FIELD_NAMES:
            known = "、".join(f"{name}({meaning})" for name, meaning in FIELD_NAMES.items())
            raise InputError(f"--map {pair.strip()}:没有字段 {field.strip()};应为 {known} 之一")
        found[column.strip()] = field.strip()
    return found
