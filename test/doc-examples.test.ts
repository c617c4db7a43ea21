// What the comments at the package's doors show is what happens.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { needsEngine, promisedOutput, runExample } from './support/example.ts';

const root = path.join(import.meta.dirname, '..');

/** What the examples take for granted. */
const PRELUDE = `
import { startStub } from 'chatcaptain-stub';
await using stub = await startStub();
const chatbot = await stub.chatbot();
const createConversation = (body: object) =>
  fetch(\`\${stub.url}/v1/inbox/\${chatbot.chatbotId}/conversations\`, {
    method: 'POST',
    headers: { authorization: \`Bearer \${chatbot.token}\`, 'content-type': 'application/json' },
    body: JSON.stringify({ channelId: chatbot.channelIds[0], ...body }),
  });
`;

/** The examples in the comments of a file. */
function examplesIn(file: string): string[] {
  const comments = readFileSync(path.join(root, file), 'utf8').matchAll(/@example\n *\* ```ts\n(.*?) *\* ```/gs);
  return [...comments].map(([, lines = '']) => lines.replaceAll(/^ *\* ?/gm, ''));
}

const examples = globSync('src/**/*.ts', { cwd: root })
  .sort()
  .flatMap((file) => examplesIn(file).map((source, index) => ({ name: `${file}, example ${index + 1}`, source })))
  .filter(({ source }) => !needsEngine(source));

t.jobs = 3;

t.ok(examples.length >= 10, 'there are examples');
for (const { name, source } of examples) {
  t.test(`${name}: prints what it says`, async (t) => {
    const { stdout, stderr } = await runExample(source.startsWith('import ') ? source : PRELUDE + source);
    t.equal(stderr, '');
    t.equal(stdout, promisedOutput(source));
  });
}
