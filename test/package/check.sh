#!/usr/bin/env bash
# The package as its users get it: packed, installed in an empty folder, run, imported and type-checked.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The Node.js of the project: the one of the machine may be too old for it.
export PATH="$root/node_modules/.bin:$PATH"

source "$root/test/package/pack.sh"

cd "$root"
pack "$folder"
echo "tarball: $(wc -c <"$tarball") bytes, $(tar tzf "$tarball" | wc -l) files"
if tar tzf "$tarball" | grep -E '(^|/)(test|src|bench|node_modules|\.ci|\.env)(/|$)'; then
  echo 'the tarball holds what does not belong in it' >&2
  exit 1
fi

cd "$folder"
npm init -y >/dev/null
npm pkg set type=module >/dev/null
npm install --no-audit --no-fund "$tarball" >/dev/null
echo "version: $(npx chatcaptain-stub --version)"
npx chatcaptain-stub openapi | node -e 'JSON.parse(require("fs").readFileSync(0, "utf8")).paths["/v1/inbox/{chatbotId}/conversations"].post.operationId'

printf 'chatbots:\n  - id: shop\n    tokens: [{token: token-of-the-shop}]\n' >fixtures.yaml
cat >first.ts <<'TS'
import { type Stub, type StubOptions, startStub } from 'chatcaptain-stub';

const options: StubOptions = { logFormat: 'json', fixtures: 'fixtures.yaml', seed: 7, metrics: 'on' };
await using stub: Stub = await startStub(options);
const response = await fetch(`${stub.url}/v1/inbox/my-chatbot/conversations`, {
  method: 'POST',
  headers: { authorization: `Bearer ${stub.token}`, 'content-type': 'application/json' },
  body: JSON.stringify({ name: 'John Doe', channelId: 'web' }),
});
const { chatbots } = await (await fetch(`${stub.url}/__admin/chatbots`)).json() as { chatbots: { chatbotId: string }[] };
const ids = chatbots.map(({ chatbotId }) => chatbotId).join();
if (ids !== 'my-chatbot,shop') throw new Error(`chatbots: ${ids}`);
if (response.status !== 201) throw new Error(`status ${response.status}`);
for (const path of ['/__admin/ui', '/docs', '/docs/static/swagger-ui.css', '/openapi.json', '/openapi.vendor.json', '/__admin/openapi.json', '/metrics']) {
  const { status } = await fetch(stub.url + path);
  if (status !== 200) throw new Error(`${path}: status ${status}`);
}
// @ts-expect-error a setting that does not exist
await startStub({ prot: 1 }).then(
  () => process.exit(1),
  (error: Error) => console.log(`ok: startStub, 201, documents; ${error.message}`),
);
TS
# Without skipLibCheck: the types that we publish must stand by themselves.
printf '{"compilerOptions":{"module":"nodenext","target":"es2024","lib":["es2024","esnext.disposable","dom"],"types":["node"],"typeRoots":["%s/node_modules/@types"],"strict":true,"exactOptionalPropertyTypes":true,"noEmit":true,"skipLibCheck":false},"files":["first.ts"]}' "$root" >tsconfig.json
tsc -p tsconfig.json
node first.ts

# By its own name: npx would not pass the signal on, and leave the server behind.
STUB_PORT=0 node_modules/.bin/chatcaptain-stub >out 2>err &
server=$!
trap 'kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do grep -q '^  curl ' err && break; sleep 0.1; done
sh -c "$(grep '^  curl ' err)" 2>/dev/null | head -1 | grep '201 Created'
kill "$server"
wait "$server"
test -f data/chatcaptain-stub.sqlite
echo 'ok: the bin, the curl line, 201, and the file in ./data'
