// docker stop so soon that the server has hardly begun: started by life.sh.
import { docker, figure, RUN, run, stateOf } from './engine.ts';

/** Milliseconds between docker run and docker stop. */
const PAUSES = [0, 50, 100, 200];
/** By what it ended: by itself, or by the signal that nothing had caught yet. 137 is the engine's kill, ten seconds later. */
const ENDED_BY_THE_SIGNAL = [0, 143];

const problems: string[] = [];
const codes: number[] = [];
for (const pause of PAUSES) {
  await run(RUN, '--init', '--tmpfs', '/data');
  await new Promise((resolve) => setTimeout(resolve, pause));
  await docker('stop', '--time', '5', RUN);
  const { ExitCode } = await stateOf(RUN);
  codes.push(ExitCode);
  if (!ENDED_BY_THE_SIGNAL.includes(ExitCode)) problems.push(`${pause} ms after docker run: exit code ${ExitCode}`);
}
figure(`exit codes ${codes.join(', ')} when stopped ${PAUSES.join(', ')} ms after docker run`);
process.stdout.write(problems.join('\n'));
process.exitCode = problems.length > 0 ? 1 : 0;
