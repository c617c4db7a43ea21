// The frame of the page: where one can go, and what is true everywhere.
import { useIsMutating, useQueryClient } from '@tanstack/preact-query';
import { useEffect } from 'preact/hooks';
import { Redirect, Route, Router, Switch } from 'wouter-preact';
import { useAccess } from './api.ts';
import { ChatbotsView } from './chatbots/chatbots-view.tsx';
import { ConversationsView } from './conversations/conversations-view.tsx';
import { FaultsView } from './faults/faults-view.tsx';
import { Header } from './header.tsx';
import { Announcements } from './parts/announcements.tsx';
import { EmptyState } from './parts/empty-state.tsx';
import { RequestsView } from './requests/requests-view.tsx';
import { StateView } from './state/state-view.tsx';
import { TokenDialog } from './token-dialog.tsx';
import { ViewFrame } from './view-frame.tsx';

export const BASE = '/__admin/ui';

export function App() {
  const { token, isNeeded, turn } = useAccess();
  const queries = useQueryClient();
  const isBusy = useIsMutating() > 0;

  // What was refused without the token is asked again with it.
  useEffect(() => {
    if (turn > 0) void queries.invalidateQueries();
  }, [turn, queries]);

  return (
    <Router base={BASE}>
      <a class="skip" href="#view">
        Skip to the content
      </a>
      <Header />
      <ViewFrame isBusy={isBusy}>
        <Switch>
          <Route path="/requests/:id?">{({ id }) => <RequestsView key={turn} id={id} />}</Route>
          <Route path="/conversations/:id?">{({ id }) => <ConversationsView id={id} />}</Route>
          <Route path="/chatbots">
            <ChatbotsView />
          </Route>
          <Route path="/faults">
            <FaultsView />
          </Route>
          <Route path="/state">
            <StateView />
          </Route>
          <Route path="/">
            <Redirect to="/requests" replace />
          </Route>
          <Route>
            <h1 class="offstage">Nothing here</h1>
            <EmptyState title="There is no such view">The views that there are stand at the top.</EmptyState>
          </Route>
        </Switch>
      </ViewFrame>
      <TokenDialog isOpen={isNeeded} wasGiven={token !== null} />
      <Announcements />
    </Router>
  );
}
