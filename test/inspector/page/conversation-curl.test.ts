import { execFileSync } from 'node:child_process';
import t from 'tap';
import { conversationCurl, type Tried } from '../../../src/inspector/page/conversation-curl.ts';

const ORIGIN = 'http://127.0.0.1:4650';

/** What curl is given by a shell that has STUB_TOKEN. */
function wordsOf(tried: Tried): string[] {
  const script = `curl() { printf '%s\\0' "$@"; }\n${conversationCurl(ORIGIN, tried)}`;
  const env = { ...process.env, STUB_TOKEN: 'from-the-shell' };
  return execFileSync('sh', ['-c', script], { encoding: 'utf8', env }).split('\0').slice(0, -1);
}

t.test('without a token it is the one that the shell has', async (t) => {
  t.same(wordsOf({}), [
    '-i',
    `${ORIGIN}/v1/inbox/my-chatbot/conversations`,
    '-H',
    'Authorization: Bearer from-the-shell',
    '-H',
    'Content-Type: application/json',
    '-d',
    '{"name":"John Doe","channelId":"web"}',
  ]);
});

t.test('no id, token or name breaks out of its word', async (t) => {
  for (const text of ["it's", '$(id)', 'a/b?c#d%41', '👩‍👩‍👧‍👦', "'\n'"]) {
    const [, url, , authorization, , , , body] = wordsOf({
      chatbotId: text,
      token: text,
      body: { channelId: text, name: text, email: text },
    });
    t.equal(url, `${ORIGIN}/v1/inbox/${encodeURIComponent(text)}/conversations`);
    t.equal(authorization, `Authorization: Bearer ${text}`);
    t.same(JSON.parse(body as string), { name: text, channelId: text, email: text });
  }
});

t.test('half of a surrogate pair, which no URL can hold, makes no error', async (t) => {
  t.match(conversationCurl(ORIGIN, { chatbotId: '\ud800' }), '/v1/inbox/%EF%BF%BD/conversations');
});
