# Two commands: `make run` and `make test`. `make help` lists the rest.
# Meson does the building; this file only says what comes after what.

PREFIX  ?= /usr/local
SYSCONFDIR ?= /etc
JOBS    ?= $(shell nproc 2>/dev/null || echo 2)
B       := build
STATE   := var
NINJA   := ninja -j $(JOBS)

.DEFAULT_GOAL := help
.PHONY: help run stop packages build module build-asan test e2e bench \
        install deb deb-test deb-test-live fuzz soak quality clean node \
        bench-scan e2e-asan container-test

help:
	@echo 'make run      install what is missing, build, start, show four calls'
	@echo 'make stop     end what make run started'
	@echo 'make test     all tests; the last line says: N passed, N failed'
	@echo 'make bench    Weir and plain nginx side by side, as a table'
	@echo 'make bench-scan  the scanner beside Vectorscan and npm packages'
	@echo 'make install  DESTDIR=, PREFIX=$(PREFIX), SYSCONFDIR=$(SYSCONFDIR)'
	@echo 'make deb      Debian packages in build-deb/'
	@echo 'make deb-test install, check, run, purge them in a root of their own'
	@echo 'make deb-test-live  the units under a systemd that runs'
	@echo 'make container-test  the container file built, its image run'
	@echo 'make e2e-asan the end-to-end tests with sanitizers in the gateway'
	@echo 'make fuzz     build and run the fuzz targets (needs clang)'
	@echo 'make soak     half an hour of load and random faults (SOAK_SECONDS=)'
	@echo 'make quality  detection quality on test sets (WEIR_TESTSETS=folder)'
	@echo 'make clean    remove what was built'

packages:
	@tools/install-packages

$(B)/build.ninja: | packages
	@meson setup $(B) --prefix $(PREFIX) >$(B).log 2>&1 || \
	    { cat $(B).log; rm -f $(B).log; exit 1; }
	@rm -f $(B).log

build: packages $(B)/build.ninja
	@$(NINJA) -C $(B)

module: build
	@tools/build-module . $(B)/nginx $(B)/libweir.a

run: module
	@demo/run $(B) $(STATE)

stop:
	@demo/stop $(B) $(STATE)

# Unit tests, fuzz corpora, sanitizers, checks of the tree, end to end.
test: packages
	@tests/run $(B) $(B)-asan $(JOBS)

$(B)-asan/build.ninja: | packages
	@meson setup $(B)-asan -Db_sanitize=address,undefined \
	    -Doptimization=1 >/dev/null

build-asan: packages $(B)-asan/build.ninja
	@$(NINJA) -C $(B)-asan

# npm packages of the end-to-end tests, as the lock file says.
node: tests/e2e/node_modules/.installed

tests/e2e/node_modules/.installed: tests/e2e/package-lock.json | packages
	@cd tests/e2e && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

e2e: module node
	@node tests/e2e/run.mjs $(B)

# The same with a module built with sanitizers, which an nginx that is not
# loads: their libraries come before it. Slow; not part of `make test`.
e2e-asan: build-asan node
	@WEIR_CC_OPT="-fsanitize=address,undefined -fno-omit-frame-pointer" \
	    tools/build-module . $(B)-asan/nginx $(B)-asan/libweir.a
	@WEIR_PRELOAD="$$(gcc -print-file-name=libasan.so) \
	    $$(gcc -print-file-name=libubsan.so)" node tests/e2e/run.mjs $(B)-asan

bench: module
	@bench/run $(B)

bench-scan: build
	@bench/vs/run $(B) $(TERMS) $(TEXT)

# The prefix is compiled in; another one builds anew.
install: packages $(B)/build.ninja
	@meson configure $(B) -Dprefix=$(PREFIX)
	@$(MAKE) --no-print-directory module
	@DESTDIR=$(DESTDIR) meson install -C $(B) --no-rebuild >/dev/null
	@tools/install-share $(B) "$(PREFIX)" "$(SYSCONFDIR)" "$(DESTDIR)"
	@echo "installed under $(DESTDIR)$(PREFIX)"

deb: packages
	@tools/build-deb $(B)-deb

deb-test: deb node
	@tests/install/deb-test $(B)-deb $(B)

# The units under a systemd of their own, in an overlay. Not part of make test.
deb-test-live: deb build
	@tests/install/deb-live $(B)-deb $(B)

# Needs root, Debian's archive and 6 GB of memory. Not part of make test.
container-test: build
	@tests/install/container-test $(B)

FUZZ_SECONDS ?= 60

fuzz: packages
	@tests/fuzz $(B)-fuzz $(FUZZ_SECONDS)

# SOAK_SECONDS (1800), SOAK_SEED: docs/soak.md. Not part of make test.
soak: module
	@node tests/soak/run.mjs $(B)

quality: build
	@if [ -z "$(WEIR_TESTSETS)" ]; then \
	    echo 'quality: no test sets here; set WEIR_TESTSETS to their folder'; \
	else \
	    node tests/quality/run.mjs $(B) "$(WEIR_TESTSETS)" $(MODULES); \
	fi

clean:
	@rm -rf $(B) $(B)-asan $(B)-fuzz $(B)-deb tests/e2e/node_modules
