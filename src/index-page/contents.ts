// What stands on the index page, for people and programs alike.
import type { Settings } from '../config.ts';
import { CONTROL_PREFIX } from '../planes.ts';

export const NAME = 'chatcaptain-stub';
export const DESCRIPTION =
  'A stand-in for the ChatCaptain API, with permissions that are enforced, state that is real, and answers that say what to do next.';

export interface Link {
  /** By which a program finds it. */
  name: string;
  path: string;
  /** What a person finds there, in a sentence. */
  about: string;
  /** Absent where the path is only what others begin with. */
  title?: string;
}

export interface Contents {
  name: string;
  version: string;
  description: string;
  /** Where requests to the API go, as its origin. Absent where the stub answers them itself. */
  upstream?: string;
  links: readonly Link[];
  /** A command line that tries the API. Holds no credential. */
  try: string;
}

export function linksOf({ metrics }: Pick<Settings, 'metrics'>): readonly Link[] {
  return [
    { name: 'api', path: '/v1', about: 'What ChatCaptain documents.' },
    {
      name: 'inspector',
      path: `${CONTROL_PREFIX}/ui`,
      title: 'Inspector',
      about: 'See each request and why it was answered so, break things on purpose, and reset.',
    },
    {
      name: 'docs',
      path: '/docs',
      title: 'Documentation of the API',
      about: 'Read the operation, and try it on this server.',
    },
    { name: 'controlPlane', path: CONTROL_PREFIX, about: 'Makes, inspects, verifies, breaks and resets.' },
    {
      name: 'controlPlaneOpenapi',
      path: `${CONTROL_PREFIX}/openapi.json`,
      title: 'Control plane, as OpenAPI',
      about: 'Everything that a test can ask for below /__admin, with examples.',
    },
    {
      name: 'openapi',
      path: '/openapi.json',
      title: 'API, as OpenAPI',
      about: 'What this server does, with its additions marked.',
    },
    {
      name: 'vendorOpenapi',
      path: '/openapi.vendor.json',
      title: 'ChatCaptain’s own OpenAPI fragment',
      about: 'The contract as the vendor publishes it, byte for byte.',
    },
    { name: 'livez', path: '/livez', title: 'Is it alive?', about: 'For health checks: the process answers.' },
    {
      name: 'readyz',
      path: '/readyz',
      title: 'Is it ready?',
      about: 'For health checks: it can store, or it says what hinders it.',
    },
    ...(metrics === 'on'
      ? [{ name: 'metrics', path: '/metrics', title: 'Metrics', about: 'For Prometheus: what is asked and answered.' }]
      : []),
  ];
}

export function tryLine(origin: string): string {
  return [
    `curl -i ${origin}/v1/inbox/my-chatbot/conversations`,
    '-H "authorization: Bearer $STUB_TOKEN" -H "content-type: application/json"',
    `-d '{"name": "John Doe", "channelId": "web"}'`,
  ].join(' ');
}
