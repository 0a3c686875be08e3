#!/usr/bin/env bash
# Builds the core without Node, under AddressSanitizer and UBSan, and runs every *_test.cc. Needs make, g++ and zlib.
set -euo pipefail
cd "$(dirname "$0")/../.."
make --silent --jobs=2 --file=native/test/Makefile all
for test in build/native-test/*_test; do
  source="native/test/$(basename "$test").cc"
  [ -e "$source" ] || continue
  echo "$(basename "$test")"
  ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 "$test"
done
