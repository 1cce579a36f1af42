"""The offline bundle: which wheels it takes, that it is whole, the same twice, and installs without a network."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from nlp.errors import ConfigError
from serving.bundling import BundlePlan, check_wheels, copy_files, write_archive, write_bundle
from serving.wheelhouse import MACHINES, Target, explain_misfit, find_problems, write_manifest, write_target

ROOT = Path(__file__).parents[2]
KYLIN = Target("3.11", "aarch64")
NOON = 1_795_500_000


@pytest.mark.parametrize(
    "wheel",
    [
        "typer-0.29.2-py3-none-any.whl",
        "olefile-0.47-py2.py3-none-any.whl",
        "pyarrow-26.0.1-cp311-cp311-manylinux_2_28_aarch64.whl",
        "orjson-3.13.0-cp311-cp311-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
        "rjieba-0.2.2-cp39-abi3-manylinux_2_17_aarch64.manylinux2014_aarch64.whl",
        "ruff-0.17.6-1-py3-none-manylinux_2_17_aarch64.whl",
    ],
)
def test_a_wheel_for_the_target_is_taken(wheel: str) -> None:
    assert explain_misfit(wheel, KYLIN) is None


@pytest.mark.parametrize(
    ("wheel", "why"),
    [
        ("numpy-2.4.6-cp311-cp311-manylinux_2_34_aarch64.whl", "manylinux_2_34_aarch64"),
        ("numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl", "manylinux_2_28_x86_64"),
        ("numpy-2.4.6-cp311-cp311-musllinux_1_2_aarch64.whl", "musllinux"),
        ("numpy-2.4.6-cp311-cp311-linux_aarch64.whl", "linux_aarch64"),
        ("numpy-2.4.6-cp312-cp312-manylinux_2_28_aarch64.whl", "Python 3.11"),
        ("nh3-0.3.8-cp312-abi3-manylinux_2_17_aarch64.whl", "Python 3.11"),
        ("xlwt-1.3.0-py2-none-any.whl", "Python 3.11"),
        ("rjieba-0.2.2.tar.gz", "不是 wheel"),
    ],
)
def test_any_other_is_refused_by_name(wheel: str, why: str, tmp_path: Path) -> None:
    (tmp_path / wheel).touch()
    with pytest.raises(ConfigError, match=wheel.split("-")[0]) as refused:
        check_wheels(tmp_path, KYLIN)
    assert why in str(refused.value)


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for name in ("a-1-py3-none-any.whl", "b-1-py3-none-any.whl"):
        (folder / name).write_text(name)
    write_target(folder, KYLIN)
    write_manifest(folder)
    return folder


def test_changed_missing_and_strange_wheels_are_named(wheels: Path) -> None:
    assert list(find_problems(wheels, KYLIN)) == []
    (wheels / "a-1-py3-none-any.whl").write_text("b")
    (wheels / "b-1-py3-none-any.whl").rename(wheels / "c-1-py3-none-any.whl")
    changed, missing, strange = find_problems(wheels, KYLIN)
    assert changed.startswith("a-1-py3-none-any.whl 与校验值不符")
    assert missing == "缺少 b-1-py3-none-any.whl"
    assert strange == "c-1-py3-none-any.whl 不在校验表里"


@pytest.mark.parametrize(
    ("here", "said"),
    [
        (Target("3.12", "aarch64"), "Python 3.12"),
        (Target("3.11", "x86_64"), "x86_64"),
        (Target("3.11", "aarch64", "2.17"), "glibc 2.28"),
        (Target("3.11", "aarch64", ""), "C 库"),
    ],
)
def test_another_machine_is_told_so(wheels: Path, here: Target, said: str) -> None:
    (problem,) = find_problems(wheels, here)
    assert said in problem
    assert list(find_problems(wheels, Target("3.11", "aarch64", "2.36"))) == []


def test_a_folder_without_checksums_is_refused(tmp_path: Path) -> None:
    (problem,) = find_problems(tmp_path, KYLIN)
    assert "make bundle" in problem


def test_the_archive_is_the_same_twice_and_knows_no_owner(wheels: Path, tmp_path: Path) -> None:
    first = write_archive(wheels, tmp_path / "1" / "a.tar.gz", epoch=NOON).read_bytes()
    for path in wheels.iterdir():
        os.utime(path, (1, 1))
    assert write_archive(wheels, tmp_path / "2" / "b.tar.gz", epoch=NOON).read_bytes() == first
    with tarfile.open(tmp_path / "1" / "a.tar.gz") as archive:
        assert {(m.uid, m.uname, m.mtime) for m in archive} == {(0, "", NOON)}


def test_only_tracked_files_go_in(tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.mkdir()
    with pytest.raises(ConfigError, match="源码目录"):
        copy_files(source, copy)
    (source / "secret.txt").write_text("x")
    (source / "code.py").write_text("y")
    write_manifest(source)
    (source / "later.txt").write_text("z")
    (source / "secret.txt").unlink()
    copy_files(source, copy)  # an unpacked archive: its checksums name its files
    assert [p.name for p in copy.iterdir()] == ["code.py"]


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() not in MACHINES, reason="no bundles for this machine")
def test_the_bundle_installs_and_works_without_a_network(tmp_path: Path) -> None:
    plan = BundlePlan(
        ROOT, Target(f"3.{sys.version_info.minor}", platform.machine()), Path(sys.executable), False, NOON
    )
    try:
        archive = write_bundle(plan, tmp_path, say=lambda step: None)
    except ConfigError as exc:
        if "pip download" in str(exc):
            pytest.skip(f"no packages to be had here: {exc}")
        raise
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    home = tmp_path / plan.name
    assert not [m for p in (home / "wheels").glob("*.whl") if (m := explain_misfit(p.name, plan.target))]
    assert (home / "安装说明.txt").is_file()
    for path in home.rglob("*"):
        assert path.suffix == ".whl" or path.is_dir() or str(ROOT).encode() not in path.read_bytes(), path
    make_in(home, "install")
    (home / "in.jsonl").write_text('{"id": "1", "text": "小区电梯困人了,里面有个小孩"}\n', "utf-8")
    said = subprocess.run([home / ".venv/bin/minsheng", "--version"], capture_output=True, text=True, check=True)
    assert plan.version in said.stdout
    subprocess.run([home / ".venv/bin/minsheng", "triage", "-q", "in.jsonl", "out.jsonl"], cwd=home, check=True)
    assert json.loads((home / "out.jsonl").read_text("utf-8"))["urgency"] >= 2


def make_in(home: Path, goal: str) -> None:
    """Call make with no network at all where namespaces are allowed, else with an index that nobody answers."""
    alone = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    allowed = shutil.which("unshare") and subprocess.run([*alone, "true"], capture_output=True).returncode == 0
    dead = {"PIP_INDEX_URL": "http://127.0.0.1:9/", "PIP_EXTRA_INDEX_URL": "", "https_proxy": "http://127.0.0.1:9"}
    command = [*(alone if allowed else []), "make", "-s", goal, f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, env={**os.environ, **dead})
    assert done.returncode == 0, done.stdout + done.stderr
