// Every view and dialog in both themes, as axe and as a camera see them. SCREENSHOTS=FOLDER keeps the pictures that
// README.md and docs/inspector.md show.
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Test } from 'tap';
import { admin, createIn, makeChatbot } from '../../support/admin.ts';
import { send, startTestStub, type TestStub } from '../../support/stub.ts';
import { accessibilityProblems, browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';

/** What a day of trying things out leaves behind: accepted, refused for each reason, forced, and broken on purpose. */
async function useFor(stub: TestStub): Promise<Record<'refused' | 'invalid' | 'conversation', string>> {
  const shop = await makeChatbot(stub, { id: 'shop', channels: ['web', 'email'] });
  const support = await makeChatbot(stub, { id: 'support', name: 'ci' });
  const idOf = ({ headers }: Awaited<ReturnType<typeof send>>): string => String(headers['x-stub-request-id']);
  const first = await createIn(stub, shop, { name: 'Ada Lovelace', channelId: 'web', email: 'ada@example.com' });
  await createIn(stub, shop, { name: 'Alan Turing', channelId: 'email', phone: '+441865270000' });
  const invalid = await createIn(stub, shop, { name: 5, channelId: 'web', email: 'nobody' });
  await createIn(stub, shop, { name: 'Grace Hopper', channelId: 'sms' });
  await createIn(stub, { ...shop, token: 'CCSB-unknown' });
  await createIn(stub, support, { name: 'Émile Durand' });
  await stub.create('{"name": "Katherine', {
    chatbotId: 'support',
    headers: { authorization: `Bearer ${support.token}` },
  });
  const limited = {
    match: { chatbotId: 'support' },
    effect: { status: 429, headers: { 'Retry-After': '30' } },
    times: 2,
  };
  await admin(stub, 'POST', '/faults', limited);
  for (const name of ['Margaret Hamilton', 'Annie Easley']) await createIn(stub, support, { name });
  await admin(stub, 'POST', '/faults', {
    match: { chatbotId: 'shop', name: 'Slow' },
    effect: { delayMs: { uniform: [200, 900] } },
  });
  await admin(stub, 'POST', '/faults', {
    match: { chatbotId: 'support' },
    effect: { connection: 'reset' },
    times: 1,
    probability: 1,
  });
  await createIn(stub, support).catch(() => {});
  await createIn(stub, shop, { name: 'Radia Perlman', channelId: 'web' }, { prefer: 'code=503' });
  await send(stub.url, { method: 'GET', path: '/v1/inbox/shop/conversations' });
  await createIn(stub, shop, { name: 'Barbara Liskov', channelId: 'web' });
  const refused = await createIn(stub, { ...shop, token: support.token });
  await admin(stub, 'PUT', '/snapshots/before-the-import?chatbotId=shop');
  await admin(stub, 'PUT', '/snapshots/all-green');
  await admin(stub, 'POST', '/tokens', {
    name: 'short-lived',
    grants: [{ permission: 'chatbots.inbox.*', resource: 'chatbots/*' }],
    expiresIn: 3600,
  });
  await createIn(stub, support, { name: 'Frances Allen' });
  return { refused: idOf(refused), invalid: idOf(invalid), conversation: first.json.conversationId };
}

interface View {
  name: string;
  path: string;
  /** What is there when it is complete. */
  sign: string;
}

function viewsOf({ refused, invalid, conversation }: Awaited<ReturnType<typeof useFor>>): View[] {
  return [
    { name: 'requests', path: `/requests/${refused}`, sign: 'Make such a token' },
    { name: 'requests-list', path: '/requests', sign: 'stored as' },
    { name: 'requests-invalid', path: `/requests/${invalid}`, sign: 'must be a string' },
    { name: 'requests-nothing', path: '/requests?text=nowhere', sign: 'No request matches' },
    { name: 'conversations', path: `/conversations/${conversation}?chatbotId=shop`, sign: 'The request that made it' },
    { name: 'chatbots', path: '/chatbots', sign: 'short-lived' },
    { name: 'make-token', path: '/chatbots?make=token', sign: 'Token of your own' },
    { name: 'make-chatbot', path: '/chatbots?make=chatbot', sign: 'Its token expires in' },
    { name: 'faults', path: '/faults', sign: 'used up' },
    { name: 'make-fault', path: '/faults?make=fault', sign: 'Begin with' },
    { name: 'state', path: '/state', sign: 'before-the-import' },
    { name: 'no-such-view', path: '/nowhere', sign: 'There is no such view' },
  ];
}

async function look(page: Page, base: string, { path: view, sign }: View): Promise<void> {
  await page.goto(base + view);
  await page.getByText(sign).filter({ visible: true }).first().waitFor();
}

/** What the documentation shows. */
const SHOWN = new Set([
  'requests-light',
  'requests-dark',
  'requests-list-light',
  'requests-list-narrow',
  'requests-invalid-narrow',
  'conversations-dark',
  'chatbots-light',
  'faults-light',
  'make-fault-dark',
  'state-light',
  'first-light',
]);

async function picture(page: Page, name: string): Promise<void> {
  const { SCREENSHOTS: folder } = process.env;
  if (!folder || !SHOWN.has(name)) return;
  mkdirSync(folder, { recursive: true });
  // Without the frame of what has the focus.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.screenshot({ path: path.join(folder, `${name}.png`) });
}

/** Whether what is seen is as wide as the screen: only tables may be wider, inside of themselves. */
async function assertFits(t: Test, page: Page, name: string): Promise<void> {
  const { width, seen } = await page.evaluate(() => ({
    width: document.documentElement.scrollWidth,
    seen: document.documentElement.clientWidth,
  }));
  t.ok(width <= seen, `${name}: ${width} of ${seen} pixels`);
}

for (const colorScheme of ['light', 'dark'] as const) {
  browserTest(`axe finds nothing in any view or dialog, ${colorScheme}`, async (t, openPage) => {
    const stub = await startTestStub(t);
    const views = viewsOf(await useFor(stub));
    const options = { colorScheme, viewport: { width: 1280, height: 800 }, deviceScaleFactor: 1 };
    const { page } = await openPage(`${stub.url}${UI}`, options);
    for (const view of views) {
      await look(page, stub.url + UI, view);
      t.same(await accessibilityProblems(page), [], `${view.name}, ${colorScheme}`);
      await picture(page, `${view.name}-${colorScheme}`);
    }
    await page.goto(stub.url);
    t.same(await accessibilityProblems(page), [], `index page, ${colorScheme}`);
    await picture(page, `index-${colorScheme}`);
  });

  browserTest(
    `axe finds nothing on a screen with nothing on it yet, nor where a token is asked for, ${colorScheme}`,
    async (t, openPage) => {
      const stub = await startTestStub(t);
      const { page } = await openPage(stub.url + UI, { colorScheme });
      await page.getByText('No request yet').waitFor();
      t.same(await accessibilityProblems(page), [], 'the first screen');
      await picture(page, `first-${colorScheme}`);
      for (const [view, sign] of [
        ['conversations', 'No conversations yet'],
        ['chatbots', 'Make a chatbot'],
        ['faults', 'Make a fault'],
      ]) {
        await look(page, `${stub.url}${UI}/`, { name: '', path: String(view), sign: String(sign) });
        t.same(await accessibilityProblems(page), [], String(view));
      }
    },
  );
}

browserTest('axe finds nothing where the admin token is asked for', async (t, openPage) => {
  const stub = await startTestStub(t, { adminToken: 'a-token' });
  const { page, takeComplaints } = await openPage(stub.url + UI);
  await page.getByRole('dialog').waitFor();
  t.same(await accessibilityProblems(page), []);
  for (const complaint of takeComplaints()) t.match(complaint, /401/);
});

for (const width of [320, 390, 2200]) {
  browserTest(`every view fits a screen that is ${width} pixels wide`, async (t, openPage) => {
    const stub = await startTestStub(t);
    const views = viewsOf(await useFor(stub));
    const { page } = await openPage(stub.url + UI, { viewport: { width, height: 844 } });
    for (const view of views) {
      await look(page, stub.url + UI, view);
      await assertFits(t, page, view.name);
      if (width === 390) {
        t.same(await accessibilityProblems(page), [], `${view.name}, narrow`);
        await picture(page, `${view.name}-narrow`);
      }
    }
  });
}

browserTest(
  'times are in the zone of the reader, and in UTC under the pointer; the theme is the reader’s choice',
  async (t, openPage) => {
    const stub = await startTestStub(t);
    await admin(stub, 'PUT', '/clock', { set: '2026-01-02T22:30:00Z', freeze: true });
    await createIn(stub, await makeChatbot(stub));
    const { page } = await openPage(stub.url + UI, { timezoneId: 'Asia/Kolkata', colorScheme: 'light' });
    const time = page.locator('time').first();
    await time.waitFor();
    t.match(await time.textContent(), /3 Jan 2026 04:00:00/);
    t.match(await time.getAttribute('title'), '2026-01-02 22:30:00.000 UTC');

    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    for (const [now, next] of [
      ['system', 'light'],
      ['light', 'dark'],
    ]) {
      await page.getByRole('button', { name: `Theme: ${now}. Change to ${next}` }).click();
    }
    await page.getByRole('button', { name: 'Theme: dark. Change to system' }).waitFor();
    const dark = await ground();
    t.not(dark, light);
    await page.reload();
    await page.locator('time').first().waitFor();
    t.equal(await ground(), dark, 'it is remembered');
  },
);
