// What can be read: at any size, at any hour, in the colours of the system.
import { admin, createIn, makeChatbot } from '../../support/admin.ts';
import { startTestStub } from '../../support/stub.ts';
import { browserTest } from '../support/browser.ts';

const UI = '/__admin/ui';

browserTest('a time says its day when it is another, in its cell, and midnight is 00', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await admin(stub, 'PUT', '/clock', { set: '2026-09-30T00:00:30Z', freeze: true });
  await createIn(stub, made);
  const options = { locale: 'en-US', timezoneId: 'UTC' };
  const { page } = await openPage(stub.url + UI, options);
  const cell = page.locator('.request-body .c-time');
  t.equal(await cell.innerText(), 'Sep 30, 2026\n00:00:30');
  t.ok(await cell.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth));
  t.equal(await cell.locator('time').getAttribute('title'), '2026-09-30 00:00:30.000 UTC');

  const { page: elsewhere } = await openPage(stub.url + UI, { locale: 'de-DE', timezoneId: 'America/Los_Angeles' });
  t.equal(await elsewhere.locator('.request-body .c-time').innerText(), '29. Sept. 2026\n17:00:30');
  t.ok(
    await elsewhere
      .locator('.c-time')
      .last()
      .evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth),
  );
});

browserTest('enlarged four times, each view has one direction to scroll, and a list to read', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub, { id: 'x'.repeat(200) });
  const { headers } = await createIn(stub, made, { name: 'y'.repeat(500) });
  const { page } = await openPage(stub.url + UI, { viewport: { width: 320, height: 256 } });
  for (const path of [
    '',
    `/requests/${headers['x-stub-request-id']}`,
    '/conversations',
    '/chatbots',
    '/faults',
    '/state',
  ]) {
    await page.goto(stub.url + UI + path);
    await page.locator('main :is(.card, .details):visible').first().waitFor();
    t.same(
      [
        path,
        await page.evaluate(() =>
          [document.documentElement, document.querySelector('main') as HTMLElement].map(
            ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
          ),
        ),
      ],
      [path, [0, 0]],
    );
  }
  await page.goto(stub.url + UI);
  const row = page.locator('.request-body [role=row]');
  await row.scrollIntoViewIfNeeded();
  t.ok(await row.isVisible());
  t.ok(((await page.locator('.request-scroller').boundingBox())?.height ?? 0) > 150);
});

browserTest('on a phone, the name of the view that is open can be seen', async (t, openPage) => {
  const stub = await startTestStub(t);
  const { page } = await openPage(`${stub.url}${UI}/state`, { viewport: { width: 320, height: 600 } });
  const isInSight = (): Promise<boolean> =>
    page.locator('nav a[aria-current]').evaluate((link) => {
      const { left, right } = link.getBoundingClientRect();
      return left >= 0 && right <= innerWidth;
    });
  t.ok(await isInSight());
  await page.goto(`${stub.url}${UI}/requests`);
  t.ok(await isInSight());
});

browserTest('in the colours of the system one can tell which view and which request is open', async (t, openPage) => {
  const stub = await startTestStub(t);
  const made = await makeChatbot(stub);
  await createIn(stub, made);
  const { headers } = await createIn(stub, made);
  const { page } = await openPage(`${stub.url}${UI}/requests/${headers['x-stub-request-id']}`, {
    forcedColors: 'active',
  });
  await page.locator('.request-row[aria-current]').waitFor();
  const styleOf = (selector: string, property: string): Promise<string> =>
    page
      .locator(selector)
      .first()
      .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
  t.not(
    await styleOf('nav a[aria-current]', 'border-bottom-color'),
    await styleOf('nav a:not([aria-current])', 'border-bottom-color'),
  );
  t.equal(await styleOf('.request-row[aria-current]', 'outline-style'), 'solid');
  t.equal(await styleOf('.request-body .request-row:not([aria-current])', 'outline-style'), 'none');
  t.equal(await styleOf('.status', 'border-top-style'), 'solid');
});
