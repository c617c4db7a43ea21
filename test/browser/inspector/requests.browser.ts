// The requests view of the inspector, as a person uses it.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import Sqlite from 'better-sqlite3';
import type { RequestRow } from '../../../src/control/requests/entry.ts';
import { admin, createIn, makeChatbot } from '../../support/admin.ts';
import { send, startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';
const shell = promisify(execFile);

browserTest('a newcomer finds the line to try, runs it, and sees it arrive', async (t, openPage) => {
  const stub = await startTestStub(t);
  const { page } = await openPage(stub.url + UI);
  await page.getByRole('heading', { name: 'No request yet' }).waitFor();
  t.match(page.url(), /\/__admin\/ui\/requests$/);
  t.match(await page.getByRole('region', { name: 'curl line' }).textContent(), /curl -i .*\/v1\/inbox\/my-chatbot/);

  await page.getByRole('button', { name: 'Make a chatbot with a token for it' }).click();
  await page.getByText('This line works as it stands.').waitFor();
  const line = await page.getByRole('region', { name: 'curl line' }).textContent();
  t.match((await shell('sh', ['-c', `${line} 2>/dev/null`])).stdout, /^HTTP\/1\.1 201 Created/);
  const row = page.getByRole('row', { name: /201 POST .*stored as/ });
  await row.waitFor();
  t.equal(await page.getByText('No request yet').count(), 0);
});

browserTest('a request appears without a reload within 200 ms of its answer', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await createIn(stub, made);
  const { page } = await openPage(stub.url + UI);
  await page.getByText('Live', { exact: true }).waitFor();
  const delays: number[] = [];
  for (let round = 0; round < 7; round++) {
    const { headers } = await createIn(stub, made, { name: `Round ${round}` });
    const answered = performance.now();
    await page.locator(`#request-${headers['x-stub-request-id']}`).waitFor();
    delays.push(performance.now() - answered);
  }
  const [, , , median = Number.NaN] = delays.sort((one, other) => one - other);
  t.ok(median < 200, `${delays.map(Math.round)} ms`);
});

browserTest('a refusal shows each step, the one that failed, and leads to what would fix it', async (t, openPage) => {
  const stub = await startTestStub(t);
  const shop = await makeChatbot(stub, { id: 'shop' });
  const other = await makeChatbot(stub, { id: 'other', name: 'ci' });
  const refused = await createIn(stub, { ...shop, token: other.token });
  // The link of the answer itself, in a browser.
  const [, link] = /<([^>]+)>; rel="describedby"/.exec(String(refused.headers.link)) ?? [];
  const { page } = await openPage(stub.url + link);
  t.match(page.url(), new RegExp(`${UI}/requests/${refused.headers['x-stub-request-id']}$`));

  const details = page.getByRole('region', { name: 'POST /v1/inbox/shop/conversations' });
  await details.waitFor();
  t.same(await details.locator('.trail-text > p:first-child').allTextContents(), [
    'parsed passed',
    'credential passed',
    'permission refused',
    'validated not reached',
    'fault not reached',
    'channel not reached',
    'stored not reached',
  ]);
  const failing = details.locator('.trail-step.refused');
  t.match(await failing.textContent(), /token "ci" holds \* on chatbots\/other; .* on chatbots\/shop is needed/);
  t.match(
    await failing.textContent(),
    /Use a token that holds chatbots\.inbox\.conversations\.create on chatbots\/shop\./,
  );
  t.match(await details.getByRole('region', { name: 'Body of the request' }).textContent(), /"name": "John Doe"/);
  t.match(await details.getByRole('region', { name: 'Body of the response' }).textContent(), /"statusCode": 403/);
  t.match(await details.textContent(), /Bearer \[redacted\]/);
  t.notMatch(await page.content(), other.token);

  await details.getByRole('link', { name: 'Make such a token' }).click();
  await page.waitForURL(/\/chatbots\?make=token&permission=chatbots\.inbox\.conversations\.create&chatbot=shop$/);
});

browserTest('a body that a schema refused shows each place; a fault shows itself', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'shop' });
  const invalid = await createIn(stub, made, { name: 5, email: 'nobody' });
  await admin(stub, 'POST', '/faults', { match: { chatbotId: 'shop' }, effect: { status: 429 }, times: 1 });
  const faulted = await createIn(stub, made);
  const { page } = await openPage(`${stub.url}${UI}/requests/${invalid.headers['x-stub-request-id']}`);
  const violations = page.locator('.violations li');
  await violations.first().waitFor();
  t.same(await violations.allTextContents(), [
    '/name must be a string; there was 5',
    '/email must be an email address such as john.doe@example.com; there was "nobody"',
  ]);
  await page.locator(`#request-${faulted.headers['x-stub-request-id']} a`).click();
  await page.locator('.trail-step.applied').waitFor();
  t.match(await page.locator('.trail-step.applied').textContent(), /fault .*status 429.*on purpose/);
  await page.getByRole('link', { name: 'Show the faults' }).click();
  await page.waitForURL(/\/faults\?chatbotId=shop$/);
});

browserTest('search and filters live in the address, and hold for what comes', async (t, openPage) => {
  const stub = await startTestStub(t);
  const [shop, other] = [await makeChatbot(stub, { id: 'shop' }), await makeChatbot(stub, { id: 'a b&ü' })];
  for (const name of ['Ada', 'Grace', 5]) await createIn(stub, shop, { name });
  await createIn(stub, other, { name: 'Ada' });
  const { page } = await openPage(stub.url + UI);
  const rows = page.locator('.request-body [role=row]');
  await page.getByText('4 requests', { exact: true }).waitFor();

  await page.getByRole('searchbox', { name: 'Search' }).fill('ada');
  await page.waitForURL(/\?text=ada$/);
  await page.getByText('2 requests', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Chatbot' }).fill(other.chatbotId);
  await page.getByText('1 request', { exact: true }).waitFor();
  t.equal(new URL(page.url()).searchParams.get('chatbotId'), other.chatbotId);

  await page.reload();
  await page.getByText('1 request', { exact: true }).waitFor();
  t.equal(await page.getByRole('searchbox', { name: 'Search' }).inputValue(), 'ada');
  // What does not match stays away; what matches comes.
  await createIn(stub, shop, { name: 'Ada' });
  await createIn(stub, other, { name: 'Grace' });
  await createIn(stub, other, { name: 'Ada Lovelace' });
  await page.getByText('2 requests', { exact: true }).waitFor();
  t.equal(await rows.count(), 2);

  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  await page.getByRole('combobox', { name: 'Chatbot' }).fill('');
  await page.getByLabel('Status').selectOption('400');
  await page.getByText('1 request', { exact: true }).waitFor();
  t.match(page.url(), /\?status=400$/);
  await page.getByRole('searchbox', { name: 'Search' }).fill('nowhere to be found');
  await page.getByRole('heading', { name: 'No request matches' }).waitFor();
  await page.getByRole('button', { name: 'Show all requests' }).click();
  await page.getByText('7 requests', { exact: true }).waitFor();
  t.match(page.url(), /\/requests$/);
});

browserTest('the keyboard is enough', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  const ids: unknown[] = [];
  for (const name of ['first', 'second', 'third'])
    ids.push((await createIn(stub, made, { name })).headers['x-stub-request-id']);
  const { page } = await openPage(stub.url + UI);
  await page.getByText('3 requests', { exact: true }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.closest('[role=row]')?.id.replace('request-', ''));

  await page.keyboard.press('/');
  t.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'search');
  await page.keyboard.press('Escape');
  await page.keyboard.press('ArrowDown');
  t.equal(await focused(), ids[2], 'the newest');
  await page.keyboard.press('ArrowDown');
  t.equal(await focused(), ids[1]);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  t.equal(await focused(), ids[2], 'it stops at the end');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`/requests/${ids[1]}$`));
  await page.locator('.details-head h2:focus').waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL(/\/requests$/);
  t.equal(await focused(), ids[1], 'back to where it was');
  // With the details open, the arrows of the list show one after the other.
  await page.keyboard.press('Enter');
  await page.locator('.details-head h2:focus').waitFor();
  await page.locator(`#request-${ids[1]} a`).focus();
  await page.keyboard.press('ArrowDown');
  await page.waitForURL(new RegExp(`/requests/${ids[0]}$`));
  t.equal(await focused(), ids[0]);
});

browserTest(
  'a paused list stands still; what came meanwhile is counted, and there when it goes on',
  async (t, openPage) => {
    const stub = await startTestStub(t);
    const made = await makeChatbot(stub);
    await createIn(stub, made);
    const { page } = await openPage(stub.url + UI);
    await page.getByText('1 request', { exact: true }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await createIn(stub, made);
    await createIn(stub, made);
    await page.getByRole('button', { name: 'Resume (2 new)' }).click();
    await page.getByText('3 requests', { exact: true }).waitFor();
  },
);

browserTest('a request can be copied as curl, sent again, and linked to', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'shop' });
  const { headers } = await createIn(stub, made, { name: "it's" });
  const id = String(headers['x-stub-request-id']);
  const { page } = await openPage(`${stub.url}${UI}/requests/${id}`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const copied = async (button: string) => {
    await page.getByRole('button', { name: button }).click();
    await page.getByText('Copied', { exact: true }).waitFor();
    return page.evaluate(() => navigator.clipboard.readText());
  };
  t.equal(await copied('Copy link'), `${stub.url}${UI}/requests/${id}`);
  const line = await copied('Copy as curl');
  const { stdout } = await shell('sh', ['-c', `${line} 2>/dev/null`], {
    env: { ...process.env, STUB_TOKEN: made.token },
  });
  t.match(stdout, / 201 Created/);

  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByText('Sent again: 201').waitFor();
  await page.getByRole('link', { name: id }).waitFor();
  t.notMatch(page.url(), id);
  t.same(
    stub.rows().map(({ name }) => name),
    ["it's", "it's", "it's"],
  );
});

browserTest('the journal can be emptied, after a question', async (t, openPage) => {
  const stub = await startTestStub(t);
  await createIn(stub, await makeChatbot(stub));
  const { page } = await openPage(stub.url + UI);
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Clear…' }).click();
  await page.getByRole('dialog', { name: 'Empty the journal?' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Clear…' }).click();
  await page.getByRole('button', { name: 'Empty the journal' }).click();
  await page.getByRole('heading', { name: 'No request yet' }).waitFor();
  t.match((await admin(stub, 'GET', '/requests')).json, { requests: [] });
});

/** Puts entries like the one that is there into the journal of a stub that is not running. */
function multiply(file: string, count: number): void {
  const db = new Sqlite(file);
  const row = db.prepare('SELECT * FROM requests LIMIT 1').get() as RequestRow;
  const names = Object.keys(row);
  const insert = db.prepare(`INSERT INTO requests (${names}) VALUES (${names.map((name) => `@${name}`)})`);
  db.transaction(() => {
    for (let index = 1; index < count; index++) {
      insert.run({ ...row, seq: row.seq + index, id: `0many${String(index).padStart(15, '0')}` });
    }
  })();
  db.close();
}

browserTest(
  'ten thousand entries stay smooth: few rows in the document, the oldest in reach, and the page keeps up',
  async (t, openPage) => {
    const database = path.join(t.testdir(), 'stub.sqlite');
    const before = await startTestStub(t, { database });
    await createIn(before, await makeChatbot(before));
    await before.stub.close();
    multiply(database, 10_000);
    const stub = await startTestStub(t, { database });
    const { page } = await openPage(stub.url + UI);
    const rows = page.locator('.request-body [role=row]');
    await rows.first().waitFor();
    const scroller = page.locator('.request-scroller');
    const total = page.getByText('10,000 requests', { exact: true });
    let most = 0;
    for (let turn = 0; turn < 400 && (await total.count()) === 0; turn++) {
      await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
      await page.waitForTimeout(20);
      most = Math.max(most, await rows.count());
    }
    await total.waitFor();
    t.ok(most > 10 && most < 100, `${most} rows in the document`);
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight));
    await page.locator('[aria-rowindex="10001"]').waitFor();

    // In the middle of it all, with more coming: the rows that are read stand still, and the page keeps up.
    await scroller.evaluate((element) => element.scrollTo(0, element.scrollHeight / 2));
    await page.waitForTimeout(200);
    const middle = rows.nth(20);
    const [id, place] = [await middle.getAttribute('id'), await middle.boundingBox()];
    await page.evaluate(() => {
      const tasks: number[] = [];
      Object.assign(window, { tasks });
      new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
        type: 'longtask',
      });
    });
    const made = await makeChatbot(stub);
    for (let count = 0; count < 20; count++) await createIn(stub, made);
    await page.getByText('10,020 requests', { exact: true }).waitFor();
    t.same(await page.locator(`#${id}`).boundingBox(), place);
    const longest = await page.evaluate(() => Math.max(0, ...(window as unknown as { tasks: number[] }).tasks));
    t.ok(longest < 1000, `the longest task took ${Math.round(longest)} ms`);
  },
);

browserTest('a server that goes away is said to be away, and followed again when it is back', async (t, openPage) => {
  const file = `${t.testdir()}/stub.sqlite`;
  const first = await startTestStub(t, { database: file });
  const made = await makeChatbot(first);
  await createIn(first, made);
  const { page, takeComplaints } = await openPage(first.url + UI);
  await page.getByText('Live', { exact: true }).waitFor();
  await first.stub.close();
  await page.getByText('Not connected').waitFor();
  const second = await startTestStub(t, { database: file, port: Number(new URL(first.url).port) });
  await createIn(second, made, { name: 'after' });
  await page.getByText('2 requests', { exact: true }).waitFor({ timeout: 15_000 });
  await page.getByText('Live', { exact: true }).waitFor();
  for (const complaint of takeComplaints()) t.match(complaint, /net::ERR_|503/);
});

browserTest('a request that is not in the journal is said so, and the way back is open', async (t, openPage) => {
  const stub = await startTestStub(t);
  const { page, takeComplaints } = await openPage(`${stub.url}${UI}/requests/0nothing`);
  await page.getByRole('alert').waitFor();
  t.match(await page.getByRole('alert').textContent(), /There is no request 0nothing/);
  await page.getByRole('button', { name: 'Close the request' }).click();
  await page.waitForURL(/\/requests$/);
  t.match(takeComplaints(), [/404/]);
  t.match(await send(stub.url, { method: 'GET', path: `${UI}/requests/0nothing` }), { status: 200 });
});
