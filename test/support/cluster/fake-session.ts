import { OpenWork } from '../../../client/session/open-work.ts';
import type { Session } from '../../../client/session/session.ts';
import { loadConfig } from '../../../shared/config/config.ts';
import type { JobsContract } from '../../../shared/contracts/jobs.ts';
import type { PipelinesContract } from '../../../shared/contracts/pipelines.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { RpcClient } from '../../../shared/rpc/client.ts';

/** A session whose coordinator answers only the calls given. */
export function fakeSession(jobs: Partial<RpcClient<JobsContract>> = {}, more: Partial<Session> = {}): Session {
  const unserved = new Proxy(jobs, {
    get: (calls, name) =>
      Reflect.get(calls, name) ??
      (() => Promise.reject(new SheafError('NOT_SUPPORTED', `The fake coordinator does not serve ${String(name)}`))),
  });
  return {
    config: loadConfig({}, { watchRetryMs: 10 }),
    address: '127.0.0.1:1',
    jobs: unserved as RpcClient<JobsContract>,
    pipelines: {} as RpcClient<PipelinesContract>,
    seekLeader: async () => {},
    warmUp: () => {},
    readPart: () => {
      throw new SheafError('NOT_SUPPORTED', 'The fake workers hold nothing');
    },
    openWork: new OpenWork(),
    closed: new AbortController().signal,
    onProgress: () => {},
    ...more,
  };
}
