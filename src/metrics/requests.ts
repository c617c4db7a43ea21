import { Counter, Histogram, type Registry } from 'prom-client';
import type { Recorder } from '../control/requests/record.ts';
import { operationOf } from './operation.ts';

/** From what a good machine takes for a conversation, to what no client waits for. In seconds. */
const DURATIONS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Counts each request once, where its answer leaves, as the journal has it. */
export function measureRequests(registry: Registry, recorder: Pick<Recorder, 'observe'>): void {
  const registers = [registry];
  const requests = new Counter({
    name: 'chatcaptain_stub_http_requests_total',
    help: 'Requests by operation and status. status="none": no answer went out, as the client had gone or a fault broke the connection.',
    labelNames: ['operation', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'chatcaptain_stub_http_request_duration_seconds',
    help: 'Time from the head of a request until its answer leaves, with the delays that faults and Prefer asked for.',
    labelNames: ['operation'],
    buckets: DURATIONS,
    registers,
  });

  recorder.observe(({ status, request, durationMs = 0 }) => {
    const operation = request ? operationOf(request) : 'unreadable';
    requests.inc({ operation, status: status ?? 'none' });
    // Of bytes that were no request nobody knows when they began.
    if (request) durations.observe({ operation }, durationMs / 1000);
  });
}
