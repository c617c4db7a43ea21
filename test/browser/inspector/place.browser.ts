// Where the reader is: the focus, the place on the page and the name of the tab, whatever comes and goes.
import type { Page } from 'playwright-core';
import { admin, createIn, makeChatbot } from '../../support/admin.ts';
import { startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';

/** What has the focus, in a word. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const { activeElement } = document;
    if (!activeElement || activeElement === document.body) return 'nothing';
    return activeElement.textContent?.trim() || activeElement.id || activeElement.tagName;
  });
}

browserTest(
  'each view names the tab, takes the focus of a link that is gone, and begins at its top',
  async (t, openPage) => {
    const stub = await startTestStub(t);
    for (let count = 0; count < 20; count++) await makeChatbot(stub, { id: `bot-${count}` });
    const { page } = await openPage(`${stub.url}${UI}/chatbots`);
    const main = page.locator('main');
    const top = (): Promise<number> => main.evaluate(({ scrollTop }) => scrollTop);
    t.equal(await page.title(), 'Chatbots & tokens · chatcaptain-stub');
    await page.getByRole('row', { name: 'bot-9' }).first().waitFor();
    await main.evaluate((element) => element.scrollTo(0, 300));
    const state = page.getByRole('row', { name: 'bot-9' }).getByRole('link', { name: 'State' });
    await state.evaluate((link) => {
      link.focus({ preventScroll: true });
      (link as HTMLElement).click();
    });
    await page.getByRole('heading', { name: 'Settings' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === 'view');
    t.equal(await page.title(), 'State · chatcaptain-stub');
    t.equal(await top(), 0);
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('main')?.scrollTop === 300);
    t.equal(await page.title(), 'Chatbots & tokens · chatcaptain-stub');
    await page.getByRole('navigation').getByRole('link', { name: 'Faults' }).click();
    await page.getByRole('heading', { name: 'No faults' }).waitFor();
    t.equal(await focused(page), 'Faults', 'a link that is still there keeps it');
  },
);

browserTest('from a row, Tab leads to what is beside the list', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  for (let count = 0; count < 5; count++) await createIn(stub, made);
  const { page } = await openPage(stub.url + UI);
  await page.getByText('5 requests', { exact: true }).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.locator('.details-head h2:focus').waitFor();
  await page.locator('[aria-current] a').focus();
  await page.keyboard.press('Tab');
  t.ok(await page.evaluate(() => document.activeElement?.closest('.details') !== null));
  await page.keyboard.press('Shift+Tab');
  t.ok(await page.evaluate(() => document.activeElement?.closest('[aria-current]') !== null));
});

browserTest('the filters stay when a request is opened, and when it is left', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'a&b=c#d?e%41' });
  await createIn(stub, made);
  await createIn(stub, made, { name: 5 });
  const { page } = await openPage(`${stub.url}${UI}/requests?status=4xx`);
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Chatbot' }).fill(made.chatbotId);
  await page.waitForURL(/chatbotId=/);
  await page.locator('.request-body a').click();
  await page.locator('.details-head h2:focus').waitFor();
  for (const path of ['requests/\\w+', 'requests']) {
    t.match(page.url(), new RegExp(`/${path}\\?status=4xx&chatbotId=a%26b%3Dc%23d%3Fe%2541$`));
    t.equal(await page.locator('.request-body [role=row]').count(), 1);
    await page.keyboard.press('Escape');
  }
});

browserTest('a button that goes with what it did leaves the focus in its view', async (t, openPage) => {
  const stub = await startTestStub(t);
  await createIn(stub, await makeChatbot(stub));
  const { page } = await openPage(`${stub.url}${UI}/requests?text=nothing-like-it`);
  const isInView = (): Promise<unknown> => page.waitForFunction(() => document.activeElement?.id === 'view');
  await page.getByRole('button', { name: 'Show all requests' }).click();
  await page.getByText('1 request', { exact: true }).waitFor();
  await isInView();
  await page.goto(`${stub.url}${UI}/conversations?text=nothing-like-it`);
  await page.getByRole('button', { name: 'Clear the filters' }).click();
  await isInView();
  await page.goto(`${stub.url}${UI}/faults?make=fault`);
  await page.getByRole('dialog').getByRole('button', { name: 'Make', exact: true }).click();
  await page.getByRole('heading', { name: 'The fault waits for a request' }).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await isInView();
  t.equal(await page.getByRole('heading', { name: 'The fault waits for a request' }).count(), 0);
});

browserTest('emptying the journal, and making the first chatbot, leave the focus somewhere', async (t, openPage) => {
  const stub = await startTestStub(t);
  await createIn(stub, await makeChatbot(stub));
  const { page } = await openPage(stub.url + UI);
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Clear…' }).click();
  await page.getByRole('button', { name: 'Empty the journal' }).click();
  await page.getByRole('heading', { name: 'No request yet' }).waitFor();
  await page.getByText('The journal is empty').waitFor();
  t.equal(await focused(page), 'Clear…');
  await page.getByRole('button', { name: 'Make a chatbot with a token for it' }).click();
  await page.getByText('Chatbot made').waitFor();
  t.match(await focused(page), /^curl -i/);
});

browserTest('an entry that the journal has dropped takes the focus all the same', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await createIn(stub, made);
  const { page, takeComplaints } = await openPage(stub.url + UI, { viewport: { width: 360, height: 700 } });
  await page.getByText('1 request', { exact: true }).waitFor();
  await admin(stub, 'DELETE', '/requests?all=true');
  await page.locator('.request-body a').click();
  await page.getByRole('alert').getByText('There is no request').waitFor();
  await page.locator('.details-head h2:focus').waitFor();
  t.match(takeComplaints(), [/404/]);
});

browserTest('what cannot be sent again says why, and its button keeps the focus', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  const { headers } = await createIn(stub, made, { name: 'x'.repeat(1_100_000) });
  const { page, takeComplaints } = await openPage(`${stub.url}${UI}/requests/${headers['x-stub-request-id']}`);
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByRole('alert').waitFor();
  t.equal(await focused(page), 'Send again');
  t.match(takeComplaints(), [/409/]);
});

browserTest('with a dialog open no key of the view is heard, even when nothing has the focus', async (t, openPage) => {
  const stub = await startTestStub(t);
  const { headers } = await createIn(stub, await makeChatbot(stub));
  const { page } = await openPage(`${stub.url}${UI}/requests/${headers['x-stub-request-id']}`);
  await page.getByRole('button', { name: 'Clear…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Empty the journal?' });
  await dialog.waitFor();
  await page.evaluate(() => {
    (document.activeElement as HTMLElement).blur();
    for (const key of ['ArrowDown', '/', 'Escape']) {
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    }
  });
  t.equal(await dialog.isVisible(), true);
  t.match(page.url(), String(headers['x-stub-request-id']));
});

browserTest('what is copied in a dialog is said in the dialog', async (t, openPage) => {
  const stub = await startTestStub(t);
  const { page } = await openPage(`${stub.url}${UI}/chatbots?make=chatbot`, {
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  await page.getByRole('dialog').getByRole('button', { name: 'Make', exact: true }).click();
  await page.getByRole('button', { name: 'Copy the token' }).click();
  await page.getByRole('dialog').getByRole('status').getByText('Copied').waitFor();
});

browserTest('a filter takes blanks while one types, and an id whose edges are blanks', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: ' edge ' });
  await createIn(stub, made, { name: 'John Doe' });
  await createIn(stub, await makeChatbot(stub), { name: 'Johnny' });
  const { page } = await openPage(stub.url + UI);
  await page.getByText('2 requests', { exact: true }).waitFor();
  const search = page.getByRole('searchbox', { name: 'Search' });
  await search.pressSequentially('john ');
  await page.waitForURL(/\?text=john$/);
  await search.pressSequentially('d');
  await page.waitForURL(/\?text=john\+d$/);
  await page.getByText('1 request', { exact: true }).waitFor();

  await page.goto(`${stub.url}${UI}/requests?chatbotId=%20edge%20`);
  await page.getByText('1 request', { exact: true }).waitFor();
  await page.getByRole('combobox', { name: 'Chatbot' }).focus();
  // Longer than the field waits for more.
  await page.waitForTimeout(500);
  t.equal(new URL(page.url()).searchParams.get('chatbotId'), ' edge ');
});
