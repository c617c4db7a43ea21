/**
 * A reason not to start that its reader can act on: a port that is taken, a folder that cannot be written, a file
 * that is no database. The CLI prints `message` as one line, without a stack, and exits 1.
 */
export class StartupError extends Error {
  override name = 'StartupError';
  /** Whether the same start may succeed later, when somebody has made room or put a good file in the place of a bad one. */
  readonly mayPass: boolean;

  constructor(message: string, { mayPass = false, ...options }: ErrorOptions & { mayPass?: boolean } = {}) {
    super(message, options);
    this.mayPass = mayPass;
  }
}
