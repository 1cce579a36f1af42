# minsheng: `make serve` and `make test` do all the set-up by themselves.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# WHEELS=dir installs from the wheels of a bundle, without a network; an unpacked bundle does so by itself.
WHEELS ?= $(if $(wildcard MANIFEST.sha256),$(wildcard wheels))
EXTRA := $(if $(WHEELS),$(if $(shell ls '$(WHEELS)'/pytest-*.whl 2>/dev/null),[dev]),[dev])
PIP := $(BIN)/python -m pip
ifneq ($(WHEELS),)
PIP := PIP_CONFIG_FILE=/dev/null $(PIP) --isolated
FIRST := $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
FROM := --no-index --find-links '$(WHEELS)'
endif

# The stamp holds the way of installing; another way, or other wheels, install again.
WAY := $(if $(WHEELS),wheels $(shell cat '$(WHEELS)/MANIFEST.sha256' 2>/dev/null | cksum),index)
ifneq ($(WAY),$(shell cat $(STAMP) 2>/dev/null))
.PHONY: $(STAMP)
endif

.PHONY: help install serve test dev lint format bench train bundle clean

help:
	@echo "make serve    安装并打开示例城市(页面和接口在 http://127.0.0.1:8000)"
	@echo "make test     安装并运行全部测试"
	@echo "make install  只安装;make lint 检查;make format 整理格式;make bench 跑基准;make train 重新训练自带模型"
	@echo "make bundle   打离线安装包到 dist/(要联网);ARCH=aarch64 给 ARM64,PYTHON=python3.13 给别的 Python,DEV=1 带上测试用的包"
	@echo "make install WHEELS=目录   不联网,从安装包的 wheels 目录安装;serve、test 同样"

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(if $(WHEELS),@! command -v $(FIRST) >/dev/null || $(FIRST) -m serving.wheelhouse '$(WHEELS)')
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "需要 Python 3.11 到 3.13;用 make PYTHON=python3.12 … 指定另一个"; exit 1; }
	$(PIP) install --quiet --disable-pip-version-check $(FROM) -c constraints.txt -e '.$(EXTRA)'
	@echo '$(WAY)' > $@

dev: install
	@$(if $(EXTRA),true,echo "这些 wheel 里没有测试和检查用的包:请在联网的机器上用 make bundle DEV=1 打包"; exit 1)

serve: install
	$(BIN)/minsheng serve --demo

test: dev
	$(BIN)/python -m pytest

lint: dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy nlp training serving
	$(BIN)/lint-imports

format: dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install
	$(BIN)/python benchmarks/triage_speed.py

train: install
	$(BIN)/minsheng train

bundle: dev
	$(BIN)/minsheng bundle dist $(if $(ARCH),--machine '$(ARCH)') $(if $(DEV),--dev) \
		$(if $(filter command,$(firstword $(origin PYTHON))),--python '$(PYTHON)')

clean:
	rm -rf $(VENV) build dist *.egg-info
