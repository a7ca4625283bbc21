/** Writes `docs/errors.md` from the table of error codes. Run it after adding a code: a test holds the two together. */
import { writeFileSync } from 'node:fs';
import { errorCodes, exitCodes } from '../shared/errors.ts';

const meanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  ok: 'success',
  jobFailed: 'the job failed',
  usage: 'the command, the program or its SQL is wrong',
  badData: 'the data is wrong, or is not there',
  unreachable: 'the cluster or its store cannot be reached',
  internal: 'a bug in Sheaf',
  auth: 'no token, or a wrong one',
  config: 'the configuration is wrong',
  timeout: 'out of time',
};

const head = `# Errors

Every error has a code that stays the same from one version to the next, so programs may match on \`error.code\`. It has a
message that names the thing, the place and the likely cause, and mostly a \`next\`: what to do about it. The command line
prints both to stderr, as JSON with \`--json\`, and leaves with the code's exit status. A command stopped by a signal
leaves with 128 plus the signal's number: 130 after Ctrl-C, 143 after SIGTERM.

This page is generated from \`shared/errors.ts\` by \`node scripts/error-docs.ts\`.
`;

/** The reference as Markdown: the exit statuses, each with its codes. */
export function errorDocs(): string {
  const rows = Object.entries(exitCodes).map(([name, status]) => {
    const codes = Object.entries(errorCodes).filter(([, exit]) => exit === status);
    const meaning = meanings[name as keyof typeof exitCodes];
    return `| ${status} | ${meaning} | ${codes.map(([code]) => `\`${code}\``).join(', ')} |`;
  });
  return `${[head, '| exit | meaning | codes |', '| --- | --- | --- |', ...rows].join('\n')}\n`;
}

if (import.meta.main) writeFileSync(new URL('../docs/errors.md', import.meta.url), errorDocs());
