import { conversationCurl } from '../conversation-curl.ts';
import { Dialog } from '../parts/dialog.tsx';
import { TextBlock } from '../parts/text-block.tsx';

export interface MadeToken {
  token: string;
  /** A chatbot and a channel to try it on. */
  chatbotId: string | undefined;
  channelId: string | undefined;
  /** What was made, as the title says it. */
  what: string;
}

/** A new credential, which nothing else will ever show. Only its button closes it. */
export function NewTokenDialog({
  of: { token, chatbotId, channelId, what },
  onClose,
}: {
  of: MadeToken;
  onClose: () => void;
}) {
  const body = channelId === undefined ? {} : { channelId };
  return (
    <Dialog title={what} isOpen>
      <div class="form">
        <p>
          <strong>Copy the token now: it is not shown again.</strong> The server keeps a hash of it, which cannot be
          turned back.
        </p>
        <TextBlock name="the token" text={token} />
        <h3>Try it</h3>
        <TextBlock name="the command" text={conversationCurl(window.location.origin, { chatbotId, token, body })} />
        <div class="actions">
          <button type="button" class="primary" onClick={onClose}>
            I have copied it
          </button>
        </div>
      </div>
    </Dialog>
  );
}
