# minsheng: `make serve` and `make test` do all the set-up by themselves.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: help install serve test lint format bench train clean

help:
	@echo "make serve    安装并打开示例城市(页面和接口在 http://127.0.0.1:8000)"
	@echo "make test     安装并运行全部测试"
	@echo "make install  只安装;make lint 检查;make format 整理格式;make bench 跑基准;make train 重新训练自带模型"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "需要 Python 3.11 到 3.13;用 make PYTHON=python3.12 … 指定另一个"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

serve: install
	$(BIN)/minsheng serve --demo

test: install
	$(BIN)/python -m pytest

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy nlp training serving
	$(BIN)/lint-imports

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(BIN)/python benchmarks/triage_speed.py

train: install
	$(BIN)/minsheng train

clean:
	rm -rf $(VENV) build dist *.egg-info
