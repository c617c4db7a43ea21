// A client of ChatCaptain whose paths, bodies and answers are those of the OpenAPI document.
import createFetchClient from 'openapi-fetch';
import type { paths } from './chatcaptain.ts';

export function createClient(baseUrl: string, token: string) {
  return createFetchClient<paths>({ baseUrl, headers: { authorization: `Bearer ${token}` } });
}
