// What is sent to a server: the contract's cases, as requests to it, and which of them are left out.
import { packageVersion } from '../package-root.ts';
import { CONTRACT_CASES, type ContractCase, type Sender } from './cases.ts';
import type { Shapes } from './record.ts';
import type { Outgoing } from './send.ts';

export interface Credential {
  header: 'authorization' | 'x-chatcaptain-key';
  secret: string;
}

export interface PlanOptions {
  base: URL;
  /** Absent: what needs one is not sent. */
  credential: Credential | undefined;
  chatbotId: string;
  /** One that there is, and that the credential is not for. Absent: one that there is not. */
  otherChatbotId: string | undefined;
  channelId: string;
  create: boolean;
  /** What was recorded of the cases to send; absent: all are sent. */
  recorded: Shapes | undefined;
}

export interface PlannedCase {
  what: ContractCase;
  outgoing: Outgoing;
}

export interface Plan {
  sent: PlannedCase[];
  left: { what: ContractCase; why: string }[];
  /** What must not be kept of an answer, should it stand there as the name of a property. */
  hidden: readonly string[];
}

/** What nobody has been given. */
const UNKNOWN_CREDENTIAL = 'chatcaptain-stub-verify-unknown';
const UNKNOWN_CHATBOT = 'chatcaptain-stub-verify-unknown';

export function planOf(options: PlanOptions): Plan {
  const { credential, chatbotId, channelId } = options;
  const plan: Plan = {
    sent: [],
    left: [],
    // A shorter id may be a word by itself, or a part of one.
    hidden: [chatbotId, channelId].filter((id) => id.length >= 8).concat(credential?.secret ?? []),
  };
  for (const one of CONTRACT_CASES) {
    const what = asSent(one, options);
    const why = reasonToLeaveOut(what, options);
    if (why === undefined) plan.sent.push({ what, outgoing: outgoingOf(what, options) });
    else plan.left.push({ what, why });
  }
  return plan;
}

function reasonToLeaveOut(what: ContractCase, { credential, create, recorded }: PlanOptions): string | undefined {
  if (recorded?.has(what.name) === false) return 'nothing is recorded of it';
  if (what.creates && !create) return 'it creates a conversation (--create sends it)';
  const needsCredential = what.sender === 'permitted' || what.sender === 'elsewhere';
  return needsCredential && !credential ? 'it needs a credential (--token or --key)' : undefined;
}

/**
 * The fragment says 403 for who lacks a permission; that a chatbot which there is not is one of those is our inference. And
 * what a server has accepted once, it will accept again.
 */
function asSent(what: ContractCase, { otherChatbotId, recorded }: PlanOptions): ContractCase {
  const isUnknown = what.sender === 'elsewhere' && otherChatbotId === undefined;
  const status = recorded?.get(what.name)?.status ?? what.status;
  const creates = status < 300 && what.method === 'POST';
  return { ...what, creates, ...(isUnknown && { source: 'inferred' }) };
}

function outgoingOf({ method, path, sender, type, body }: ContractCase, options: PlanOptions): Outgoing {
  const { base, chatbotId, otherChatbotId = UNKNOWN_CHATBOT, channelId } = options;
  const id = encodeURIComponent(sender === 'elsewhere' ? otherChatbotId : chatbotId);
  const url = new URL(base);
  url.pathname = `${base.pathname.replace(/\/$/, '')}/v1/inbox/${id}${path}`;
  return {
    method,
    url,
    headers: {
      accept: '*/*',
      'user-agent': `chatcaptain-stub/${packageVersion()}`,
      ...(type !== undefined && { 'content-type': type }),
      ...credentialFor(sender, options.credential),
    },
    body: body?.(channelId),
  };
}

function credentialFor(sender: Sender, credential: Credential | undefined): Record<string, string> {
  if (sender === 'nobody') return {};
  const { header, secret } = credential ?? { header: 'authorization' as const, secret: UNKNOWN_CREDENTIAL };
  const text = sender === 'unknown' ? UNKNOWN_CREDENTIAL : secret;
  return { [header]: header === 'authorization' ? `Bearer ${text}` : text };
}
