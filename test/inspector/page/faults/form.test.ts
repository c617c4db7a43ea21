import t from 'tap';
import {
  emptyForm,
  type FaultForm,
  faultFrom,
  PRESETS,
  presetOf,
  triedBy,
} from '../../../../src/inspector/page/faults/form.ts';
import { admin } from '../../../support/admin.ts';
import { startTestStub } from '../../../support/stub.ts';

const filled = (changed: Partial<FaultForm>): FaultForm => ({ ...emptyForm('shop'), ...changed });

t.test('each preset is a fault that the server takes, and is known again', async (t) => {
  const stub = await startTestStub(t);
  const effects: Record<string, unknown> = {
    '403': { status: 403 },
    '429 with Retry-After': { status: 429, headers: { 'Retry-After': '30' } },
    '503': { status: 503 },
    Slow: { delayMs: 2000 },
    Reset: { connection: 'reset' },
    Empty: { connection: 'empty' },
    Truncated: { connection: 'truncate' },
    Garbage: { connection: 'garbage' },
    '201 with error': { error: 'The channel is not available' },
  };
  t.same(PRESETS.map(([name]) => name).sort(), Object.keys(effects).sort());
  for (const [name, preset] of PRESETS) {
    const form = filled(preset);
    t.equal(presetOf(form), name);
    const read = faultFrom(form);
    t.same(read, { fault: { match: { chatbotId: 'shop' }, effect: effects[name], times: 1 } });
    const answer = await admin(stub, 'POST', '/faults', 'fault' in read && read.fault);
    t.equal(answer.status, 201, name);
  }
  t.equal(presetOf(filled({ status: '418' })), undefined);
});

t.test('a preset takes back what another one has said', async (t) => {
  for (const [, first] of PRESETS) {
    for (const [name, second] of PRESETS) {
      const form = { ...filled(first), ...second };
      t.equal(presetOf(form), name);
      t.same(faultFrom(form), faultFrom(filled(second)));
    }
  }
});

t.test('what is typed into a field is in the fault, and what is left empty is not', async (t) => {
  const anything = { text: '', isPattern: false };
  t.same(
    faultFrom(
      filled({
        status: '418',
        headers: '\n Retry-After : 30 \nx-a: b: c\n',
        bodyKind: 'text',
        body: '{no json',
        delay: 'uniform',
        match: {
          chatbotId: anything,
          channelId: { text: 'web', isPattern: false },
          name: { text: '^a', isPattern: true },
          email: anything,
          phone: anything,
        },
        times: '',
        probability: '0.25',
      }),
    ),
    {
      fault: {
        match: { channelId: 'web', name: { $regex: '^a' } },
        effect: {
          status: 418,
          headers: { 'Retry-After': '30', 'x-a': 'b: c' },
          body: '{no json',
          delayMs: { uniform: [100, 500] },
        },
        probability: 0.25,
      },
    },
  );
  t.match(faultFrom(filled({ bodyKind: 'json', body: '{"a": [1]}', probability: '' })), {
    fault: { effect: { status: 503, body: { a: [1] } } },
  });
  t.match(faultFrom(filled({ kind: 'connection', delay: 'lognormal' })), {
    fault: { effect: { connection: 'reset', delayMs: { lognormal: { median: 200, sigma: 0.5 } } } },
  });
});

t.test('a delay alone has one, even when the choice of delays says none', async (t) => {
  t.match(faultFrom(filled({ kind: 'delay', delay: 'none', delayMs: '70' })), { fault: { effect: { delayMs: 70 } } });
});

t.test('a body that is no JSON and a line that is no header make no fault, and are named', async (t) => {
  t.match(faultFrom(filled({ headers: 'Retry-After: 1\noops', bodyKind: 'json', body: '{' })), {
    fault: undefined,
    mistakes: { headers: /^“oops” is no header/, body: /^This is no JSON: / },
  });
  t.match(faultFrom(filled({ headers: ': x' })), { mistakes: { headers: /is no header/ } });
});

t.test('what to try a fault with says the texts that it looks for, and leaves patterns to the reader', async (t) => {
  t.same(triedBy({}), { chatbotId: undefined, body: {} });
  t.same(triedBy({ chatbotId: 'shop', channelId: 'web', name: { $regex: '^a' } }), {
    chatbotId: 'shop',
    body: { channelId: 'web' },
  });
  t.same(triedBy({ chatbotId: { $regex: '.' } }), { chatbotId: undefined, body: {} });
});
