import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { bundlePage } from '../../src/inspector/bundle.ts';
import { codingFor, loadFiles, pageFile } from '../../src/inspector/files.ts';

t.test('what the build has written is read as it would be bundled', async (t) => {
  const { files, inputs } = await bundlePage('most');
  const folder = path.join(t.testdir(), 'inspector');
  mkdirSync(folder);
  for (const [name, { identity, br, gzip }] of files) {
    writeFileSync(path.join(folder, name), identity);
    writeFileSync(path.join(folder, `${name}.br`), br);
    writeFileSync(path.join(folder, `${name}.gz`), gzip);
  }
  const built = await loadFiles(folder);
  t.same([...built].map(([name, { encodings }]) => [name, encodings]).sort(), [...files].sort());
  t.ok(Object.keys(inputs).some((file) => file.includes('node_modules/preact/')));
  // The names are those of the content, whoever bundles.
  for (const [name, { identity }] of files) {
    const served = await pageFile(name);
    t.ok(served?.encodings.identity.equals(identity), name);
    t.ok(gunzipSync(served?.encodings.gzip as Buffer).equals(identity));
  }
});

t.test('without a word on codings, bytes go out as they are', async (t) => {
  t.equal(codingFor(undefined), 'identity');
  t.equal(codingFor(['gzip', 'br']), 'br');
});
