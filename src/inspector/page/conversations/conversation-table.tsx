import { Link } from 'wouter-preact';
import { Cut } from '../parts/cut.tsx';
import { Time } from '../parts/time.tsx';
import { type Conversation, keyOf } from './conversation.ts';

export interface ConversationTableProps {
  conversations: readonly Conversation[];
  /** Whether all are of one chatbot, which then goes without saying. */
  isOfOne: boolean;
  /** The key of the one that is open. */
  current: string | undefined;
  hrefOf: (conversation: Conversation) => string;
}

export function ConversationTable({ conversations, isOfOne, current, hrefOf }: ConversationTableProps) {
  return (
    <div class="table-card">
      <table>
        <caption class={isOfOne ? 'offstage' : undefined}>
          {isOfOne ? 'Newest first' : 'By chatbot, and the newest of each first'}
        </caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {!isOfOne && <th scope="col">Chatbot</th>}
            <th scope="col">Channel</th>
            <th scope="col" class="roomy">
              Email
            </th>
            <th scope="col">Made</th>
          </tr>
        </thead>
        <tbody>
          {conversations.map((conversation) => {
            const { chatbotId, channelId, name, email, createdAt } = conversation;
            const key = keyOf(conversation);
            return (
              <tr key={key} aria-current={key === current ? 'true' : undefined}>
                <th scope="row">
                  <Link href={hrefOf(conversation)} class="row-link" data-key={key}>
                    <Cut text={name.trim() === '' ? '(no name)' : name} />
                  </Link>
                </th>
                {!isOfOne && (
                  <td>
                    <Cut text={chatbotId} />
                  </td>
                )}
                <td>
                  <Cut text={channelId} />
                </td>
                <td class="roomy">{email === undefined ? <span class="dim">—</span> : <Cut text={email} />}</td>
                <td class="nowrap">
                  <Time at={createdAt} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
