import { parseBackfillRequest, parseDocument, parseRunRequest } from '../../pipeline/validate.ts';
import type { Empty } from '../../shared/contracts/jobs.ts';
import { type PipelinesContract, pipelinesService } from '../../shared/contracts/pipelines.ts';
import { type Implementation, implement } from '../../shared/rpc/handlers.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import type { PipelinesDesk } from '../pipelines/desk.ts';

const empty: Empty = {};
const asJson = (value: unknown) => ({ json: JSON.stringify(value) });

/** `proto/pipelines.proto` in front of whoever leads now (`desk` throws NOT_LEADER where nobody does). */
export function pipelinesImplementation(desk: () => PipelinesDesk): Implementation {
  return implement<PipelinesContract>(loadService<PipelinesContract>('pipelines', pipelinesService), {
    put: async ({ json, deployed, paused }) => asJson(await desk().put(parseDocument(json), deployed, paused)),
    list: () => ({
      json: desk()
        .pipelines()
        .map((record) => JSON.stringify(record)),
    }),
    getDocument: async ({ name }) => asJson(await desk().document(name)),
    remove: async ({ name }) => {
      await desk().remove(name);
      return empty;
    },
    listSchedules: () => ({
      json: desk()
        .schedules()
        .map((schedule) => JSON.stringify(schedule)),
    }),
    pauseSchedule: async ({ pipeline, paused }) => asJson(await desk().pauseSchedule(pipeline, paused)),
    planBackfill: async ({ json }) => asJson(await desk().planBackfill(parseBackfillRequest(json))),
    submit: async ({ json }) => asJson(await desk().submit(parseRunRequest(json))),
    listRuns: ({ pipeline, limit }) => ({
      json: desk()
        .list(pipeline === '' ? undefined : pipeline, limit)
        .map((record) => JSON.stringify(record)),
    }),
    getRun: ({ run }) => asJson(desk().info(run)),
    watchRun: async function* ({ run }, { signal }) {
      for await (const info of desk().watch(run, signal)) yield asJson(info);
    },
    cancelRun: async ({ run, abandon }) => {
      await desk().cancel(run, abandon);
      return empty;
    },
  });
}
