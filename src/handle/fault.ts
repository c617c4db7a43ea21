import type { ControlPlane } from './control-plane.ts';
import type { Fault } from './resources.ts';

/** A fault that was made, until it is removed. */
export interface ActiveFault extends Omit<Fault, 'fired'> {
  /**
   * How often it has fired.
   *
   * @example
   * ```ts
   * const fault = await chatbot.fault({ error: 'The channel is full.' });
   * await createConversation({ name: 'Ada' });
   * console.log(await fault.timesFired()); // 1
   * ```
   */
  timesFired(): Promise<number>;
  /** It steps in no more. */
  remove(): Promise<void>;
}

/** Makes a fault. */
export async function armFault({ call }: ControlPlane, definition: object): Promise<ActiveFault> {
  const { fired: _none, ...fault } = await call<Fault>('POST', '/faults', { body: definition });
  const path = `/faults/${encodeURIComponent(fault.id)}`;
  return {
    ...fault,
    timesFired: async () => (await call<Fault>('GET', path)).fired,
    remove: () => call('DELETE', path),
  };
}
