// /docs in a real browser. Run by .ci/run, where a Chromium is installed; CHROMIUM names another one.
import { chromium } from 'playwright-core';
import t from 'tap';
import { startTestStub } from '../support/stub.ts';

t.test(
  'the documentation page shows the operation, tries it on this server, and needs nothing from outside',
  async (t) => {
    const stub = await startTestStub(t);
    const browser = await chromium.launch({
      executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    });
    t.teardown(() => browser.close());
    const page = await browser.newPage({ viewport: { width: 1280, height: 1600 } });
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(stub.url) && !request.url().startsWith('data:')) elsewhere.push(request.url());
    });
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));

    await page.goto(`${stub.url}/docs`);
    await page.getByText('Creates a new inbox conversation').click();
    await page.getByText('Conversation created successfully.').first().waitFor();

    await page.getByRole('button', { name: 'Authorize' }).first().click();
    await page.getByLabel('auth-bearer-value').fill('test-token');
    await page.getByRole('button', { name: 'Apply credentials' }).first().click();
    await page.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'Execute' }).click();
    await page.locator('.live-responses-table .response-col_status').filter({ hasText: '201' }).waitFor();
    t.match(stub.rows(), [{ chatbot_id: 'sTjncRDMuTdv65ex4I05', name: 'John Doe', email: 'john.doe@example.com' }]);

    const { SCREENSHOT } = process.env;
    if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT, fullPage: true });
    t.same(elsewhere, [], 'no request leaves this server');
    t.same(complaints, [], 'the browser has nothing to complain of');
  },
);
