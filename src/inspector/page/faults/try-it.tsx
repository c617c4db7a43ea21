import { Link } from 'wouter-preact';
import type { FaultResource } from '../../../control/faults/routes.ts';
import { queryString } from '../api.ts';
import { conversationCurl } from '../conversation-curl.ts';
import { Name } from '../parts/name.tsx';
import { TextBlock } from '../parts/text-block.tsx';
import { triedBy } from './form.ts';
import { effectInWords } from './words.ts';

/** What there is to do when a fault has been made. */
export function TryIt({ of: fault, onClose }: { of: FaultResource; onClose: () => void }) {
  const tried = triedBy(fault.match);
  return (
    <section class="card card-body notice" aria-labelledby="try-it">
      <div class="panel-head">
        <h2 id="try-it">The fault waits for a request</h2>
        <button type="button" class="quiet" onClick={onClose}>
          Close
        </button>
      </div>
      <p class="long">
        The next one that is valid and fits meets it: it <Name text={effectInWords(fault.effect)} />. With a token of
        the chatbot in $STUB_TOKEN:
      </p>
      <TextBlock name="the command" text={conversationCurl(window.location.origin, tried)} />
      <p>
        <Link href={`/requests${queryString({ chatbotId: tried.chatbotId })}`}>Watch the requests</Link>, or{' '}
        <Link
          href={`/chatbots${queryString({ make: 'token', permission: 'chatbots.inbox.conversations.create', chatbot: tried.chatbotId ?? '*' })}`}
        >
          make a token
        </Link>{' '}
        to try it with.
      </p>
    </section>
  );
}
