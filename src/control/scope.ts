// What a call is about: one chatbot, or everything. Without saying which, nothing is destroyed.
import { Type } from '@sinclair/typebox';
import { ProblemError } from './problem.ts';

export const chatbotIdQuery = Type.Optional(
  Type.String({ minLength: 1, expected: 'the id of a chatbot', description: 'Only what belongs to this chatbot.' }),
);

/** The query of a destructive call. */
export const scopeQuery = {
  chatbotId: chatbotIdQuery,
  all: Type.Optional(Type.Literal('true', { expected: 'true', description: 'Everything, of every chatbot.' })),
};

/**
 * The chatbot that a destructive call is about, or `undefined` for everything.
 *
 * @param what what the call does, as in "delete requests"
 * @throws ProblemError 400 when the query names neither, or both
 */
export function scopeOf(query: { chatbotId?: string; all?: 'true' }, what: string): string | undefined {
  if ((query.chatbotId === undefined) === (query.all === undefined)) {
    const both = query.all === undefined ? '' : ', not both';
    throw new ProblemError(400, `Say whose to ${what}: ?chatbotId=ID for one chatbot, or ?all=true for all${both}.`);
  }
  return query.chatbotId;
}
