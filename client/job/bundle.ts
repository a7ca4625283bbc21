import type { FunctionRef } from '../../shared/stage/function-step.ts';
import type { LocalFunction } from '../dataset/local-function.ts';
import { bundleFunction } from '../functions/bundle-function.ts';
import { persist } from '../session/persist.ts';
import type { Session } from '../session/session.ts';

/** Bundles a function and puts it where the workers get it, unless it is there. */
export async function bundleAndPut(session: Session, local: LocalFunction, signal: AbortSignal): Promise<FunctionRef> {
  const { sha256, code, name, async } = await bundleFunction(local.call, local.site, session.config, local.packages);
  await persist(session, signal, async () => {
    const { sha256: missing } = await session.jobs.missingBlobs({ sha256: [sha256] }, { signal });
    if (missing.includes(sha256)) await session.jobs.putBlob({ sha256, content: Buffer.from(code) }, { signal });
  });
  return { sha256, name, async, ...(local.params === undefined ? {} : { params: local.params }) };
}
