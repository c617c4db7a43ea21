// A real browser that complains of what a person would not see. CHROMIUM names another one than Debian's.
import { AxeBuilder } from '@axe-core/playwright';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import tap, { type Test } from 'tap';

// Of a whole file, in milliseconds.
tap.setTimeout(240_000);

let browser: Promise<Browser> | undefined;

/** One browser for a test file; what a test opens in it is its own. */
function launch(): Promise<Browser> {
  browser ??= chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return browser;
}

/** The tests of the file that have not ended. With the last one the browser goes, and the process can end. */
let left = 0;

export interface Opened {
  page: Page;
  /** What the browser complained of since the last time; a test that expects something takes it away so. */
  takeComplaints: () => string[];
}

/** Opens a page of a server, in a context of its own. */
export type OpenPage = (url: string, options?: BrowserContextOptions) => Promise<Opened>;

/**
 * A test in the browser. At its end the pages that it opened must have asked nothing of anybody but their server, and the
 * browser must have nothing to complain of: no error, no refused style or script.
 */
export function browserTest(name: string, body: (t: Test, openPage: OpenPage) => Promise<void>): void {
  left++;
  void tap.test(name, { timeout: 120_000 }, async (t) => {
    const contexts: BrowserContext[] = [];
    const elsewhere: string[] = [];
    const complaints: string[] = [];
    const openPage: OpenPage = async (url, options) => {
      const context = await (await launch()).newContext({
        locale: 'en-GB',
        viewport: { width: 1280, height: 800 },
        ...options,
      });
      contexts.push(context);
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      const { origin } = new URL(url);
      context.on('request', (request) => {
        if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:'))
          elsewhere.push(request.url());
      });
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(String(error)));
      await page.goto(url);
      const takeComplaints = (): string[] => complaints.splice(0);
      return { page, takeComplaints };
    };
    try {
      await body(t, openPage);
    } finally {
      for (const context of contexts) await context.close();
      if (--left === 0) await (await browser)?.close();
    }
    t.same(elsewhere, [], 'no request leaves this server');
    t.same(complaints, [], 'the browser has nothing to complain of');
  });
}

/** What axe finds on the page as it is: each rule that is broken, and where. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
