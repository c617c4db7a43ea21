import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const here = (name: string): string => new URL(name, import.meta.url).href;
const WATCH = here('../support/answers/watch.ts');

/** Runs the test that looks at nothing, watched as a test is, and resolves with what became of it. */
async function runIt(t: Test, prefix = ''): Promise<{ code: number | null; stdout: string; stderr: string }> {
  // Its answers are no answers of this test.
  const env = { ...process.env, ANSWERS_OF_STUBS: '', TAP_CHILD_ID: '' };
  const args = [
    `--import=${WATCH}`,
    `--import=${here('./wrong.ts')}`,
    fileURLToPath(here('./looks-at-nothing.ts')),
    prefix,
  ];
  const child = spawn(process.execPath, args, { cwd: t.testdir(), env });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => {
      said[name] += chunk;
    });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}

t.test('this run is watched, and so is what it starts', async (t) => {
  t.match(process.execArgv.join(' '), /--import=\.\/test\/support\/answers\/watch\.ts/, '.taprc names it');
  t.ok(process.env['NODE_OPTIONS']?.includes(WATCH), 'for what this process starts');
});

t.test('an answer that is otherwise than the document says makes a test fail that looks at none', async (t) => {
  const { code, stdout, stderr } = await runIt(t);
  t.equal(code, 1);
  t.notMatch(stdout, /not ok/, 'by itself it has nothing to complain of');
  const lines = stderr
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .sort();
  const declared = 'declared are 201, 400, 401, 403, 404, 405, 408, 413, 431, 500, 503, default';
  const inbox = (complaint: string) => complaint.replace(/^(\S+)/, 'POST /v1/inbox/$1/conversations');
  const noErrorBody = ['message is missing', 'error is missing', 'statusCode is missing', 'title is not declared'];
  t.same(
    lines,
    [
      inbox(`undeclared-status-by-fetch 418: status is 418, ${declared}`),
      inbox(`another-success-by-request 200: status is 200, ${declared}`),
      inbox('wrong-body-by-bytes 201: body/conversationId must be string'),
      inbox('no-json-behind-it 201: body is not valid JSON'),
      inbox('more-in-the-body 201: body/contactId is not declared'),
      inbox('wrong-type 201: media type is text/html, declared is application/json'),
      inbox('no-id 201: header x-stub-request-id is missing'),
      inbox('no-challenge 401: header WWW-Authenticate is missing'),
      inbox('empty-error 400: body is not valid JSON'),
      ...noErrorBody.flatMap((what) => [
        inbox(`another-error-body 400: body/${what}`),
        `GET /v1/another-error-body-beyond-the-operations 404: body/${what}`,
      ]),
      'GET /__admin/faults?chatbotId=more-in-the-body 200: body/contactId is not declared',
      ...['contactId is not declared', 'dropped is not declared', 'log is missing', 'requests is not declared'].map(
        (what) => `GET /__admin/requests?chatbotId=more-in-the-body-by-inject&limit=1000 200: body/${what}`,
      ),
      'GET /__admin/requests?chatbotId=more-in-the-body-by-inject&limit=1000 200: body must match exactly one schema in oneOf',
      `in a process of its own: ${inbox(`undeclared-status-elsewhere 418: status is 418, ${declared}`)}`,
    ].sort(),
  );
});

t.test('the same test passes when the answers are right', async (t) => {
  const { code, stderr } = await runIt(t, 'right-');
  t.same({ code, stderr }, { code: 0, stderr: '' });
});
