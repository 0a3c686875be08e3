#!/usr/bin/env bash
# The tests that move records over real sockets, on a debug build of the addon, which overwrites every request as soon
# as nothing may look at it any more. The release build stays what the broker takes.
set -euo pipefail
cd "$(dirname "$0")/../.."
node native/install.mjs --debug
# node-gyp-build prefers a release build: this root has only the other one.
root="$PWD/build/poisoned"
mkdir -p "$root/build/Debug"
cp build/Debug/ottla.node "$root/build/Debug/"
OTTLA_PREBUILD="$root" npx vitest run src/network src/native/transport.test.ts test/integration/request-views.test.ts "$@"
