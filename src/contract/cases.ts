// What the contract says of `POST /v1/inbox/{chatbotId}/conversations`, as requests that can be sent to any server of it.

/** Who sends a request: the holder of the permission, somebody unknown, nobody; or its holder, for a chatbot not theirs. */
export type Sender = 'permitted' | 'unknown' | 'nobody' | 'elsewhere';

/** What is wrong with a request that is refused. */
export type Mistake =
  | 'missing property'
  | 'several properties'
  | 'wrong type'
  | 'wrong format'
  | 'no object'
  | 'no body'
  | 'malformed body'
  | 'foreign media type'
  | 'not permitted'
  | 'no credential'
  | 'unknown credential'
  | 'unknown path'
  | 'wrong method';

/** One request, and what the contract says of its answer. */
export interface ContractCase {
  /** Unique, as in `400: no name`. */
  name: string;
  method: 'POST' | 'GET';
  /** What stands behind `/v1/inbox/{chatbotId}`. */
  path: string;
  sender: Sender;
  /** The body's media type; `undefined` sends none. */
  type: string | undefined;
  /** The body's text, for a channel that there is; `undefined` sends none. */
  body: ((channelId: string) => string) | undefined;
  /** The status of the answer. */
  status: 201 | 400 | 401 | 403 | 404 | 405;
  /** Absent where nothing is. */
  mistake?: Mistake;
  /** `documented`: the vendor's fragment says so. `inferred`: a decision of this project, where the fragment is silent. */
  source: 'documented' | 'inferred';
  /** Whether the server has a new conversation afterwards. */
  creates: boolean;
}

const EXAMPLE = { name: 'John Doe', email: 'john.doe@example.com', phone: '+4917612345678' };
const JSON_TYPE = 'application/json';

type Body = (channelId: string) => unknown;

function post(name: string, body: Body, more: Pick<ContractCase, 'status'> & Partial<ContractCase>): ContractCase {
  const text = (channelId: string) => JSON.stringify(body(channelId));
  return {
    name: `${more.status}: ${name}`,
    method: 'POST',
    path: '/conversations',
    sender: 'permitted',
    type: JSON_TYPE,
    body: text,
    source: 'documented',
    creates: more.status === 201,
    ...more,
  };
}

const everything: Body = (channelId) => ({ ...EXAMPLE, channelId });
const required: Body = (channelId) => ({ name: EXAMPLE.name, channelId });

/** The cases, in the order in which they are sent; each stands for itself. */
export const CONTRACT_CASES: readonly ContractCase[] = [
  post('all documented properties', everything, { status: 201 }),
  post('the required properties alone', required, { status: 201 }),
  post('a property that the schema does not name', (channelId) => ({ ...EXAMPLE, channelId, note: 'x' }), {
    status: 201,
  }),

  post('no name', (channelId) => ({ channelId }), { status: 400, mistake: 'missing property' }),
  post('no channelId', () => ({ name: EXAMPLE.name }), { status: 400, mistake: 'missing property' }),
  post('neither name nor channelId', () => ({}), { status: 400, mistake: 'several properties' }),
  post('name is a number', (channelId) => ({ name: 1, channelId }), { status: 400, mistake: 'wrong type' }),
  post('name is null', (channelId) => ({ name: null, channelId }), { status: 400, mistake: 'wrong type' }),
  post('channelId is an array', (channelId) => ({ ...EXAMPLE, channelId: [channelId] }), {
    status: 400,
    mistake: 'wrong type',
  }),
  post('phone is a number', (channelId) => ({ ...EXAMPLE, channelId, phone: 4917612345678 }), {
    status: 400,
    mistake: 'wrong type',
  }),
  post('email is no address', (channelId) => ({ ...EXAMPLE, channelId, email: 'john.doe' }), {
    status: 400,
    mistake: 'wrong format',
  }),
  post('the body is an array', (channelId) => [{ ...EXAMPLE, channelId }], { status: 400, mistake: 'no object' }),
  post('no body', everything, { status: 400, mistake: 'no body', type: undefined, body: undefined }),
  post('malformed JSON', everything, { status: 400, mistake: 'malformed body', body: () => '{"name": "John Doe", ' }),
  post('text instead of JSON', everything, {
    status: 400,
    mistake: 'foreign media type',
    type: 'text/plain',
    source: 'inferred',
  }),

  post('a chatbot that the credential is not for', everything, {
    status: 403,
    mistake: 'not permitted',
    sender: 'elsewhere',
  }),
  post('no credential', everything, { status: 401, mistake: 'no credential', sender: 'nobody', source: 'inferred' }),
  post('a credential that is unknown', everything, {
    status: 401,
    mistake: 'unknown credential',
    sender: 'unknown',
    source: 'inferred',
  }),

  post('a path that is none', everything, {
    status: 404,
    mistake: 'unknown path',
    path: '/conversation',
    source: 'inferred',
  }),
  post('another method', everything, {
    status: 405,
    mistake: 'wrong method',
    method: 'GET',
    type: undefined,
    body: undefined,
    source: 'inferred',
  }),
];
