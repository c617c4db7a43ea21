import t from 'tap';
import { asksForPage } from '../src/accept.ts';

t.test('a browser asks for a page', async (t) => {
  for (const accept of [
    'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
    'text/html, application/xhtml+xml, image/jxr, */*',
    'text/html',
    'TEXT/HTML',
    ' text/html ; charset=utf-8 ',
    'text/html;q=0.5',
    'text/html;level=1;q=0.8, application/json;q=0.7',
    'text/html, application/json',
    'application/json;q=0.9, text/html',
    'text/html;q=0.9, */*;q=0.9',
    'text/html;q=0.2, application/*;q=0.1, */*',
    'text/html;q=0.1, application/json;q=0, */*',
    'text/plain; note="a, b", text/html',
    'text/html;q=nonsense',
  ])
    t.equal(asksForPage(accept), true, accept);
});

t.test('a program does not', async (t) => {
  for (const accept of [
    undefined,
    '',
    '*/*',
    'text/*',
    'application/json',
    'application/json, text/plain, */*',
    'application/json, text/html',
    'application/json, text/html;q=0.9',
    'text/html;q=0',
    'text/html;q=0.000, */*;q=0',
    'text/html;q=0.5, application/*',
    'text/html;q=0.7, */*;q=0.8',
    'text/htmlx',
    'application/xhtml+xml',
    'text/plain; note="a, text/html, b"',
    'text/plain; note="text/html, and never closed, text/html',
    'text/event-stream',
    ',,;q=1,',
  ])
    t.equal(asksForPage(accept), false, String(accept));
});

t.test('a header as long as one can be is read in no time', async (t) => {
  const start = performance.now();
  for (const accept of ['"'.repeat(16_000), '"\\'.repeat(8000), ','.repeat(16_000), 'a;q='.repeat(4000)]) {
    t.equal(asksForPage(accept), false);
  }
  t.ok(performance.now() - start < 500);
});
