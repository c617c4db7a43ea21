// The list of requests over hours and bursts, and among many tabs.
import t from 'tap';
import { admin, createIn, makeChatbot } from '../../support/admin.ts';
import { startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

t.setTimeout(120_000);

const UI = '/__admin/ui';

/** Shows or hides the page, as another tab in front of it does. */
function hide(isHidden: boolean): void {
  Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}

browserTest('a burst arrives whole, once, and in order; also when the list stood still', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  const { page } = await openPage(stub.url + UI);
  await page.getByText('Live', { exact: true }).waitFor();
  const burst = async (): Promise<void> => {
    await Promise.all(
      Array.from({ length: 20 }, async () => {
        for (let count = 0; count < 25; count++) await createIn(stub, made);
      }),
    );
  };
  await burst();
  await page.getByText('500 requests', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await burst();
  await page.getByRole('button', { name: 'Resume (500 new)' }).click();
  await page.getByText('1,000 requests', { exact: true }).waitFor();
  const stored: string[] = [];
  for (let cursor = ''; ; ) {
    const { json } = await admin(stub, 'GET', `/requests?limit=1000&order=desc${cursor && `&cursor=${cursor}`}`);
    stored.push(...json.requests.map(({ id }: { id: string }) => id));
    if (json.nextCursor === undefined) break;
    cursor = json.nextCursor;
  }
  const shown = new Map<number, string>();
  const scroller = page.locator('.request-scroller');
  for (let at = 0; at < stored.length; at += 20) {
    await scroller.evaluate((element, to) => element.scrollTo(0, to), at * 36);
    await page.locator(`[aria-rowindex="${at + 2}"]`).waitFor();
    await page.locator(`[aria-rowindex="${Math.min(at + 21, stored.length + 1)}"]`).waitFor({ state: 'attached' });
    const rows = await page
      .locator('.request-body [role=row]')
      .evaluateAll((elements) =>
        elements.map((row) => [Number(row.getAttribute('aria-rowindex')), row.id.replace('request-', '')] as const),
      );
    for (const [index, id] of rows) shown.set(index, id);
  }
  t.same(
    [...shown].sort(([one], [other]) => one - other).map(([, id]) => id),
    stored,
  );
});

browserTest('a tab that nobody sees leaves its connection to the others, and misses nothing', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await createIn(stub, made, { name: 'before' });
  const { page } = await openPage(stub.url + UI);
  const streams: string[] = [];
  const isStream = (request: { url: () => string }): boolean => request.url().includes('/requests/stream');
  page.on('request', (request) => {
    if (isStream(request)) streams.push(request.url());
  });
  await page.getByText('Live', { exact: true }).waitFor();
  streams.length = 0;
  const ended = page.waitForEvent('requestfailed', isStream);
  await page.evaluate(hide, true);
  await ended;
  await createIn(stub, made, { name: 'meanwhile' });
  await createIn(stub, made, { name: 'meanwhile' });
  t.same(streams, [], 'it does not come back by itself');
  await page.evaluate(hide, false);
  await page.getByText('3 requests', { exact: true }).waitFor();
  await createIn(stub, made, { name: 'after' });
  await page.getByText('4 requests', { exact: true }).waitFor();
  t.equal(streams.length, 1);
});

browserTest('a glance at another tab costs no connection', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await createIn(stub, made);
  const { page } = await openPage(stub.url + UI);
  await page.getByText('Live', { exact: true }).waitFor();
  let streams = 0;
  page.on('request', (request) => {
    if (request.url().includes('/requests/stream')) streams++;
  });
  await page.evaluate(hide, true);
  await createIn(stub, made);
  await page.getByText('2 requests', { exact: true }).waitFor();
  await page.evaluate(hide, false);
  await createIn(stub, made);
  await page.getByText('3 requests', { exact: true }).waitFor();
  t.equal(streams, 0);
});
