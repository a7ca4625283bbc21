import { parseBackfillRequest, parseDocument, parseRunRequest } from '../../pipeline/records/validate.ts';
import type { Empty } from '../../shared/contracts/jobs.ts';
import { type PipelinesContract, pipelinesService } from '../../shared/contracts/pipelines.ts';
import { type Implementation, implement } from '../../shared/rpc/handlers.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import type { Pipelines } from '../pipelines/pipelines.ts';

const empty: Empty = {};
const asJson = (value: unknown) => ({ json: JSON.stringify(value) });

/** `proto/pipelines.proto` in front of whoever leads now (`pipelines` throws NOT_LEADER where nobody does). */
export function pipelinesImplementation(pipelines: () => Pick<Pipelines, 'desk' | 'views'>): Implementation {
  return implement<PipelinesContract>(loadService<PipelinesContract>('pipelines', pipelinesService), {
    put: async ({ json, deployed, paused }) =>
      asJson(await pipelines().desk.put(parseDocument(json), deployed, paused)),
    list: () => ({
      json: pipelines()
        .desk.pipelines()
        .map((record) => JSON.stringify(record)),
    }),
    getDocument: async ({ name }) => asJson(await pipelines().desk.document(name)),
    remove: async ({ name }) => {
      await pipelines().desk.remove(name);
      return empty;
    },
    listSchedules: () => ({
      json: pipelines()
        .desk.schedules()
        .map((schedule) => JSON.stringify(schedule)),
    }),
    pauseSchedule: async ({ pipeline, paused }) => asJson(await pipelines().desk.pauseSchedule(pipeline, paused)),
    planBackfill: async ({ json }) => asJson(await pipelines().desk.planBackfill(parseBackfillRequest(json))),
    submit: async ({ json }) => asJson(await pipelines().desk.submit(parseRunRequest(json))),
    listRuns: ({ pipeline, limit }) => ({
      json: pipelines()
        .views.list(pipeline === '' ? undefined : pipeline, limit)
        .map((record) => JSON.stringify(record)),
    }),
    getRun: ({ run }) => asJson(pipelines().views.info(run)),
    watchRun: async function* ({ run }, { signal }) {
      for await (const info of pipelines().views.watch(run, signal)) yield asJson(info);
    },
    cancelRun: async ({ run, abandon }) => {
      await pipelines().desk.cancel(run, abandon);
      return empty;
    },
  });
}
