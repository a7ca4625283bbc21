import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressListener } from '../../../../client/progress/choose.ts';
import { jobId } from '../../../../shared/ids.ts';
import type { JobInfo, JobState } from '../../../../shared/plan/job.ts';

const job = (state: JobState, finished: number): JobInfo => ({
  id: jobId('job-1'),
  name: 'routes\x1b[2J',
  state,
  submittedMs: 0,
  ...(state === 'succeeded' ? { endedMs: 1500 } : {}),
  adaptations: [],
  spilledBytes: 0,
  peaks: [],
  stages: [
    {
      id: 0,
      name: 'scan → filter',
      tasks: 4,
      running: 4 - finished,
      finished,
      rowsOut: 12_345,
      bytesOut: 9,
      elapsedMs: 800,
    },
    {
      id: 1,
      name: 'aggregate',
      tasks: 2,
      running: 0,
      finished: state === 'succeeded' ? 2 : 0,
      rowsOut: 5,
      bytesOut: 1,
      elapsedMs: 90,
    },
  ],
  attempts: 6,
  reruns: state === 'succeeded' ? { workerLost: 1 } : {},
});

class Output {
  readonly columns = 100;
  text = '';
  readonly isTTY: boolean;
  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }
  write(text: string): void {
    this.text += text.replaceAll('\x1b', '␛');
  }
}

test('off a terminal: one line for each stage when it ends and one for the job, without control characters', () => {
  const output = new Output(false);
  const { update } = progressListener('auto', output, {});
  for (const info of [job('running', 1), job('running', 4), job('running', 4), job('succeeded', 4)]) update(info);
  assert.deepEqual(output.text.split('\n'), [
    'job-1 stage 0 scan → filter: 4 tasks, 12.3 k rows, 800 ms',
    'job-1 stage 1 aggregate: 2 tasks, 5 rows, 90 ms',
    '✓ routes\\u001b[2J: succeeded, 6 tasks, 1 run again, 1.5 s',
    '',
  ]);
});

test('on a terminal: a block that is drawn over, and its end as one line', (context) => {
  const output = new Output(true);
  let nowMs = 0;
  context.mock.method(performance, 'now', () => nowMs);
  const { update, close } = progressListener('auto', output, { NO_COLOR: '1' });
  update(job('running', 0));
  assert.equal(output.text, '', 'a short job is not drawn');
  nowMs = 1000;
  update(job('running', 2));
  assert.match(output.text, /^␛\[0Jroutes.*\n {2}█{10}▒{10} scan → filter .*\n$/);
  output.text = '';
  update(job('succeeded', 4));
  assert.match(output.text, /^␛\[2A␛\[0J✓ routes.*\n$/);
  close();
});

test('colour only where it is wanted; nothing at all by default', () => {
  const colored = new Output(true);
  const { update } = progressListener('always', colored, {});
  assert.equal(colored.text, '');
  update(job('running', 1));
  const silent = new Output(true);
  progressListener(undefined, silent, {}).update(job('succeeded', 4));
  assert.equal(silent.text, '');
});
