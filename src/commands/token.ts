import type { Grant } from '../auth/permissions.ts';
import { type Token, TokenError, type TokenStore } from '../auth/tokens.ts';
import { withTokens } from './database.ts';

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400 };

interface CreateFlags {
  database?: string;
  name?: string;
  chatbot?: string[];
  permission?: string[];
  expiresIn?: string;
  token?: string;
  json?: boolean;
}

/** Prints the credential alone on standard output, for scripts, and what it is good for on the other stream. */
export function createToken(flags: CreateFlags): void {
  const { name, token: given, chatbot = ['*'], permission = ['chatbots.inbox.conversations.create'] } = flags;
  const grants: Grant[] = chatbot.flatMap((id) => {
    return permission.map((held) => ({ permission: held, resource: `chatbots/${id}` }));
  });
  const expiresIn = flags.expiresIn === undefined ? undefined : parseDuration(flags.expiresIn);
  withTokens({ ...flags }, (tokens, { file }) => {
    const { token, credential } = tokens.create({ name, grants, expiresIn, token: given });
    if (flags.json) {
      process.stdout.write(`${JSON.stringify({ ...shown(token, tokens), token: credential })}\n`);
      return;
    }
    process.stdout.write(`${credential}\n`);
    process.stderr.write(`token ${token.id} in ${file}: ${describeGrants(token)}, ${describeExpiry(token)}\n`);
  });
}

/** Prints the tokens, without their credentials. */
export function listTokens(flags: { database?: string; json?: boolean }): void {
  withTokens(flags, (tokens, { file }) => {
    const list = tokens.list();
    if (flags.json) {
      process.stdout.write(`${JSON.stringify(list.map((token) => shown(token, tokens)))}\n`);
      return;
    }
    for (const token of list) {
      const { id, name, createdAt } = token;
      process.stdout.write(
        `${id}  ${tokens.stateOf(token).padEnd(7)}  ${createdAt}  ${name ?? '-'}  ${describeGrants(token)}, ${describeExpiry(token)}\n`,
      );
    }
    if (list.length === 0) process.stderr.write(`there are no tokens in ${file}; token create makes one\n`);
  });
}

/** Returns the exit code: 1 when there is no such token. */
export function revokeToken(id: string, flags: { database?: string }): number {
  return withTokens(flags, (tokens, { file }) => {
    const token = tokens.revoke(id);
    if (!token) {
      process.stderr.write(`error: there is no token ${id} in ${file}; token list shows the ids\n`);
      return 1;
    }
    process.stdout.write(`token ${id} is revoked since ${token.revokedAt}\n`);
    return 0;
  });
}

function parseDuration(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  if (count === undefined) {
    throw new TokenError(
      `--expires-in ${text}: must be a number with s, m, h or d behind it, such as 90s, 30m, 12h or 7d`,
    );
  }
  return Number(count) * (SECONDS[unit] as number);
}

function shown(token: Token, tokens: TokenStore) {
  return { ...token, state: tokens.stateOf(token) };
}

function describeGrants({ grants }: Token): string {
  return grants.map(({ permission, resource }) => `${permission} on ${resource}`).join(' and ');
}

function describeExpiry({ expiresAt }: Token): string {
  return expiresAt === null ? 'never expires' : `expires ${expiresAt}`;
}
