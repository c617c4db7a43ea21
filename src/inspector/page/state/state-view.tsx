import { ChatbotField } from '../parts/chatbot-field.tsx';
import { useFilters } from '../parts/filters.ts';
import { Clock } from './clock.tsx';
import { Reset } from './reset.tsx';
import { Settings } from './settings.tsx';
import { Snapshots } from './snapshots.tsx';

/** What the server is in as a whole. The chatbot of the address is the one that everything but the settings is about. */
export function StateView() {
  const [{ chatbotId }, setFilters] = useFilters(['chatbotId']);
  return (
    <div class="view">
      <div class="view-head">
        <h1>State</h1>
        <search class="filters">
          <ChatbotField
            label="Of chatbot"
            placeholder="Everything"
            value={chatbotId}
            onChange={(value) => setFilters({ chatbotId: value })}
          />
        </search>
      </div>
      <div class="cards">
        <Snapshots key={`snapshots ${chatbotId}`} chatbotId={chatbotId} />
        <div class="column">
          <Clock key={`clock ${chatbotId}`} chatbotId={chatbotId} />
          <Reset chatbotId={chatbotId} />
        </div>
      </div>
      <Settings />
    </div>
  );
}
