// The one handle that there is, whatever way its calls go.
import { CONTROL_PREFIX } from '../planes.ts';
import type { Chatbot, ChatbotScope } from './chatbot.ts';
import type { StubClock } from './clock.ts';
import type { ControlPlane } from './control-plane.ts';
import { StubError } from './errors.ts';
import type { ActiveFault, Fault } from './fault.ts';
import type { ClockState } from './resources.ts';
import type { Stub } from './stub.ts';

/** What a handle needs to know of its stub. */
interface Place {
  url: string;
  token?: string;
  adminToken?: string;
  close: () => Promise<void>;
}

/** Builds the handle of a stub. */
export function createStub(controlPlane: ControlPlane, { url, token, adminToken, close }: Place): Stub {
  const { call, list, wait } = controlPlane;
  const all = { query: { all: true } };
  return {
    url,
    adminUrl: `${url}${CONTROL_PREFIX}`,
    ...(token !== undefined && { token }),
    ...(adminToken !== undefined && { adminToken }),
    clock: createStubClock(controlPlane),
    async chatbot(options) {
      const made = await call<MadeChatbot>('POST', '/chatbots', { body: options });
      const scope = createChatbotScope(controlPlane, made.chatbotId);
      return { ...scope, ...made, [Symbol.asyncDispose]: scope.remove };
    },
    scope: (chatbotId) => createChatbotScope(controlPlane, chatbotId),
    mintToken: (options) => call('POST', '/tokens', { body: options }),
    revokeToken: async (tokenId) => call('DELETE', `/tokens/${segment(tokenId)}`),
    requests: (filter) => list('/requests', 'requests', { ...filter }),
    count: async (match = {}) => (await call<{ count: number }>('POST', '/requests/count', { body: { match } })).count,
    waitFor: (match, options = {}) => wait(match, options),
    unfiredFaults: () => list('/faults', 'faults', { unfired: true }),
    snapshot: async (name) => call('PUT', `/snapshots/${segment(name)}`),
    restore: async (name) => call('POST', `/snapshots/${segment(name)}/restore`, all),
    reset: () => call('POST', '/reset', all),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** What the control plane answers when a chatbot is made. */
type MadeChatbot = Pick<Chatbot, 'chatbotId' | 'token' | 'tokenId' | 'channelIds'>;

/** Everything that can be done with one chatbot. */
function createChatbotScope(controlPlane: ControlPlane, chatbotId: string): ChatbotScope {
  // Without one, calls would mean every chatbot: a variable of the environment that is not set is soon overlooked.
  if (typeof chatbotId !== 'string' || chatbotId === '') {
    throw new StubError(`${JSON.stringify(chatbotId)} is no id of a chatbot: give a text that is not empty.`);
  }
  const { call, list, wait } = controlPlane;
  const query = { chatbotId };
  return {
    chatbotId,
    clock: createStubClock(controlPlane, chatbotId),
    requests: (filter) => list('/requests', 'requests', { ...filter, ...query }),
    async count(match) {
      return (await call<{ count: number }>('POST', '/requests/count', { body: { match: { ...match, ...query } } }))
        .count;
    },
    waitFor: (match, options = {}) => wait(match, options, chatbotId),
    conversations: (filter) => list('/conversations', 'conversations', { ...filter, ...query }),
    fault: (effect, { match, ...when } = {}) =>
      armFault(controlPlane, { effect, ...when, match: { ...match, ...query } }),
    unfiredFaults: () => list('/faults', 'faults', { unfired: true, ...query }),
    snapshot: async (name) => call('PUT', `/snapshots/${segment(name)}`, { query }),
    restore: async (name) => call('POST', `/snapshots/${segment(name)}/restore`, { query }),
    reset: () => call('POST', '/reset', { query }),
    remove: async () => removeIfThere(controlPlane, `/chatbots/${segment(chatbotId)}`),
  };
}

/** The clock of a chatbot, or of the server. */
function createStubClock({ call }: ControlPlane, chatbotId?: string): StubClock {
  const adjust = (change: object): Promise<ClockState> => call('PUT', '/clock', { query: { chatbotId }, body: change });
  return {
    read: () => call('GET', '/clock', { query: { chatbotId } }),
    set: (time) => adjust({ set: time }),
    advance: (advanceMs) => adjust({ advanceMs }),
    freeze: (time) => adjust({ set: time, freeze: true }),
    resume: () => adjust({ freeze: false }),
    reset: () => adjust({ reset: true }),
  };
}

/** Makes a fault. */
async function armFault(controlPlane: ControlPlane, definition: object): Promise<ActiveFault> {
  const { call } = controlPlane;
  const { fired: _none, ...fault } = await call<Fault>('POST', '/faults', { body: definition });
  const path = `/faults/${segment(fault.id)}`;
  return {
    ...fault,
    timesFired: async () => (await call<Fault>('GET', path)).fired,
    remove: () => removeIfThere(controlPlane, path),
  };
}

/** A name as it stands in a path. */
function segment(name: string): string {
  if (typeof name !== 'string' || /^\.{0,2}$/.test(name)) {
    throw new StubError(`${JSON.stringify(name)} can be no name: give a text other than "", "." and "..".`);
  }
  if (!name.isWellFormed()) {
    throw new StubError(
      `${JSON.stringify(name)} holds half of a surrogate pair, which no URL can hold: send both halves.`,
    );
  }
  return encodeURIComponent(name);
}

/** What a reset has taken away already is gone as well. */
async function removeIfThere({ call }: ControlPlane, path: string): Promise<void> {
  try {
    await call('DELETE', path);
  } catch (error) {
    if (!(error instanceof StubError && error.status === 404)) throw error;
  }
}
