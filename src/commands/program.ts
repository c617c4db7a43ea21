import { Command, CommanderError, Option } from 'commander';
import { TokenError } from '../auth/tokens.ts';
import { describeSettings, EXEC_DEFAULTS, type SettingDescription, SettingsError } from '../config.ts';
import { packageVersion } from '../package-root.ts';
import { StartupError } from '../startup-error.ts';
import { prepareReadyz, READYZ_FLAGS, READYZ_SETTINGS } from './readyz.ts';
import type { Caught, Ending } from './signals.ts';

/**
 * Runs one command line, which begins with its command, and resolves with the exit code: 0 done, 1 it failed, 2 it was
 * asked for wrongly. For `exec` it is how the command inside ended, which may be a signal.
 *
 * @param signal stops a server
 * @param caught what comes for the command inside `exec`
 */
export async function run(argv: readonly string[], signal: Promise<NodeJS.Signals>, caught: Caught): Promise<Ending> {
  let ending: Ending = 0;
  const program = buildProgram(signal, caught, (end) => {
    ending = end;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return ending;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof SettingsError) {
    for (const problem of error.problems) process.stderr.write(`error: ${problem}\n`);
    return 2;
  }
  if (error instanceof TokenError) {
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
  if (error instanceof StartupError) {
    process.stderr.write(`error: ${error.message}\n`);
    return 1;
  }
  process.stderr.write(`${(error as Error).stack}\n`);
  return 1;
}

function buildProgram(signal: Promise<NodeJS.Signals>, caught: Caught, setExitCode: (ending: Ending) => void): Command {
  const program = new Command('chatcaptain-stub')
    .description('A stand-in for the ChatCaptain API: POST /v1/inbox/:chatbotId/conversations')
    .version(packageVersion(), '-V, --version')
    .exitOverride()
    // So that exec can leave what stands behind its command to the command.
    .enablePositionalOptions()
    .configureOutput({
      // One line: the suggestion behind the error, not below it.
      outputError: (text, write) => write(text.replace(/\n(?=\()/, ' ')),
    })
    .addHelpText('after', settingsHelp);

  const serve = program.command('serve').description('start the server (the default command)');
  for (const setting of describeSettings()) serve.addOption(settingOption(setting));
  serve.action(async (flags: Record<string, string>) => (await import('./serve.ts')).serve(flags, signal));

  const exec = program
    .command('exec')
    .description('run a command with a stub of its own beside it, and leave with its exit code')
    .usage('[options] -- <command> [args...]')
    .argument('<command...>', 'what to run, with its arguments as they are')
    .passThroughOptions()
    .addHelpText('after', EXEC_HELP);
  for (const setting of describeSettings(EXEC_DEFAULTS)) exec.addOption(settingOption(setting));
  exec.action(async (command, flags) => setExitCode(await (await import('./exec.ts')).exec(command, flags, caught)));

  const token = program.command('token').description('make, list and revoke tokens, also beside a running server');
  withDatabase(token.command('create'))
    .description('make a token and print it; only its SHA-256 is kept')
    .option('--name <name>', 'shown in lists and in the reason of a refusal')
    .option('--chatbot <id...>', 'chatbots that it is good for (default: all)')
    .option('--permission <permission...>', 'permissions that it holds (default: chatbots.inbox.conversations.create)')
    .option('--expires-in <duration>', 'lifetime, such as 90s, 30m, 12h or 7d (default: for ever)')
    .option('--token <token>', 'register this token instead of a fresh one')
    .option('--json', 'print everything about it as JSON')
    .action(async (flags) => (await import('./token.ts')).createToken(flags));
  withDatabase(token.command('list'))
    .description('list the tokens, oldest first')
    .option('--json', 'print them as JSON')
    .action(async (flags) => (await import('./token.ts')).listTokens(flags));
  withDatabase(token.command('revoke'))
    .description('revoke a token; a running server refuses it from its next request on')
    .argument('<id>', 'its id, from token list')
    .action(async (id, flags) => setExitCode((await import('./token.ts')).revokeToken(id, flags)));

  withDatabase(program.command('migrate'))
    .description('bring the database to the newest version and leave')
    .action(async (flags) => (await import('./migrate.ts')).migrateDatabase(flags));

  withDatabase(program.command('backup'))
    .description('copy the database into one file, also beside a running server')
    .argument('<file>', 'the back-up; - for standard output')
    .option('--force', 'replace a file that is there')
    .action(async (file, flags) => setExitCode(await (await import('./backup.ts')).backup(file, flags)));

  withDatabase(program.command('restore'))
    .description('put a back-up in the place of the database, while no server runs')
    .argument('<file>', 'the back-up; - for standard input')
    .option('--force', 'replace a database that is there')
    .action(async (file, flags) => setExitCode(await (await import('./restore.ts')).restore(file, flags)));

  program
    .command('openapi')
    .description('print the OpenAPI document of this server')
    .option('--vendor', "print the vendor's fragment instead, with nothing changed")
    .action(async (flags) => (await import('./openapi.ts')).printOpenapi(flags));

  program
    .command('verify')
    .description('send the requests of the contract to a server, and compare the shapes of its answers')
    .requiredOption('--against <url>', 'the base of the API: of a stub, or the real one')
    .option('--chatbot <id>', 'the chatbot that the credential is for (or CHATCAPTAIN_CHATBOT_ID)')
    .option('--other-chatbot <id>', 'one that there is, and that it is not for (default: one that there is not)')
    .option('--channel <id>', 'a channel of the chatbot (default: web)')
    .option('--token <token>', 'sent as Authorization: Bearer (or CHATCAPTAIN_TOKEN); - reads it from standard input')
    .option('--key <key>', 'sent as x-chatcaptain-key (or CHATCAPTAIN_KEY); - reads it from standard input')
    .option('--create', 'send also what creates conversations')
    .option('--timeout <seconds>', 'how long each answer may take (default: 10)')
    .option('--shapes <file>', 'compare with what was recorded instead of with the contract')
    .option('--record <file>', 'keep the shapes of the answers, without values')
    .option('--force', 'replace a file that is there')
    .option('--json', 'print one document for programs')
    .addHelpText('after', VERIFY_HELP)
    .action(async (flags) => setExitCode(await (await import('./verify.ts')).verify(flags)));

  const readyz = program.command('readyz').description('ask a running server whether it is ready: exit code 0 or 1');
  for (const setting of READYZ_SETTINGS) readyz.addOption(settingOption(setting));
  for (const { name, value, description } of READYZ_FLAGS) {
    readyz.option(`--${name}${value === undefined ? '' : ` <${value}>`}`, description);
  }
  readyz.action(async (flags) => setExitCode(await prepareReadyz(flags)()));

  return program;
}

function settingOption({ flag, description, expected, default: fallback }: SettingDescription): Option {
  const value = fallback === undefined ? '' : `, default ${fallback}`;
  const text = `${description} (${expected}${value})`;
  // One that is off unless somebody asks for it may be asked for by its bare name.
  if (fallback === 'off') return new Option(`${flag} [value]`, text).preset('on');
  return new Option(`${flag} <value>`, text);
}

const EXEC_HELP = `
The command finds in its environment:
  CHATCAPTAIN_URL          where the API is
  CHATCAPTAIN_CHATBOT_ID   a chatbot that was made for it
  CHATCAPTAIN_TOKEN        a token for this chatbot; the one of --token where that is given
  STUB_ADMIN_URL           where the control plane is
  STUB_ADMIN_TOKEN         what the control plane asks for, if it asks

PORT in the environment is left to the command. The log goes to standard error; --log-level info shows each request and
why it was answered so.`;

const VERIFY_HELP = `
Without --create only requests are sent that the contract says are refused; without a credential only those that need none.
Others may see a credential on a command line: the variables and - are for that.

Exit codes: 0 the shapes are the same, 1 they differ, 2 it could not be told.`;

function withDatabase(command: Command): Command {
  const database = describeSettings().find(({ name }) => name === 'database') as SettingDescription;
  return command.addOption(settingOption(database));
}

function settingsHelp(): string {
  const lines = describeSettings().map(
    ({ flag, variable, description, default: fallback }) =>
      `  ${flag}, ${variable}${fallback === undefined ? '' : ` (default ${fallback})`}\n      ${description}`,
  );
  return `\nSettings of serve (flag > environment > .env in the working folder > default):\n${lines.join('\n')}`;
}
