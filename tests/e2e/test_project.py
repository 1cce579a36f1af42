"""What the project promises about itself: imports, layout, the wheel."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_import_rules_hold(tmp_path: Path) -> None:
    # A process of its own: import-linter configures logging for the whole process.
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(*sys.argv[1:]))"
    command = [sys.executable, "-c", code, str(ROOT / "pyproject.toml")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_import_nlp_loads_neither_torch_nor_a_web_framework() -> None:
    code = (
        "import sys, nlp; print([m for m in ('torch','fastapi','sqlalchemy','sklearn','pandas') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def test_datasets_hold_no_code_and_tests_no_package() -> None:
    assert not list((ROOT / "datasets").rglob("*.py"))
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_public_names_of_nlp() -> None:
    import nlp

    assert set(nlp.__all__) == {n for n in vars(nlp) if not n.startswith("_") and n[0].isupper()}


@pytest.mark.slow
def test_the_wheel_works_elsewhere(tmp_path: Path) -> None:
    source = tmp_path / "source"
    skipped = shutil.ignore_patterns(".*", "build", "*.egg-info", "datasets", "tests", "docs")
    shutil.copytree(ROOT, source, ignore=skipped)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("minsheng-*.whl")
    home = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    site = next((home / "lib").glob("python*/site-packages"))
    install = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--ignore-installed",
        "--prefix",
        str(home),
        str(wheel),
    ]
    subprocess.run(install, check=True, capture_output=True)
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (tmp_path / "in.jsonl").write_text('{"id": "1", "text": "小区电梯困人了,里面有个小孩"}\n', "utf-8")
    code = "import sys, nlp; from serving.cli import main; sys.stderr.write(nlp.__file__); main()"
    run = subprocess.run(
        [str(home / "bin" / "python"), "-c", code, "triage", "-q", "in.jsonl", "out.jsonl"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(home) in run.stderr
    assert json.loads((tmp_path / "out.jsonl").read_text("utf-8"))["urgency"] >= 2
