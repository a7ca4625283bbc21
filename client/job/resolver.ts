import type { DatasetNode } from '../../shared/plan/nodes/dataset.ts';
import type { FunctionRef } from '../../shared/stage/function-step.ts';
import type { Resolver } from '../dataset/draft.ts';
import type { Session } from '../session/session.ts';
import { uploadDataset } from '../upload/upload.ts';
import { bundleAndPut } from './bundle.ts';

/** A resolver for one action: what occurs several times in its plan is sent once. */
export function resolverFor(session: Session, signal: AbortSignal): Resolver {
  return {
    uploadDataset: once((source): Promise<DatasetNode> => uploadDataset(session, source, signal)),
    bundleFunction: once((local): Promise<FunctionRef> => bundleAndPut(session, local, signal)),
  };
}

function once<Key extends object, Value>(make: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const made = new Map<Key, Promise<Value>>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}
