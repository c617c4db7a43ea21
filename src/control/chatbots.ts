import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { ControlOptions } from './plugin.ts';

const chatbots: FastifyPluginAsyncTypebox<ControlOptions> = async (_app, { context: _context }) => {};
export default chatbots;
