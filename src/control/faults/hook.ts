// Where faults step into the data plane: a request that has passed the guard, validation and its own preferences.
import type { FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify';
import { type Chance, turnOf } from '../../chance.ts';
import { decide } from '../../decisions.ts';
import { answerWithError } from '../../v1/errors.ts';
import { answerWithStatus } from './answer.ts';
import { type ConnectionContext, createConnectionBreaker } from './connection.ts';
import { drawDelay } from './delay.ts';
import { describeEffect } from './effect.ts';
import type { Fault, Faults } from './faults.ts';
import type { Subject } from './match.ts';

export interface FaultHookContext extends ConnectionContext {
  faults: Pick<Faults, 'candidates' | 'count'>;
  chance: Chance;
}

/**
 * Builds the hook that lets at most one fault fire for a request. Those for its chatbot alone are asked first, then
 * those for any chatbot, each in the order of making; the first that matches, has firings left and is drawn fires.
 */
export function createFaultHook(context: FaultHookContext): preHandlerHookHandler {
  const { faults, chance } = context;
  const breakConnection = createConnectionBreaker(context);

  return (request, reply, done) => {
    const { chatbotId } = request.params as { chatbotId: string };
    const candidates = faults.candidates(chatbotId);
    if (candidates.length === 0) return done();
    return letOneFire(candidates, request, reply, chatbotId);
  };

  async function letOneFire(
    candidates: readonly Fault[],
    request: FastifyRequest,
    reply: FastifyReply,
    chatbotId: string,
  ): Promise<unknown> {
    const random = (purpose: string): number => turnOf(request, chance, chatbotId).random(purpose);
    const fault = choose(candidates, request, random);
    if (!fault) return undefined;

    // In the same turn as the choice: no other request can come between.
    faults.count(fault);
    const { id, effect, times, fired } = fault;
    const delay = effect.delayMs === undefined ? 0 : drawDelay(effect.delayMs, random);
    const howOften = `${fired} of ${times ?? 'any number of'} times`;
    decide(request, 'fault', 'applied', `fault ${id}: ${describeEffect(effect, delay)}, ${howOften}`);
    if (delay > 0) await request.server.pause(delay);
    return answer(fault, request, reply);
  }

  async function answer({ id, effect }: Fault, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    if (effect.status !== undefined) return answerWithStatus(reply, id, effect.status, effect);
    if (effect.error !== undefined) return answerWithError(reply, effect.error);
    if (effect.connection !== undefined) return breakConnection(effect.connection, request, reply);
    return undefined;
  }
}

function choose(
  candidates: readonly Fault[],
  request: FastifyRequest,
  random: (purpose: string) => number,
): Fault | undefined {
  const subject: Subject = { ...(request.body as Subject), ...(request.params as Subject) };
  // Ids differ between runs. Used-up ones count, so that it makes no difference who used them up.
  let position = 0;
  for (const fault of candidates) {
    if (!fault.matches(subject)) continue;
    position += 1;
    const { id, times = Number.POSITIVE_INFINITY, probability = 1, fired } = fault;
    if (fired >= times) continue;
    if (probability === 1) return fault;
    const drawn = random(`fault ${position}`);
    if (drawn < probability) return fault;
    const why = `drawn ${drawn.toFixed(3)}, which is not below its probability of ${probability}`;
    decide(request, 'fault', 'ignored', `fault ${id}: ${why}`);
  }
  return undefined;
}
