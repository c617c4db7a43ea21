import { QueryClient, QueryClientProvider } from '@tanstack/preact-query';
import { render } from 'preact';
import { ControlPlaneError } from './api.ts';
import { App } from './app.tsx';
import './style/page.css';

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      // What the server refuses it refuses again; what did not reach it may reach it soon.
      retry: (failures, error) => failures < 2 && !(error instanceof ControlPlaneError && error.status < 500),
      staleTime: 1000,
      // The server is on this machine or near it, whatever the browser thinks of the network.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

render(
  <QueryClientProvider client={queries}>
    <App />
  </QueryClientProvider>,
  document.getElementById('app') as HTMLElement,
);
