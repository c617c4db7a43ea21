import type { FastifyInstance, FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify';
import { decide } from '../decisions.ts';
import { splitOutsideQuotes } from '../header-list.ts';
import { MAX_DELAY } from '../pause.ts';
import { answerWithError, RefusedError, successStatus, usualHeaders } from './errors.ts';

/**
 * Lets a request force its own answer with a `Prefer` header (RFC 7240): `code=403`, `delay=250` (milliseconds),
 * `error="…"`. Runs after the guard and validation, so that a preference never hides a request that is wrong. A
 * preference that cannot be honoured is ignored, as the RFC has it; `Preference-Applied` names those that were.
 *
 * @param phase `onRequest` where nothing is judged here
 */
export function honourPreferences(app: FastifyInstance, phase: 'preHandler' | 'onRequest' = 'preHandler'): void {
  const answerAsPreferred = async (request: FastifyRequest, reply: FastifyReply, header: string): Promise<unknown> => {
    const { code, delay, error } = read(header, successStatus(request), request);
    const isForced = code !== undefined && code >= 400;
    const applied = [
      ...(code === undefined ? [] : [`code=${code}`]),
      ...(delay === undefined ? [] : [`delay=${delay}`]),
      ...(error === undefined || isForced ? [] : ['error']),
    ].join(', ');
    if (applied === '') return undefined;
    reply.header('preference-applied', applied);
    decide(request, 'preference', 'applied', applied);
    if (delay !== undefined) await app.pause(delay);
    if (isForced) {
      throw new RefusedError(code, `Forced by the request header Prefer: code=${code}.`, usualHeaders(code, request));
    }
    return error === undefined ? undefined : answerWithError(reply, error);
  };

  const hook: preHandlerHookHandler = (request, reply, done) => {
    const header = request.headers['prefer'];
    if (header === undefined) return done();
    return answerAsPreferred(request, reply, String(header));
  };
  // Hooks of both phases are alike.
  app.addHook(phase as 'preHandler', hook);
}

interface Preferences {
  code?: number;
  delay?: number;
  error?: string;
}

function read(header: string, success: number, request: FastifyRequest): Preferences {
  const preferences: Preferences = {};
  for (const [name, value] of parsePrefer(header)) {
    const number = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
    if (name === 'code' && (number === success || (number >= 400 && number <= 599))) {
      preferences.code = number;
    } else if (name === 'delay' && number <= MAX_DELAY) {
      preferences.delay = number;
    } else if (name === 'error') {
      preferences.error = value;
    } else {
      const known = `code takes ${success} or 400 to 599, delay 0 to ${MAX_DELAY}, error a text`;
      decide(request, 'preference', 'ignored', `${name}${value && `=${value}`}: ${known}`);
    }
  }
  return preferences;
}

/**
 * Reads a `Prefer` header (RFC 7240, section 2) into names, in lower case, and values. The first of two equal names
 * counts; parameters behind `;` say nothing to us.
 */
export function parsePrefer(header: string): Map<string, string> {
  const preferences = new Map<string, string>();
  // Header bytes reach us as Latin-1; people write UTF-8.
  for (const item of splitOutsideQuotes(Buffer.from(header, 'latin1').toString('utf8'), ',')) {
    const [preference = ''] = splitOutsideQuotes(item, ';');
    const [name = '', ...rest] = preference.split('=');
    const key = name.trim().toLowerCase();
    if (key !== '' && !preferences.has(key)) preferences.set(key, unquote(rest.join('=').trim()));
  }
  return preferences;
}

function unquote(word: string): string {
  return /^".*"$/s.test(word) ? word.slice(1, -1).replace(/\\(.)/gs, '$1') : word;
}
