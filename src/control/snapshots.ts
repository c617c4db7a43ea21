// Snapshots: a state under a name, to come back to.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from '@sinclair/typebox';
import type { ControlOptions } from '../context.ts';
import { named } from '../named.ts';
import { decodeCursor, nextCursor, pageOf, pageQuery } from './pages.ts';
import { notFound, Problem, type ProblemError } from './problem.ts';
import type { SnapshotRow } from './saved-state.ts';
import { chatbotIdQuery, scopeOf, scopeQuery } from './scope.ts';

const EXAMPLE = { name: 'base', chatbotId: 'my-chatbot', createdAt: '2026-11-23T12:00:00.000Z', conversations: 12 };

export const Snapshot = Type.Object(
  {
    name: Type.String({ description: 'Its name. Two chatbots may each have one of the same name.' }),
    chatbotId: Type.Union([Type.String(), Type.Null()], { description: 'null: of everything.' }),
    createdAt: Type.String({ description: 'ISO 8601, UTC, by the clock of the chatbot.' }),
    conversations: Type.Integer({ description: 'How many it holds.' }),
  },
  { examples: [EXAMPLE] },
);

const Params = Type.Object({
  name: Type.String({
    pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]{1,200}$',
    expected: '1 to 200 characters, none of them a control character',
    description: 'The name of the snapshot.',
  }),
});
const Whose = Type.Object(
  { chatbotId: { ...chatbotIdQuery, description: 'Whose it is. Without it: the snapshot of everything.' } },
  { additionalProperties: false },
);
const tags = ['Snapshots'];

const snapshots: FastifyPluginAsyncTypebox<ControlOptions> = async (app, { context: { db, state } }) => {
  const select = db.prepare<[number, string | null, string | null, number], SnapshotRow>(
    `SELECT key, chatbot_id, name, created_at, conversations FROM snapshots
     WHERE key > ? AND (? IS NULL OR chatbot_id = ?) ORDER BY key LIMIT ?`,
  );

  app.put(
    '/snapshots/:name',
    {
      schema: {
        operationId: 'saveSnapshot',
        summary: 'Saves the state of a chatbot, or of everything, under a name',
        description:
          'What is saved: conversations, chatbots, channels, the tokens that belong to a chatbot, and faults with how often ' +
          'they have fired. What is not: the journal, the clock, tokens that belong to no chatbot. Takes the place of the ' +
          'snapshot that had the name.',
        tags,
        params: Params,
        querystring: Whose,
        response: {
          200: { ...Snapshot, description: 'Saved, in the place of the one that had the name.' },
          201: { ...Snapshot, description: 'Saved under a name that was free.' },
        },
      },
    },
    async ({ params: { name }, query: { chatbotId } }, reply) => {
      const { snapshot, isNew } = await state.save(name, chatbotId);
      return reply.code(isNew ? 201 : 200).send(snapshotFrom(snapshot));
    },
  );

  app.post(
    '/snapshots/:name/restore',
    {
      schema: {
        operationId: 'restoreSnapshot',
        summary: 'Puts a saved state in the place of the present one',
        description:
          'In one transaction: a request is answered from the state before or after. What came after the snapshot is gone; a ' +
          'token that was revoked after it is good again; the clock runs by the system again. The journal stays as it is, and ' +
          'no id is given a second time.',
        tags,
        params: Params,
        querystring: Type.Object(scopeQuery, { additionalProperties: false }),
        response: { 200: { ...Snapshot, description: 'The snapshot that was restored.' }, 404: Problem },
      },
    },
    async ({ params: { name }, query }) => {
      const chatbotId = scopeOf(query, 'restore');
      const snapshot = await state.restore(name, chatbotId);
      if (!snapshot) throw noSnapshot(name, chatbotId);
      return snapshotFrom(snapshot);
    },
  );

  app.get(
    '/snapshots',
    {
      schema: {
        operationId: 'listSnapshots',
        summary: 'Lists the snapshots',
        description: 'Oldest first: those of chatbots, and those of everything.',
        tags,
        querystring: Type.Object({ chatbotId: chatbotIdQuery, ...pageQuery }, { additionalProperties: false }),
        response: {
          200: Type.Object(
            { snapshots: Type.Array(Snapshot), nextCursor },
            { description: 'A page of snapshots.', examples: [{ snapshots: [EXAMPLE] }] },
          ),
        },
      },
    },
    async ({ query: { chatbotId = null, limit, cursor } }) => {
      const [after] = decodeCursor(cursor, [0]) ?? [0];
      const found = select.all(after, chatbotId, chatbotId, limit + 1);
      const { rows, ...next } = pageOf(found, limit, ({ key }) => [key]);
      return { snapshots: rows.map(snapshotFrom), ...next };
    },
  );

  app.delete(
    '/snapshots/:name',
    {
      schema: {
        operationId: 'deleteSnapshot',
        summary: 'Deletes a snapshot',
        description:
          'That of a chatbot; without chatbotId that of everything. What was saved in it stays as it is now.',
        tags,
        params: Params,
        querystring: Whose,
        response: { 204: Type.Null({ description: 'Deleted.' }), 404: Problem },
      },
    },
    async ({ params: { name }, query: { chatbotId } }, reply) => {
      if (!(await state.removeSnapshot(name, chatbotId))) throw noSnapshot(name, chatbotId);
      return reply.code(204).send(null);
    },
  );
};
export default named(snapshots);

function snapshotFrom({ name, chatbot_id, created_at, conversations }: SnapshotRow) {
  return { name, chatbotId: chatbot_id || null, createdAt: created_at, conversations };
}

function noSnapshot(name: string, chatbotId: string | undefined): ProblemError {
  const whose = chatbotId === undefined ? 'of everything' : `of the chatbot ${chatbotId}`;
  return notFound('snapshot', `${name} ${whose}`, 'snapshots');
}
