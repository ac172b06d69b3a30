# Two commands do all the set-up: `make run` and `make test`. Both work offline once the packages are there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

# Tests start hundreds of daemons and commands: compiled modules are kept, whatever the environment says.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check bench scores oracle escapes fuzz differential generated chaos clients clean

run: $(VENV)/.run
	$(BIN)/headgate demo

test: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n 3

bench: $(VENV)/.bench
	$(BIN)/python bench/hook.py
	$(BIN)/python bench/policy.py
	$(BIN)/python bench/shim.py
	$(BIN)/python bench/exec_gate.py
	$(BIN)/python bench/engine.py
	$(BIN)/python bench/load.py
	$(BIN)/python bench/journal.py
	$(BIN)/python bench/grants.py
	@test -z "$(COMMANDS)" || $(BIN)/python bench/decide.py $(COMMANDS)
	$(BIN)/python bench/growth.py --plot docs/images/growth.svg

scores: $(VENV)/.test
	$(BIN)/python bench/sample.py $(COMMANDS) --all --page docs/classifier-scores.md

# The classifier's long runs: programs that bash really runs, and random texts. Tests hold short ones.
oracle: $(VENV)/.test
	$(BIN)/python bench/oracle.py --programs $(or $(PROGRAMS),50000) --seed $(or $(SEED),1)

# A million random decisions of the policy engine against the reference interpreter; tests compare fewer.
differential: $(VENV)/.test
	HEADGATE_DIFFERENTIAL=$(or $(COUNT),1000000) $(BIN)/python -m pytest -n 2 --timeout 3600 tests/decide/test_engine.py -k reference

# Pages and the JSON schema that are made from the policy; tests fail where they are stale.
generated: $(VENV)/.test
	$(BIN)/headgate policy schema > src/headgate/policies/policy.schema.json
	$(BIN)/headgate policy docs --policy strict --out docs

# Every way of the escape suite, in each mode; the tests leave some of them out in some modes.
escapes: $(VENV)/.test
	HEADGATE_TEST_ESCAPES=all $(BIN)/python -m pytest -n0 -s tests/escapes

fuzz: $(VENV)/.test
	$(BIN)/python bench/fuzz.py --count $(or $(COUNT),10000000) --seed $(or $(SEED),1)

# Everything is killed, stopped and crashed at random while jobs are handed over; tests hold a short run of it.
chaos: $(VENV)/.test
	$(BIN)/python bench/chaos.py --minutes $(or $(MINUTES),30) $(if $(STORE),--store $(STORE)) --seed $(or $(SEED),1)

# The real clients for the client tests; they are skipped, with that reason, where they are absent.
clients:
	npm install --prefix .clients --no-audit --no-fund --no-save @anthropic-ai/claude-code@2.1.330 @openai/codex@0.169.0

$(VENV)/pyvenv.cfg:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Headgate needs Python 3.11 or later: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/pyvenv.cfg pyproject.toml hatch_build.py $(wildcard csrc/*.[ch])
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	touch $@

$(VENV)/.test: $(VENV)/pyvenv.cfg pyproject.toml hatch_build.py $(wildcard csrc/*.[ch])
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	touch $@ $(VENV)/.run

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	touch $@

clean:
	rm -rf $(VENV) .clients
