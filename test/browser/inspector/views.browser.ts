// Conversations, chatbots and tokens, faults and state: seen and changed as a person does it.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { admin, conversationIds, createIn, makeChatbot } from '../../support/admin.ts';
import { startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';
const shell = promisify(execFile);
const runInShell = async (line: string): Promise<string> => (await shell('sh', ['-c', `${line} 2>/dev/null`])).stdout;

browserTest('conversations are found by chatbot, channel and text, read in full, and deleted', async (t, openPage) => {
  const stub = await startTestStub(t);
  const [shop, other] = [await makeChatbot(stub, { id: 'a%41&b=c' }), await makeChatbot(stub, { id: 'other' })];
  await createIn(stub, shop, { name: 'Ada Lovelace', email: 'ada@example.com', channelId: 'web' });
  await createIn(stub, shop, { name: 'Grace Hopper', channelId: 'email' });
  await createIn(stub, other, { name: 'Émile 👩‍💻' });
  const { page } = await openPage(`${stub.url}${UI}/conversations`);
  const links = page.locator('tbody th a, tbody td a');
  await page.getByRole('link', { name: 'Émile 👩‍💻' }).waitFor();

  await page.getByRole('combobox', { name: 'Chatbot' }).fill(shop.chatbotId);
  await page.getByRole('link', { name: 'Émile 👩‍💻' }).waitFor({ state: 'detached' });
  await page.getByRole('searchbox', { name: 'Channel' }).fill('web');
  await page.getByRole('link', { name: 'Grace Hopper' }).waitFor({ state: 'detached' });
  await page.reload();
  await page.getByRole('link', { name: 'Ada Lovelace' }).click();
  const panel = page.getByRole('region', { name: 'Ada Lovelace' });
  await panel.getByText('ada@example.com').first().waitFor();
  t.match(await panel.textContent(), /a%41&b=c/);
  t.equal((await links.count()) > 0, true);

  // To the request that made it, and back.
  await panel.getByRole('link', { name: 'The request that made it' }).click();
  await page.getByRole('row', { name: /201 POST .*stored as/ }).waitFor();
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.goBack();

  await panel.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('Conversation deleted').waitFor();
  t.equal((await conversationIds(stub, shop.chatbotId)).length, 1);
  t.equal((await conversationIds(stub, other.chatbotId)).length, 1);
});

browserTest(
  'a chatbot is made with a token that is shown once, with a line that works, and removed',
  async (t, openPage) => {
    const stub = await startTestStub(t);
    const { page, takeComplaints } = await openPage(`${stub.url}${UI}/chatbots`, {
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    await page.getByRole('button', { name: 'Make a chatbot' }).first().click();
    const form = page.getByRole('dialog', { name: 'Make a chatbot' });
    await form.getByRole('textbox', { name: 'Id', exact: true }).fill("it's a shop");
    await form.getByRole('textbox', { name: /^Channels/ }).fill("o'web, email");
    await form.getByRole('button', { name: 'Make', exact: true }).click();

    const shown = page.getByRole('dialog', { name: 'The chatbot is there, with its token' });
    await shown.waitFor();
    await page.keyboard.press('Escape');
    t.ok(await shown.isVisible(), 'an Escape by accident does not lose it');
    const copied = async (button: string) => {
      await shown.getByRole('button', { name: button }).click();
      return page.evaluate(() => navigator.clipboard.readText());
    };
    t.match(await copied('Copy the token'), /^CCSB-/);
    t.match(await runInShell(await copied('Copy the command')), / 201 Created/);
    await shown.getByRole('button', { name: 'I have copied it' }).click();
    t.notMatch(await page.content(), /CCSB-/);
    t.match(stub.rows(), [{ chatbot_id: "it's a shop", channel_id: "o'web" }]);

    // The same id again: the server says what to do.
    await page.getByRole('button', { name: 'Make a chatbot' }).first().click();
    await form.getByRole('textbox', { name: 'Id', exact: true }).fill("it's a shop");
    await form.getByRole('button', { name: 'Make', exact: true }).click();
    await form.getByText(/There is a chatbot it's a shop already/).waitFor();
    t.match(takeComplaints(), [/409/]);
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: "Remove chatbot it's a shop" }).click();
    await page
      .getByRole('dialog')
      .getByText(/1 conversation/)
      .waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    t.same(stub.rows(), []);
  },
);

browserTest(
  'what would fix a refusal leads to a form that is filled in; the token is then revoked',
  async (t, openPage) => {
    const stub = await startTestStub(t);
    const [shop, other] = [await makeChatbot(stub, { id: 'shop' }), await makeChatbot(stub, { id: 'other' })];
    const refused = await createIn(stub, { ...shop, token: other.token });
    const { page } = await openPage(`${stub.url}${UI}/requests/${refused.headers['x-stub-request-id']}`);
    await page.getByRole('link', { name: 'Make such a token' }).click();
    const form = page.getByRole('dialog', { name: 'Make a token' });
    await form.getByRole('textbox', { name: 'Name', exact: true }).fill('mended');
    await form.getByRole('button', { name: 'Make', exact: true }).click();
    const shown = page.getByRole('dialog', { name: 'The token is made' });
    const line = await shown.locator('pre').last().textContent();
    t.match(await runInShell(String(line)), / 201 Created/);
    await shown.getByRole('button', { name: 'I have copied it' }).click();
    t.match(page.url(), /\/chatbots$/);

    const { json } = await admin(stub, 'GET', '/tokens');
    const made = json.tokens.find(({ name }: { name: string }) => name === 'mended');
    t.match(made, {
      grants: [{ permission: 'chatbots.inbox.conversations.create', resource: 'chatbots/shop' }],
      state: 'active',
    });
    await page.getByRole('button', { name: 'Revoke token mended' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('Token revoked').waitFor();
    await page.getByRole('row', { name: /mended .*revoked/ }).waitFor();
    t.match(await runInShell(String(line)), / 401 Unauthorized/);
  },
);

browserTest('each preset of a fault does what it says, and the table counts it', async (t, openPage) => {
  const stub = await startTestStub(t);
  const { page } = await openPage(`${stub.url}${UI}/faults`);
  const presets: [
    string,
    (outcome: {
      status?: number;
      headers?: Record<string, unknown>;
      json?: unknown;
      code?: string;
      took: number;
    }) => void,
  ][] = [
    ['403', ({ status }) => t.equal(status, 403)],
    ['429 with Retry-After', ({ status, headers }) => t.match([status, headers?.['retry-after']], [429, /^\d+$/])],
    ['503', ({ status }) => t.equal(status, 503)],
    ['Slow', ({ status, took }) => t.ok(status === 201 && took > 100, `${status} after ${took} ms`)],
    ['Reset', ({ code }) => t.equal(code, 'ECONNRESET')],
    ['Empty', ({ code }) => t.equal(code, 'ECONNRESET')],
    ['Truncated', ({ code }) => t.equal(code, 'ECONNRESET')],
    ['Garbage', ({ code }) => t.match(code, /^HPE_/)],
    ['201 with error', ({ status, json }) => t.match([status, json], [201, { error: /./ }])],
  ];
  for (const [preset, check] of presets) {
    const made = await makeChatbot(stub);
    await page.getByRole('button', { name: 'Make a fault' }).first().click();
    const form = page.getByRole('dialog', { name: 'Make a fault' });
    await form.getByRole('radio', { name: preset, exact: true }).check();
    await form.getByRole('combobox', { name: 'Chatbot', exact: true }).fill(made.chatbotId);
    await form.getByRole('button', { name: 'Make', exact: true }).click();
    await form.waitFor({ state: 'detached' });
    const began = performance.now();
    const answer = await createIn(stub, made).catch((error) => ({ code: error.code }));
    check({ ...answer, took: performance.now() - began });
    const { json } = await admin(stub, 'GET', `/faults?chatbotId=${made.chatbotId}`);
    t.match(json.faults, [{ fired: 1 }], preset);
  }
  const { json } = await admin(stub, 'GET', '/faults');
  t.equal(json.faults.length, presets.length);
  await page
    .getByText('used up')
    .nth(presets.length - 1)
    .waitFor();
  await page
    .getByRole('button', { name: /^Remove the fault that/ })
    .first()
    .click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  t.equal((await admin(stub, 'GET', '/faults')).json.faults.length, presets.length - 1);
});

browserTest(
  'what the server refuses of a fault is said where it was typed, and nothing typed is lost',
  async (t, openPage) => {
    const stub = await startTestStub(t);
    const { page, takeComplaints } = await openPage(`${stub.url}${UI}/faults?make=fault`);
    const form = page.getByRole('dialog', { name: 'Make a fault' });
    await form.getByRole('radio', { name: '429 with Retry-After' }).check();
    await form.getByRole('textbox', { name: 'Headers' }).fill('Content-Length: 5');
    await form.getByRole('button', { name: 'Make', exact: true }).click();
    await form.getByRole('alert').waitFor();
    t.match(await form.getByRole('alert').textContent(), /content-length/i);
    t.equal(await form.getByRole('textbox', { name: 'Headers' }).inputValue(), 'Content-Length: 5');
    t.same((await admin(stub, 'GET', '/faults')).json.faults, []);
    for (const complaint of takeComplaints()) t.match(complaint, /400/);
  },
);

browserTest('a snapshot is saved and restored; a reset says in numbers what will go', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'shop' });
  await createIn(stub, made, { name: 'kept' });
  const { page } = await openPage(`${stub.url}${UI}/state?chatbotId=shop`);
  await page.getByRole('textbox', { name: 'Name of a new snapshot' }).fill('base / ü');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Restore base / ü' }).waitFor();
  for (const name of ['one', 'two']) await createIn(stub, made, { name });

  await page.getByRole('button', { name: 'Reset this chatbot…' }).click();
  const question = page.getByRole('dialog', { name: 'Reset the chatbot?' });
  await question.getByText(/This deletes.*3 conversations.*3 /).waitFor();
  await question.getByRole('button', { name: 'Cancel' }).click();
  t.equal(stub.rows().length, 3);
  await page.getByRole('button', { name: 'Reset this chatbot…' }).click();
  await question.getByRole('button', { name: 'Reset', exact: true }).click();
  await page.getByText(/^Reset: .*gone/).waitFor();
  t.equal(stub.rows().length, 0);

  await page.getByRole('button', { name: 'Restore base / ü' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Restore', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  t.match(stub.rows(), [{ name: 'kept' }]);
  await page.getByRole('button', { name: 'Delete snapshot base / ü' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  t.same((await admin(stub, 'GET', '/snapshots')).json.snapshots, []);
});

browserTest('the clock is frozen, moved and let run; the settings are shown without secrets', async (t, openPage) => {
  const stub = await startTestStub(t, { token: 'a-secret-token', seed: 42 });
  const { page } = await openPage(`${stub.url}${UI}/state`);
  await page.getByRole('button', { name: 'Freeze' }).click();
  await page.getByRole('button', { name: 'Run', exact: true }).waitFor();
  const { now } = (await admin(stub, 'GET', '/clock')).json;
  await page.getByRole('button', { name: '+1 day' }).click();
  await page.getByText(now.slice(0, 7)).first().waitFor();
  const later = async () => (await admin(stub, 'GET', '/clock')).json;
  for (let turn = 0; turn < 100 && (await later()).now === now; turn++) await page.waitForTimeout(50);
  t.equal(Date.parse((await later()).now) - Date.parse(now), 86_400_000);
  await page.getByRole('button', { name: 'Back to the system’s time' }).click();
  await page.getByRole('button', { name: 'Freeze' }).waitFor();
  t.match(await later(), { frozen: false, offsetMs: 0 });
  t.match(await page.getByRole('region', { name: 'Settings' }).textContent(), /seed.*42/s);
  t.notMatch(await page.content(), /a-secret-token/);
});

browserTest('what the server cannot say is said, and asked again', async (t, openPage) => {
  const stub = await startTestStub(t);
  await createIn(stub, await makeChatbot(stub));
  for (const [view, route] of [
    ['conversations', '**/__admin/conversations?*'],
    ['faults', '**/__admin/faults?*'],
  ] as const) {
    const { page, takeComplaints } = await openPage(`${stub.url}${UI}/state`);
    await page.route(route, (request) => request.fulfill({ status: 503, json: { detail: 'The disk is full.' } }));
    await page.getByRole('link', { name: new RegExp(`^${view}$`, 'i') }).click();
    await page.getByText('The disk is full.').waitFor({ timeout: 15_000 });
    await page.unroute(route);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The disk is full.').waitFor({ state: 'detached' });
    for (const complaint of takeComplaints()) t.match(complaint, /503/);
  }
});
