import { parseBackfillRequest, parseDocument, parseRunRequest } from '../../pipeline/records/validate.ts';
import { type PipelinesContract, pipelinesService } from '../../shared/contracts/pipelines.ts';
import { type Implementation, implement } from '../../shared/rpc/handlers.ts';
import { loadService } from '../../shared/rpc/proto.ts';
import type { Pipelines } from '../pipelines/pipelines.ts';
import { asJson, asJsons, done } from './answers.ts';

/** `proto/pipelines.proto` in front of whoever leads now (`pipelines` throws NOT_LEADER where nobody does). */
export function pipelinesImplementation(pipelines: () => Pick<Pipelines, 'desk' | 'views'>): Implementation {
  return implement<PipelinesContract>(loadService<PipelinesContract>('pipelines', pipelinesService), {
    put: async ({ json, deployed, paused }) =>
      asJson(await pipelines().desk.put(parseDocument(json), deployed, paused)),
    list: () => asJsons(pipelines().desk.pipelines()),
    getDocument: async ({ name }) => asJson(await pipelines().desk.document(name)),
    remove: ({ name }) => done(pipelines().desk.remove(name)),
    listSchedules: () => asJsons(pipelines().desk.schedules()),
    pauseSchedule: async ({ pipeline, paused }) => asJson(await pipelines().desk.pauseSchedule(pipeline, paused)),
    planBackfill: async ({ json }) => asJson(await pipelines().desk.planBackfill(parseBackfillRequest(json))),
    submit: async ({ json }) => asJson(await pipelines().desk.submit(parseRunRequest(json))),
    listRuns: ({ pipeline, limit }) => asJsons(pipelines().views.list(pipeline === '' ? undefined : pipeline, limit)),
    getRun: ({ run }) => asJson(pipelines().views.info(run)),
    watchRun: async function* ({ run }, { signal }) {
      for await (const info of pipelines().views.watch(run, signal)) yield asJson(info);
    },
    cancelRun: ({ run, abandon }) => done(pipelines().desk.cancel(run, abandon)),
  });
}
