import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobId, stageId } from '../../../shared/ids.ts';
import { bindAttempt, createLogger, type LogOptions } from '../../../shared/log.ts';

function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLogger>) => void): string {
  let text = '';
  write(
    createLogger({
      name: 'worker',
      output: {
        write: (line) => {
          text += line;
        },
      },
      ...options,
    }),
  );
  return text;
}

test('secrets do not appear: neither as fields nor inside texts', () => {
  const text = logged({ secrets: ['s3cr"et'] }, (log) => {
    log.info({ token: 'AAA', s3: { secretKey: 'BBB', deep: { password: 'CCC' } } }, 'the token is s3cr"et');
    log.error({ err: new Error('postgres://user:DDD@host/db refused') }, 'authorization: Bearer EEE');
  });
  for (const secret of ['AAA', 'BBB', 'CCC', 'DDD', 'EEE', 's3cr']) assert.ok(!text.includes(secret), text);
  assert.match(text, /postgres:\/\/user:\[hidden\]@host/);
});

test('an attempt is bound once and stands in every line', () => {
  const text = logged({}, (log) =>
    bindAttempt(log, { job: jobId('job-1'), stage: stageId(2), task: 3, attempt: 0 }).warn('x'),
  );
  const { level, job, stage, task, attempt, msg } = JSON.parse(text);
  assert.deepEqual(
    { level, job, stage, task, attempt, msg },
    { level: 'warn', job: 'job-1', stage: 2, task: 3, attempt: 0, msg: 'x' },
  );
});

test('a readable line holds time, level, name, message and fields; a stack follows', () => {
  const text = logged({ pretty: true }, (log) => log.warn({ worker: 'w 1', err: new Error('boom') }, 'lost'));
  assert.match(text, /^\d\d:\d\d:\d\d\.\d{3} warn worker: lost {2}worker="w 1"\n {2}Error: boom\n/);
});
