import type { PartitionSize } from '../../../shared/stage/task.ts';
import type { StageFinished, Winner } from '../effects.ts';
import { partitionCount, type Stage } from '../state/stage.ts';

/** The checkpoint of a stage whose tasks have all finished. */
export function stageFinished(stage: Stage): StageFinished {
  const partitions = partitionSums(stage);
  const winners: Winner[] = [];
  for (const { state } of stage.tasks) {
    if (state.kind !== 'finished') continue;
    const { attempt, worker, output } = state;
    const { file, partitions } = output;
    winners.push({ attempt, worker: worker.id, partitions, ...(file === undefined ? {} : { file }) });
  }
  return {
    kind: 'stageFinished',
    job: stage.job.id,
    stage: stage.spec.id,
    first: !stage.everFinished,
    partitions,
    rows: stage.totals.metrics.rowsOut,
    bytes: stage.totals.metrics.bytesOut,
    winners,
  };
}

function partitionSums({ tasks, spec }: Stage): PartitionSize[] {
  const sums = Array.from({ length: partitionCount(spec.output) }, () => ({ rows: 0, bytes: 0 }));
  for (const { state } of tasks) {
    if (state.kind !== 'finished') continue;
    state.output.partitions.forEach(({ rows, bytes }, partition) => {
      const sum = sums[partition];
      if (sum === undefined) return;
      sum.rows += rows;
      sum.bytes += bytes;
    });
  }
  return sums;
}
