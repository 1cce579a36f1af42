"""What is said of columns is checked before any file is opened, and the help fits a narrow terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nlp.errors import InputError
from serving.commands.options import parse_column_map


def test_a_field_that_there_is_not_is_refused_with_those_there_are() -> None:
    assert parse_column_map(["评价=satisfied", " 内容 = text "]) == {"评价": "satisfied", "内容": "text"}
    with pytest.raises(InputError, match=r"没有字段 satisfaction;.*satisfied\(是否满意\)"):
        parse_column_map(["评价=satisfaction"])


def test_the_help_of_an_import_is_folded_and_not_cut() -> None:
    command = [sys.executable, "-m", "serving", "import", "--help"]
    shown = subprocess.run(
        command, capture_output=True, check=True, encoding="utf-8", env={**os.environ, "COLUMNS": "80"}
    ).stdout
    for name in ("--kind", "--channel", "--account", "--id-from-content", "--no-analyse"):
        assert f" {name} " in shown
    assert "…" not in shown.replace("……", "")
