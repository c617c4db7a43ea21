import t from 'tap';
import { interruptible } from '../../src/commands/interruptible.ts';

t.test('a signal breaks work off, and is what it ended by', async (t) => {
  const listening = process.listenerCount('SIGTERM');
  const ending = await interruptible(async (signal) => {
    process.emit('SIGTERM', 'SIGTERM');
    process.emit('SIGINT', 'SIGINT');
    signal.throwIfAborted();
  });
  t.equal(ending, 'SIGTERM', 'the first one');
  t.equal(process.listenerCount('SIGTERM'), listening, 'the next one ends the process again');
});

t.test('work that was done already is done, and what fails by itself is a failure', async (t) => {
  t.equal(await interruptible(async () => void process.emit('SIGTERM', 'SIGTERM')), 0);
  const failing = interruptible(() => Promise.reject(new Error('by itself')));
  await t.rejects(failing, new Error('by itself'));
});
